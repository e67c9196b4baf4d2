"""Pixel size, shear and drift against least-squares integration of slopes on a distorted grid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from eclips4d.core.calibration_settings import CalibrationSettings
from eclips4d.inference.integrate import integrate
from eclips4d.metrology.budget import Declared, ScanCalibration
from eclips4d.metrology.budget.lateral_lines import along_axes, drift_in_scan, pixel_lines

SIDE, PIXEL, RUN, SLOPE = 192, 2.0, 60.0, 0.5


def height_read(azimuth_deg: float, a: float, b: float, shear: float) -> float:
    """Of a riser 30 nm high whose slopes are true while the pixels are larger by a, b and the rows sheared."""
    axis = (np.arange(SIDE) - (SIDE - 1) / 2) * PIXEL
    x, y = np.meshgrid(axis, axis)
    along = np.cos(np.radians(azimuth_deg)), -np.sin(np.radians(azimuth_deg))
    t = along[0] * (1 + a) * (x + shear * y) + along[1] * (1 + b) * y
    steep = SLOPE * 0.5 * (1 + np.cos(2 * np.pi * np.clip(t / RUN, -0.5, 0.5)))
    height = integrate(np.stack([steep * along[0], steep * along[1]]).astype(np.float32), (PIXEL, PIXEL))
    inside = np.hypot(x, y) < SIDE * PIXEL / 4
    return float(height[inside & (t > RUN / 2)].mean() - height[inside & (t < -RUN / 2)].mean())


def relative_change(azimuth_deg: float, a: float, b: float, shear: float) -> float:
    up, down = (height_read(azimuth_deg, s * a, s * b, s * shear) for s in (1.0, -1.0))
    return (down - up) / (up + down)


@pytest.mark.parametrize("azimuth_deg", [0.0, 30.0, 75.0, 90.0, 160.0])
def test_heights_shrink_by_the_squared_cosines_of_a_larger_pixel(azimuth_deg) -> None:
    cos2, sin2, _ = along_axes(azimuth_deg)
    assert relative_change(azimuth_deg, 0.02, 0.01, 0.0) == pytest.approx(0.02 * cos2 + 0.01 * sin2, rel=0.08)


@pytest.mark.parametrize("azimuth_deg", [30.0, 45.0, 135.0])
def test_heights_shrink_by_the_mixed_term_of_a_shear(azimuth_deg) -> None:
    # The image's free border bends the field of a sheared riser: some per cent.
    mixed = along_axes(azimuth_deg)[2]
    assert relative_change(azimuth_deg, 0.0, 0.0, 0.02) == pytest.approx(0.02 * mixed, rel=0.12)


def test_axes_that_err_by_themselves_add_in_squares(make_conditions) -> None:
    scan = ScanCalibration((0.01, 0.02), 0.5)
    size, shear = pixel_lines(make_conditions(declared=Declared(scan=scan)), 10.0, 45.0)
    assert size.of_result == pytest.approx(10.0 * np.hypot(0.01, 0.02) / 2)
    assert shear.of_result == pytest.approx(10.0 * np.radians(0.5) / 2)
    assert not size.assumed and not shear.assumed


def test_a_magnification_that_nobody_calibrated_is_assumed_and_said_to_be(make_conditions) -> None:
    size, shear = pixel_lines(make_conditions(), 10.0, 30.0)
    assert size.assumed and shear.assumed
    assert size.of_result == pytest.approx(10.0 * 0.03 / np.sqrt(3.0))


@pytest.mark.parametrize("azimuth_deg", [0.0, 30.0, 90.0])
def test_what_the_instrument_file_states_is_one_factor_for_both_axes(make_conditions, azimuth_deg) -> None:
    section = CalibrationSettings(artefact="grating:400", pixel_scale=(1.01, 1.0), pixel_scale_u=0.006)
    conditions = make_conditions()
    told = conditions.instrument.model_copy(update={"calibration": section})
    size, shear = pixel_lines(replace(conditions, instrument=told), 10.0, azimuth_deg)
    assert size.of_result == pytest.approx(10.0 * 0.006)
    assert size.kind == "systematic" and not size.assumed and "pixel_scale_u" in size.origin
    assert shear.assumed  # lines in one direction tell nothing of it
    crossed = told.model_copy(update={"calibration": section.model_copy(update={"shear": 0.001})})
    assert pixel_lines(replace(conditions, instrument=crossed), 10.0, 45.0)[1].u < shear.u


def test_drift_counts_per_row(make_conditions) -> None:
    conditions = make_conditions(drift_rate_px=(1.0, 2.0))
    assert drift_in_scan(conditions, 10.0, 90.0).of_result == pytest.approx(10.0 / 511)
    assert drift_in_scan(conditions, 10.0, 0.0).of_result == pytest.approx(0.0, abs=1e-12)
    both = drift_in_scan(conditions, 10.0, 45.0).of_result
    assert both == pytest.approx(10.0 * np.hypot(1.0, 2.0) / 2 / 511)
