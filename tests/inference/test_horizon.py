"""Steep facets: the table against the exact signals, for several detectors; nothing is touched below the horizon."""

import numpy as np
import pytest
from made_frames import make_calibration, make_instrument

from eclips4d.inference.closed_form import closed_form_slopes
from eclips4d.inference.horizon import horizon_table, read_slope
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
