"""Resampling against an analytic function, against a slow loop, and against noise of known size."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shifted_frames import surface

from eclips4d.core.errors import InputError
from eclips4d.core.results import Drift, Surface
from eclips4d.registration.interpolation import lift, six_point
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


def weights(place: float, size: int) -> dict[int, float]:
    """Six samples; four in the second cell from an end, two in the first."""
    i = int(np.floor(place))
    f = place - i
    if 2 <= i < size - 3:
        taps = {}
        for a in range(-2, 4):
            others = [b for b in range(-2, 4) if b != a]
            taps[a] = np.prod([(f - b) / (a - b) for b in others])
        for a, difference in enumerate((1, -4, 6, -4, 1)):
            taps[a - 2] += lift(f) * difference
            taps[a - 1] += lift(1 - f) * difference
        return {i + a: w for a, w in taps.items()}
    if 1 <= i < size - 2:
        return {
            i - 1: -f / 2 + f**2 - f**3 / 2,
            i: 1 - 5 / 2 * f**2 + 3 / 2 * f**3,
            i + 1: f / 2 + 2 * f**2 - 3 / 2 * f**3,
            i + 2: -(f**2) / 2 + f**3 / 2,
        }
    i = min(max(i, 0), size - 2)
    return {i: 1 - (place - i), i + 1: place - i}


@pytest.mark.parametrize("jitter", [0.0, 0.1])
def test_every_pixel_against_a_slow_loop(jitter: float) -> None:
    before, drift = surface((17, 19)), Drift((1.3, -2.6), (0.9, -0.7))
    offset = np.random.default_rng(9).normal(0.0, jitter, (17, 2))
    after = resample(before, drift, offset if jitter else None)
    rows, columns = before.height.shape
    for y in range(rows):
        s = (y + drift.start[0]) / (1 - drift.rate[0] / (rows - 1))
        if -1 < s < rows:
            s += sum(w * offset[i, 0] for i, w in weights(s, rows).items())
        shift = drift.start[1] + drift.rate[1] * np.arange(rows) / (rows - 1) + offset[:, 1]
        near = min(max(int(np.floor(s + 0.5)), 0), rows - 1)
        for x in range(columns):
            if not (-0.5 <= s <= rows - 0.5 and -0.5 <= x + shift[near] <= columns - 0.5):
                assert np.isnan(after.slope[0, y, x])
                assert after.trust[y, x] == 0
                continue
            value, variance = 0.0, 0.0
            for i, u in weights(s, rows).items():
                across = weights(x + shift[i], columns)
                value += u * sum(v * before.slope[0, i, j] for j, v in across.items())
                variance += u**2 * sum(v**2 for v in across.values())
            assert after.slope[0, y, x] == pytest.approx(value, abs=1e-5)
            there = near, min(max(int(np.floor(x + shift[near] + 0.5)), 0), columns - 1)
            assert after.slope_sd[y, x] == pytest.approx(before.slope_sd[there] * np.sqrt(variance), rel=1e-4)
            assert after.residual[y, x] == before.residual[there]
    # Heights do not follow the rows, only the drift.
    drifted = resample(before, drift)
    assert after.height.tobytes() == drifted.height.tobytes()
    assert after.height_sd.tobytes() == drifted.height_sd.tobytes()
    assert jitter or np.nanmax(np.abs(after.height - 3 * after.slope[0])) < 1e-5


@pytest.mark.parametrize("shift", [(0.4, 0.3), (1e-6, -2.7), (0.0, 0.5), (-1.5, 3.0)])
def test_a_missing_pixel_leaves_out_the_places_nearest_to_it_only(shift: tuple[float, float]) -> None:
    before = surface((40, 44))
    holes = np.zeros(before.height.shape, bool)
    holes[10:14, 20:23] = holes[30, 8] = holes[0, 5] = True
    nan = np.where(holes, np.nan, 1.0).astype(np.float32)
    y, x = np.mgrid[:40, :44].astype(np.float32)
    ramp = 2.0 * y - 3.0 * x
    holed = replace(before, slope=before.slope * nan, height=ramp * nan, height_sd=before.height_sd * nan)
    after = resample(holed, Drift(shift))
    assert np.array_equal(np.isnan(after.height), np.isnan(after.height_sd))
    assert np.array_equal(np.isnan(after.slope[1]), np.isnan(after.height_sd))
    # Beside a hole a ramp is off by what one missing neighbour costs, elsewhere by nothing.
    error = np.abs(after.height - (ramp + 2.0 * shift[0] - 3.0 * shift[1]))
    assert np.nanmax(error) < 3.0
    assert np.nanmean(error > 1e-3) < 0.03


def test_beside_missing_pixels_slope_sd_is_still_the_sd_of_the_noise() -> None:
    shape, random = (24, 26), np.random.default_rng(12)
    nan = np.ones(shape, np.float32)
    nan[8:12, 9:15] = nan[20, 3] = np.nan
    noise = [random.normal(size=(2, *shape)).astype(np.float32) * nan for _ in range(600)]
    before = replace(surface(shape), slope_sd=np.ones(shape, np.float32))
    moved = [resample(replace(before, slope=n), Drift((0.3, 0.45))) for n in noise]
    measured = np.sqrt(np.mean([m.slope**2 for m in moved], axis=(0, 1)))
    ratio = (measured / moved[0].slope_sd)[np.isfinite(measured)]
    assert np.abs(ratio - 1).max() < 0.13
    assert ratio.mean() == pytest.approx(1.0, abs=0.005)


def test_contrast_is_kept_up_to_a_quarter_of_a_cycle_per_pixel() -> None:
    shifts, sample = np.arange(0.0, 1.0, 0.05), np.arange(-2, 4)
    for frequency, limit in ((0.1, 0.003), (0.2, 0.01), (0.25, 0.02), (0.3, 0.08), (0.4, 0.42)):
        response = [six_point(f) @ np.exp(2j * np.pi * frequency * (sample - f)) for f in shifts]
        assert np.abs(1 - np.array(response)).max() < limit
        assert np.abs(response).max() < 1.006
    for power in range(4):
        assert [six_point(f) @ sample.astype(float) ** power for f in shifts] == pytest.approx(shifts**power, abs=1e-5)


def test_rows_displaced_by_themselves_come_back() -> None:
    shape = (120, 130)
    offset = np.random.default_rng(8).normal(0.0, 0.15, (shape[0], 2))
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    seen = wavy(y - 0.3 - offset[:, :1], x + 1.4 - offset[:, 1:])
    before = replace(surface(shape), slope=np.stack([seen, seen]).astype(np.float32))
    errors = [resample(before, Drift((0.3, -1.4)), o).slope[0] - wavy(y, x) for o in (None, offset * [0, 1], offset)]
    plain, columns, both = (float(np.sqrt(np.nanmean(e[9:-9, 9:-9] ** 2))) for e in errors)
    assert columns < 0.85 * plain
    assert both < 0.25 * plain


@pytest.mark.parametrize("rows", [np.zeros((3, 2)), np.full((20, 2), np.nan)])
def test_row_offsets_that_do_not_fit_are_refused(rows: np.ndarray) -> None:
    with pytest.raises(InputError, match="row offsets"):
        resample(surface((20, 20)), Drift((0.0, 0.0)), rows)


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
