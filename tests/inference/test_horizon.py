"""Steep facets: the table against the exact signals, for several detectors; nothing is touched below the horizon."""

import numpy as np
import pytest
from made_frames import make_calibration, make_instrument
from scipy.interpolate import RegularGridInterpolator

from eclips4d.inference.closed_form import closed_form_slopes
from eclips4d.inference.horizon import HorizonTable, horizon_table, read_slope
from eclips4d.inference.models import load_model
from eclips4d.physics.facet import facet_signals


def facets(tilts_deg, azimuths_deg):
    tilt, azimuth = np.meshgrid(np.tan(np.radians(tilts_deg)), np.radians(azimuths_deg))
    return np.stack([tilt * np.cos(azimuth), tilt * np.sin(azimuth)])


@pytest.mark.parametrize("detector", [{}, {"azimuths_deg": (210, 90, 330)}, {"offset_mm": (0.4, 0.2)}])
def test_table_recovers_exact_facets(detector):
    inst = make_instrument(**detector)
    true = facets(np.arange(5, 63, 3), np.arange(0, 360, 15))
    read = read_slope(inst, true)
    corrected, sd = read.astype(np.float32), np.ones(read.shape[1:], np.float32)
    table = horizon_table(inst)
    table.apply(corrected, sd)
    angle = np.degrees(np.arctan(np.hypot(*corrected))) - np.degrees(np.arctan(np.hypot(*true)))
    assert np.abs(angle[:, :18]).max() < 0.1  # up to 56°
    assert np.abs(angle).max() < 0.25
    gentle = np.hypot(*read) < table.start
    np.testing.assert_array_equal(corrected[:, gentle], read.astype(np.float32)[:, gentle])
    assert (sd >= 1).all() and (sd[gentle] == 1).all()


def test_growth_of_noise_is_that_of_the_map():
    inst = make_instrument()
    rng = np.random.default_rng(0)
    true = np.broadcast_to(np.array([1.0, 0.7])[:, None, None], (2, 200, 200))
    read = read_slope(inst, true[:, :1, :1]) + 0.01 * rng.standard_normal((2, 200, 200))
    corrected, sd = read.astype(np.float32), np.full((200, 200), 0.01, np.float32)
    horizon_table(inst).apply(corrected, sd)
    measured = np.sqrt(corrected.reshape(2, -1).var(axis=1).mean())
    assert sd.mean() == pytest.approx(measured, rel=0.05)


def test_model_reads_fifty_five_degrees_where_the_linear_law_falls_short():
    inst = make_instrument()
    slope = facets(np.full(32, 55.0), np.linspace(0, 360, 32, endpoint=False))
    signals = facet_signals(inst, slope)
    data = np.rint(signals * 12000 / signals[:, 0, 0].mean()).astype(np.uint16)
    found = load_model("analytic", inst)(data, make_calibration(inst)).slope
    np.testing.assert_allclose(np.degrees(np.arctan(np.hypot(*found))), 55.0, atol=0.15)
    assert np.degrees(np.arctan(np.hypot(*read_slope(inst, slope)))).min() < 53.5


def test_nominal_radii_leave_steep_slopes_alone():
    inst = make_instrument(inner_radius_mm=None, outer_radius_mm=None)
    assert closed_form_slopes(inst).horizon is None


@pytest.mark.parametrize("noisy", [False, True])
def test_the_table_is_read_between_its_cells_in_rows_with_steep_pixels_and_without(noisy: bool) -> None:
    random = np.random.default_rng(0)
    values = random.normal(0.0, 0.2, (3, 111, 111)).astype(np.float32)
    table = HorizonTable(0.8, 2.75, values, noisy=noisy)
    slope = random.normal(0.0, 0.1, (2, 40, 70)).astype(np.float32)
    slope[:, ::3, 20:50] = np.clip(9.0 * slope[:, ::3, 20:50], -2.7, 2.7)  # within the table
    sd = random.uniform(0.01, 0.3, slope.shape[1:]).astype(np.float32)
    found, found_sd = slope.copy(), sd.copy()
    table.apply(found, found_sd)
    square = (slope.astype(float) ** 2).sum(axis=0)
    less = np.sqrt(1.0 - (4.0 if noisy else 0.0) * np.minimum(sd**2, 0.1 * square) / square)
    axis = np.linspace(-2.75, 2.75, 111)
    at = np.moveaxis(np.clip(less * slope[::-1], -2.75, 2.75), 0, -1)
    p, q, growth = (RegularGridInterpolator((axis, axis), part.astype(float))(at) for part in values)
    steep = square > 0.8**2
    assert 0 < steep.any(axis=1).sum() < len(steep)
    np.testing.assert_allclose(found, np.where(steep, slope + np.stack([p, q]) / less, slope), atol=2e-5)
    np.testing.assert_allclose(found_sd, np.where(steep, sd * growth, sd), atol=2e-5)
