"""Resampling against an analytic function, against a slow loop, and against noise of known size."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shifted_frames import surface

from eclips4d.core.errors import InputError
from eclips4d.core.results import Drift, Surface
from eclips4d.registration.resample import resample


def wavy(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.sin(0.21 * y + 0.4) * np.cos(0.17 * x - 0.3) + 0.01 * y


def scanned(shape: tuple[int, int], drift: Drift) -> Surface:
    """The analytic surface as a drifting scan sees it."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    part = y / (shape[0] - 1)
    plane = wavy(y - drift.start[0] - drift.rate[0] * part, x - drift.start[1] - drift.rate[1] * part)
    return replace(surface(shape), height=plane.astype(np.float32))


def test_no_drift_gives_the_same_planes() -> None:
    given_surface = surface((20, 30))
    assert resample(given_surface, Drift((0.0, 0.0))) is given_surface


@pytest.mark.parametrize("shift", [(3, -2), (-4, 5), (0, 7), (25, 0), (-100, 0)])
def test_whole_pixels_are_copied_bit_for_bit(shift: tuple[int, int]) -> None:
    before, (dy, dx) = surface((24, 31)), shift
    after = resample(before, Drift((float(dy), float(dx))))
    for name, plane in before.planes().items():
        moved = after.planes()[name]
        expected = np.zeros_like(plane) if name == "trust" else np.full_like(plane, np.nan)
        rows, columns = (np.arange(n) + d for n, d in zip(plane.shape[-2:], shift, strict=True))
        y, x = np.ix_((rows >= 0) & (rows < 24), (columns >= 0) & (columns < 31))
        expected[..., y, x] = plane[..., y + dy, x + dx]
        assert moved.tobytes() == expected.tobytes(), name


@settings(max_examples=25, deadline=None)
@given(st.floats(-6, 6), st.floats(-6, 6), st.floats(-2, 2), st.floats(-2, 2))
def test_an_analytic_surface_comes_back(a: float, b: float, c: float, d: float) -> None:
    shape, drift = (60, 70), Drift((a, b), (c, d))
    height = resample(scanned(shape, drift), drift).height
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    seen = np.isfinite(height)
    assert seen[9:-9, 9:-9].all()
    error = np.abs(height - wavy(y, x))
    assert error[9:-9, 9:-9].max() < 1e-3
    assert np.nanmax(error) < 0.05


def test_every_pixel_against_a_slow_loop() -> None:
    before, drift = surface((17, 13)), Drift((1.3, -2.6), (0.9, -0.7))
    after = resample(before, drift)
    rows, columns = before.height.shape

    def weights(place: float, size: int) -> dict[int, float]:
        i = int(np.floor(place))
        f = place - i
        if 1 <= i < size - 2:
            return {
                i - 1: -f / 2 + f**2 - f**3 / 2,
                i: 1 - 5 / 2 * f**2 + 3 / 2 * f**3,
                i + 1: f / 2 + 2 * f**2 - 3 / 2 * f**3,
                i + 2: -(f**2) / 2 + f**3 / 2,
            }
        i = min(max(i, 0), size - 2)
        return {i: 1 - (place - i), i + 1: place - i}

    for y in range(rows):
        for x in range(columns):
            s = (y + drift.start[0]) / (1 - drift.rate[0] / (rows - 1))
            c = x + drift.start[1] + drift.rate[1] * s / (rows - 1)
            if not (-0.5 <= s <= rows - 0.5 and -0.5 <= c <= columns - 0.5):
                assert np.isnan(after.height[y, x])
                assert after.trust[y, x] == 0
                continue
            wy, wx = weights(s, rows), weights(c, columns)
            value = sum(u * v * before.height[i, j] for i, u in wy.items() for j, v in wx.items())
            assert after.height[y, x] == pytest.approx(value, abs=1e-5)
            near = min(int(np.floor(s + 0.5)), rows - 1), min(int(np.floor(c + 0.5)), columns - 1)
            noise = np.sqrt(sum(u**2 for u in wy.values()) * sum(v**2 for v in wx.values()))
            assert after.slope_sd[y, x] == pytest.approx(before.slope_sd[near] * noise, rel=1e-4)
            assert after.height_sd[y, x] == before.height_sd[near]
            assert after.residual[y, x] == before.residual[near]


@pytest.mark.parametrize("shift", [(0.5, 0.5), (0.25, 0.0), (0.1, 0.8)])
def test_slope_sd_is_the_sd_of_the_noise(shift: tuple[float, float]) -> None:
    shape = (200, 200)
    slope = np.random.default_rng(4).normal(size=(2, *shape)).astype(np.float32)
    before = replace(surface(shape), slope=slope, slope_sd=np.ones(shape, np.float32))
    after = resample(before, Drift(shift))
    inside = np.s_[5:-5, 5:-5]
    assert after.slope[0][inside].std() == pytest.approx(float(after.slope_sd[inside].mean()), rel=0.02)


def test_missing_residuals_stay_missing() -> None:
    before = replace(surface((20, 20)), residual=np.full((20, 20), np.nan, np.float32))
    after = resample(before, Drift((0.4, 1.0), (0.2, 0.1)))
    assert np.isnan(after.residual).all()
    assert np.isfinite(after.height[3:-3, 3:-3]).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 2), (3, 5)])
def test_tiny_frames(shape: tuple[int, int]) -> None:
    after = resample(surface(shape), Drift((0.0, 0.3)))
    assert np.isfinite(after.height[:, 0]).all()


@pytest.mark.parametrize("drift", [Drift((np.nan, 0.0)), Drift((0.0, np.inf)), Drift((0.0, 0.0), (30.0, 0.0))])
def test_a_drift_that_cannot_be_undone_is_refused(drift: Drift) -> None:
    with pytest.raises(InputError, match="cannot be undone"):
        resample(surface((20, 20)), drift)
