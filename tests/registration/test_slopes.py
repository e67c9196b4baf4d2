"""Slopes from seven neighbours, when they are enough, and the place where values differ least."""

import numpy as np
import pytest
from scipy.ndimage import correlate1d, gaussian_filter

from eclips4d.registration.nearby import nearest
from eclips4d.registration.slopes import HALF, SLOPE, VALUE, near_slopes, stands_out


def transfer(taps: np.ndarray, f: float) -> complex:
    return complex(np.sum(taps * np.exp(2j * np.pi * f * np.arange(-3, 5))))


@pytest.mark.parametrize("f", [0.1, 0.15, 0.2])
def test_waves_below_the_cut_keep_their_slope(f: float) -> None:
    assert transfer(VALUE, f) == pytest.approx(1.0, abs=0.12)
    assert transfer(SLOPE, f) == pytest.approx(2j * np.pi * f, rel=0.25)


def test_above_it_little_is_left() -> None:
    assert abs(transfer(VALUE, HALF)) == pytest.approx(0.5, abs=0.05)
    assert max(abs(transfer(VALUE, f)) for f in (0.42, 0.46, 0.5)) < 0.1
    assert max(abs(transfer(SLOPE, f)) for f in (0.42, 0.46, 0.5)) < 0.25


def test_slopes_are_correlations_with_the_weights() -> None:
    planes = np.random.default_rng(4).normal(size=(2, 20, 30)).astype(np.float32)
    found = near_slopes(planes)
    for k, (down, right) in enumerate(((SLOPE, VALUE), (VALUE, SLOPE))):
        for c in range(2):
            wanted = correlate1d(correlate1d(planes[c], down[:7], 0, mode="nearest"), right[:7], 1, mode="nearest")
            assert found[k, c] == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize(("width", "power", "clear"), [(1.2, 2.0, True), (1.2, 0.02, False), (4.0, 2.0, False)])
def test_fine_structure_above_the_noise_stands_out(width: float, power: float, clear: bool) -> None:
    random = np.random.default_rng(1)
    rough = np.stack([gaussian_filter(random.normal(size=(128, 128)), width) for _ in range(3)])
    planes = (rough / rough.std() * np.sqrt(power) + random.normal(size=rough.shape)).astype(np.float32)
    assert stands_out(planes, np.ones((128, 128), np.float32)) is clear


@pytest.mark.parametrize("away", [(0.0, 0.0), (3.0, -4.0), (-2.3, 1.6)])
def test_values_differ_least_where_the_part_is(away: tuple[float, float]) -> None:
    spectrum = np.fft.fft2(gaussian_filter(np.random.default_rng(2).normal(size=(3, 96, 96)), (0, 1.5, 1.5)))
    f = np.fft.fftfreq(96)
    phase = np.exp(-2j * np.pi * (f[:, None] * away[0] + f[None, :] * away[1]))
    still, gone = (np.fft.ifft2(spectrum * p).real.astype(np.float32) for p in (1.0, phase))
    weight = np.ones((60, 60), np.float32)
    weight[20:30] = 0.0
    part = np.ascontiguousarray(still[:, 16:76, 20:80])
    found = nearest([(part, weight, gone, (16, 20))], 4)
    assert found == pytest.approx(away, abs=0.15)
