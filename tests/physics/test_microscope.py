"""The microscope on surfaces whose slopes, drift and statistics are known in closed form."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from eclips4d.core.instrument import parse_instrument
from eclips4d.physics.detector import segment_response
from eclips4d.physics.microscope import Exposure, Microscope, tilt_yield
from eclips4d.physics.scenes import Lines

TOML = """
[beam]
energy_kev = 10
electrons_per_pixel = 900
adu_per_electron = 8
[scan]
pixel_size_nm = [4, 6]
line_time_s = 0.01
[detector]
distance_mm = 6
inner_radius_mm = 1.75
outer_radius_mm = 7
gap_mm = 0.3
azimuths_deg = [45, 135, 225, 315]
"""
ROWS, COLUMNS = 30, 40


class Analytic:
    """A scene from a formula h(x, y, t)."""

    side_units: dict[str, str] = {}  # noqa: RUF012

    def __init__(self, formula: Callable[..., np.ndarray]) -> None:
        self.formula = formula

    def lines(self, x0_nm, step_nm, count, y_nm, t_s):
        x = x0_nm[:, None] + step_nm * np.arange(count)
        height = self.formula(x, y_nm[:, None], t_s[:, None]) + np.zeros_like(x)
        return Lines(height, np.ones_like(height), np.zeros(height.shape, np.int16))

    def side(self, t_s: float) -> dict[str, float]:
        return {}


def microscope(toml: str = TOML, excess: float = 1.2) -> Microscope:
    instrument = parse_instrument(toml)
    n = instrument.segments
    return Microscope(
        instrument=instrument,
        shape=(ROWS, COLUMNS),
        gain=tuple(1.0 + 0.02 * k for k in range(n)),
        offset_adu=tuple(100.0 + 5 * k for k in range(n)),
        excess_noise=(excess,) * n,
    )


def place() -> tuple[np.ndarray, np.ndarray]:
    """Pixel centres, nm."""
    x = (np.arange(COLUMNS) - (COLUMNS - 1) / 2) * 4.0
    y = (np.arange(ROWS) - (ROWS - 1) / 2) * 6.0
    return x[None, :], y[:, None]


def test_planes_have_their_slopes_along_the_array_axes() -> None:
    slope, _ = microscope().slopes(Analytic(lambda x, y, t: 0.3 * x - 0.2 * y), Exposure(start_s=0.0))
    assert slope[0] == pytest.approx(0.3, abs=1e-6)
    assert slope[1] == pytest.approx(-0.2, abs=1e-6)


def test_slopes_are_exact_pixel_means_of_a_cubic() -> None:
    """Simpson's rule and the difference at the borders leave no error for cubics."""
    slope, _ = microscope().slopes(
        Analytic(lambda x, y, t: 1e-4 * x * x * y + 2e-4 * x * y + 3e-6 * y**3), Exposure(start_s=0.0)
    )
    x, y = place()
    assert slope[0] == pytest.approx(2e-4 * x * y + 2e-4 * y + 0 * x, abs=1e-6)
    mean_x2 = x * x + 4.0**2 / 12
    mean_y2 = y * y + 6.0**2 / 12
    assert slope[1] == pytest.approx(1e-4 * mean_x2 + 2e-4 * x + 9e-6 * mean_y2, abs=1e-6)


def test_slopes_of_a_riser_against_brute_force() -> None:
    """Averages of the analytic slope over 64 × 64 points per pixel of an oblique tanh riser."""
    w, height = 13.0, 14.0
    slope, _ = microscope().slopes(
        Analytic(lambda x, y, t: height / 2 * np.tanh((0.8 * x + 0.6 * y) / w)), Exposure(start_s=0.0)
    )
    x, y = place()
    fine = (np.arange(64) + 0.5) / 64 - 0.5
    s = 0.8 * (x[..., None, None] + 4 * fine[:, None]) + 0.6 * (y[..., None, None] + 6 * fine)
    mean = (height / (2 * w) / np.cosh(s / w) ** 2).mean((-2, -1))
    assert slope[0] == pytest.approx(0.8 * mean, abs=2e-4)
    assert slope[1] == pytest.approx(0.6 * mean, abs=2e-4)


def test_each_row_is_seen_at_its_own_time() -> None:
    slope, _ = microscope().slopes(Analytic(lambda x, y, t: 0.1 * t * x), Exposure(start_s=2.0))
    wanted = 0.1 * (2.0 + 0.01 * np.arange(ROWS))
    assert slope[0] == pytest.approx(np.repeat(wanted[:, None], COLUMNS, 1), abs=1e-6)


def bump(x: np.ndarray, y: np.ndarray, t: np.ndarray) -> np.ndarray:
    return 9.0 * np.exp(-((x - 8.0) ** 2 + (y + 12.0) ** 2) / 400.0)


def test_drift_displaces_the_content_down_and_right() -> None:
    still, _ = microscope().slopes(Analytic(bump), Exposure(start_s=0.0))
    moved, _ = microscope().slopes(Analytic(bump), Exposure(start_s=0.0, drift_px=(3.0, -2.0)))
    assert moved[:, 3:, :-2] == pytest.approx(still[:, :-3, 2:], abs=1e-6)


def test_drift_within_the_frame_grows_from_first_to_last_row() -> None:
    moved, _ = microscope().slopes(
        Analytic(bump), Exposure(start_s=0.0, drift_px=(1.0, 0.0), drift_within_px=(0.0, 4.0))
    )
    for row in (0, 10, ROWS - 1):
        alone, _ = microscope().slopes(Analytic(bump), Exposure(start_s=0.0, drift_px=(1.0, 4.0 * row / (ROWS - 1))))
        assert moved[:, row] == pytest.approx(alone[:, row], abs=1e-6)


def test_true_height_is_undistorted_and_row_by_row_in_time() -> None:
    height = microscope().true_height(Analytic(lambda x, y, t: 1e-3 * x * x + 0.02 * y + 5.0 * t), 3.0)
    x, y = place()
    wanted = 1e-3 * (x * x + 4.0**2 / 12) + 0.02 * y + 5.0 * (3.0 + 0.01 * np.arange(ROWS)[:, None])
    assert height == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("azimuths", ["[45, 135, 225, 315]", "[210, 90, 330]", "[10, 80, 150, 220, 290]"])
def test_electrons_follow_the_closed_form(azimuths: str) -> None:
    """Flat: the stated dose on the mean segment. Tilted: Lambert's law times the tilt dependence of the yield."""
    some = microscope(TOML.replace("[45, 135, 225, 315]", azimuths))
    flat = some.expected_electrons(Analytic(lambda x, y, t: 0.0 * x), Exposure(start_s=0.0))
    assert flat.mean() == pytest.approx(900.0, rel=1e-5)
    p, q = 0.4, -0.25
    tilted = some.expected_electrons(Analytic(lambda x, y, t: p * x + q * y), Exposure(start_s=0.0))
    response = segment_response(some.instrument)
    cosine = 1.0 / np.sqrt(1.0 + p * p + q * q)
    u = ((1.0 + cosine) / 2.0) ** (-9.0 / np.sqrt(29.0)) * cosine
    wanted = 900.0 * u * (response.flat - response.contrast @ (p, q)) / response.flat.mean()
    assert tilted[:, 5, 5] == pytest.approx(wanted, rel=1e-5)


def test_a_slope_towards_a_segment_brightens_it() -> None:
    """A surface that falls to the right faces right: segments at 45 and 315 degrees see more."""
    a, b, c, d = microscope().expected_electrons(Analytic(lambda x, y, t: -0.3 * x), Exposure(start_s=0.0))[:, 3, 3]
    assert a == pytest.approx(d) and b == pytest.approx(c) and a > 1.1 * b
    a, b, c, d = microscope().expected_electrons(Analytic(lambda x, y, t: 0.3 * y), Exposure(start_s=0.0))[:, 3, 3]
    assert a == pytest.approx(b) and a > 1.1 * c, "a surface that rises downwards faces up"


@pytest.mark.parametrize("excess", [1.0, 1.3])
def test_counting_statistics(excess: float) -> None:
    some, scene = microscope(excess=excess), Analytic(lambda x, y, t: 0.0 * x)
    random = np.random.default_rng(1)
    frames = np.stack([some.expose(scene, Exposure(start_s=0.0), random) for _ in range(60)]).astype(float)
    electrons = some.expected_electrons(scene, Exposure(start_s=0.0))[:, 0, 0]
    gain, offset = np.array(some.gain) * 8.0, np.array(some.offset_adu)
    samples = frames.transpose(1, 0, 2, 3).reshape(4, -1)
    error = 5.0 / np.sqrt(samples.shape[1])
    assert samples.mean(1) == pytest.approx(offset + gain * electrons, abs=error * float(samples.std()))
    assert samples.var(1) == pytest.approx(excess * electrons * gain**2, rel=error * np.sqrt(2.0))
    assert abs(np.corrcoef(frames[:, 0].ravel(), frames[:, 1].ravel())[0, 1]) < error


def test_tilt_dependence_of_copper() -> None:
    """Arnal's law for copper: 1.053, 1.123, 1.303 and 1.617 at 20, 30, 45 and 60 degrees."""
    slope = np.zeros((2, 1, 5), np.float32)
    slope[0, 0] = np.tan(np.radians([0.0, 20.0, 30.0, 45.0, 60.0]))
    assert tilt_yield(slope)[0] == pytest.approx([1.0, 1.053, 1.123, 1.303, 1.617], abs=1e-3)
