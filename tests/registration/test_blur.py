"""Blur and slopes against scipy.ndimage and against exact derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import fft, ndimage

from eclips4d.registration.blur import blurred
from eclips4d.registration.spectra import periodic_slopes, ring_power


@pytest.mark.parametrize("shape", [(40, 33), (7, 5), (3, 20), (1, 1)])
@pytest.mark.parametrize(("sigma", "reach"), [(1.0, 4.0), (3.0, 4.0), (0.5, 2.0)])
@pytest.mark.parametrize("slope_along", [None, 0, 1])
def test_a_blur_is_scipys(shape: tuple[int, int], sigma: float, reach: float, slope_along: int | None) -> None:
    planes = np.random.default_rng(1).normal(size=(2, *shape)).astype(np.float32)
    order = [int(axis == slope_along) for axis in (0, 1)]
    for made, plane in zip(blurred(planes, sigma, slope_along, reach), planes, strict=True):
        expected = ndimage.gaussian_filter(plane.astype(float), sigma, order, mode="reflect", truncate=reach)
        assert made == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize("shape", [(48, 60), (9, 16), (6, 5)])
def test_slopes_of_waves_are_exact_to_a_few_per_cent(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(2)
    fy, fx = np.meshgrid(fft.fftfreq(shape[0]), fft.rfftfreq(shape[1]), indexing="ij")
    spectrum = fft.rfft2(rng.normal(size=(2, *shape))) * (np.hypot(fy, fx) < 0.25)
    planes, slopes = fft.irfft2(spectrum, shape), np.empty((2, 2, *shape), np.float32)
    periodic_slopes(planes.astype(np.float32), slopes)
    for made, f in zip(slopes, (fy, fx), strict=True):
        expected = fft.irfft2(spectrum * 2j * np.pi * f, shape)
        assert np.abs(made - expected).max() < 0.035 * max(np.abs(expected).max(), 1e-3)


def test_slopes_may_be_asked_for_of_a_part() -> None:
    planes = np.random.default_rng(3).normal(size=(3, 30, 36)).astype(np.float32)
    whole, part = np.empty((2, 3, 30, 36), np.float32), np.empty((2, 3, 27, 31), np.float32)
    periodic_slopes(planes, whole)
    periodic_slopes(planes, part)
    assert np.array_equal(whole[:, :, :27, :31], part)


def test_powers_are_summed_by_ring() -> None:
    rng = np.random.default_rng(4)
    spectrum = (rng.normal(size=(3, 12, 7)) + 1j * rng.normal(size=(3, 12, 7))).astype(np.complex64)
    ring = rng.integers(0, 5, (12, 7))
    power, count = ring_power(spectrum, ring, 6)
    for r in range(6):
        assert power[r] == pytest.approx((np.abs(spectrum[:, ring == r]) ** 2).sum(), rel=1e-5)
        assert count[r] == (ring == r).sum()
