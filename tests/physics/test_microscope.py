"""The microscope on surfaces whose slopes, drift and statistics are known in closed form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from eclips4d.core.instrument import parse_instrument
from eclips4d.physics.detector import segment_response
from eclips4d.physics.microscope import Exposure, Microscope
from eclips4d.physics.microscope.sampling import as_scanned
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


def scanned(
    formula: Callable[..., np.ndarray], exposure: Exposure, supersample: int = 1, margin: int = 0
) -> np.ndarray:
    scan = parse_instrument(TOML).scan
    return as_scanned(Analytic(formula), exposure, scan, (ROWS, COLUMNS), supersample, margin).height


def test_the_scan_meets_the_surface_at_pixel_centres() -> None:
    height = scanned(lambda x, y, t: 0.3 * x - 0.2 * y + 1e-3 * x * y, Exposure(start_s=0.0))
    x, y = place()
    assert height == pytest.approx(0.3 * x - 0.2 * y + 1e-3 * x * y, abs=1e-9)


def test_sub_pixels_tile_the_pixels_and_the_margin_goes_on() -> None:
    """Means over sub-pixels of a plane are the pixels' values; the margin carries the plane on."""
    height = scanned(lambda x, y, t: 0.3 * x - 0.2 * y, Exposure(start_s=0.0), supersample=3, margin=6)
    x, y = place()
    inside = height[6:-6, 6:-6].reshape(ROWS, 3, COLUMNS, 3).mean((1, 3))
    assert inside == pytest.approx(0.3 * x - 0.2 * y, abs=1e-9)
    assert np.diff(height, axis=0) == pytest.approx(-0.2 * 2.0, abs=1e-9)
    assert np.diff(height, axis=1) == pytest.approx(0.3 * 4.0 / 3.0, abs=1e-9)


def test_each_row_is_seen_at_its_own_time() -> None:
    height = scanned(lambda x, y, t: 0.1 * t + 0.0 * x, Exposure(start_s=2.0))
    wanted = 0.1 * (2.0 + 0.01 * np.arange(ROWS))
    assert height == pytest.approx(np.repeat(wanted[:, None], COLUMNS, 1), abs=1e-9)


def bump(x: np.ndarray, y: np.ndarray, t: np.ndarray) -> np.ndarray:
    return 9.0 * np.exp(-((x - 8.0) ** 2 + (y + 12.0) ** 2) / 400.0)


def test_drift_displaces_the_content_down_and_right() -> None:
    still = scanned(bump, Exposure(start_s=0.0))
    moved = scanned(bump, Exposure(start_s=0.0, drift_px=(3.0, -2.0)))
    assert moved[3:, :-2] == pytest.approx(still[:-3, 2:], abs=1e-9)


def test_drift_within_the_frame_grows_from_first_to_last_row() -> None:
    moved = scanned(bump, Exposure(start_s=0.0, drift_px=(1.0, 0.0), drift_within_px=(0.0, 4.0)))
    for row in (0, 10, ROWS - 1):
        alone = scanned(bump, Exposure(start_s=0.0, drift_px=(1.0, 4.0 * row / (ROWS - 1))))
        assert moved[row] == pytest.approx(alone[row], abs=1e-9)


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
    assert flat.mean() == pytest.approx(900.0, rel=1e-4)
    p, q = 0.4, -0.25
    tilted = some.expected_electrons(Analytic(lambda x, y, t: p * x + q * y), Exposure(start_s=0.0))
    response = segment_response(some.instrument)
    cosine = 1.0 / np.sqrt(1.0 + p * p + q * q)
    u = ((1.0 + cosine) / 2.0) ** (-9.0 / np.sqrt(29.0)) * cosine
    wanted = 900.0 * u * (response.flat - response.contrast @ (p, q)) / response.flat.mean()
    assert tilted[:, 5, 5] == pytest.approx(wanted, rel=1e-4)


def test_a_slope_towards_a_segment_brightens_it() -> None:
    """A surface that falls to the right faces right: segments at 45 and 315 degrees see more."""
    a, b, c, d = microscope().expected_electrons(Analytic(lambda x, y, t: -0.3 * x), Exposure(start_s=0.0))[:, 3, 3]
    assert a == pytest.approx(d, rel=1e-4) and b == pytest.approx(c, rel=1e-4) and a > 1.1 * b
    a, b, c, d = microscope().expected_electrons(Analytic(lambda x, y, t: 0.3 * y), Exposure(start_s=0.0))[:, 3, 3]
    assert a == pytest.approx(b, rel=1e-4) and a > 1.1 * c, "a surface that rises downwards faces up"


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


def test_what_stands_beside_the_image_casts_its_shadow_into_it() -> None:
    """A wall on the right, outside the image but inside the margin, takes light from segments on its side."""
    edge = COLUMNS / 2 * 4.0
    wall = Analytic(lambda x, y, t: np.where(x > edge + 8.0, 60.0, 0.0) + 0.0 * x)
    flat = Analytic(lambda x, y, t: 0.0 * x)
    seen = microscope().expected_electrons(wall, Exposure(start_s=0.0)) / 900.0
    clear = microscope().expected_electrons(flat, Exposure(start_s=0.0)) / 900.0
    right = (seen / clear)[[0, 3], 15, -2:].mean()
    assert right < 0.8
    assert (seen / clear)[1:3, 15, -2:] == pytest.approx(1.0, abs=0.02)
    unhidden = replace(microscope(), occlusion=False).expected_electrons(wall, Exposure(start_s=0.0)) / 900.0
    assert unhidden[:, 15, -2:] == pytest.approx(clear[:, 15, -2:], rel=1e-4)
