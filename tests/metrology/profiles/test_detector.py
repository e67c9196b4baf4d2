import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.inference.horizon import read_slope
from eclips4d.metrology.profiles.detector import (
    FACET,
    FACET_SIGNAL,
    TERRACE,
    TERRACE_SIGNAL,
    UNDONE,
    detector_of,
    tangents,
    usual_detector,
)
from eclips4d.physics.detector import segment_response

ANNULAR = simulated_microscope("sim://flat?size=16").instrument
DETECTOR = detector_of(ANNULAR)


def column(sight, number, at):
    return np.interp(at, tangents(), sight.table[:, number])


slopes = st.floats(0.05, 2.2)


@settings(max_examples=30, deadline=None)
@given(slope=slopes, azimuth_deg=st.integers(-180, 180))
def test_a_facet_reads_as_the_inversion_reads_it(slope, azimuth_deg):
    angle = np.radians(azimuth_deg)
    uphill = np.array([np.cos(angle), np.sin(angle)])
    expected = uphill @ read_slope(ANNULAR, slope * uphill[:, None, None])[:, 0, 0]
    sight = DETECTOR.towards(azimuth_deg)
    read = column(sight, FACET_SIGNAL, slope) / column(sight, FACET, slope)
    assert read == pytest.approx(expected, abs=2e-3)
    assert column(sight, UNDONE, read) == pytest.approx(slope, abs=0.01)


@settings(max_examples=30, deadline=None)
@given(slope=slopes, azimuth_deg=st.integers(0, 359))
def test_down_one_way_is_up_the_other(slope, azimuth_deg):
    here, there = DETECTOR.towards(azimuth_deg), DETECTOR.towards(azimuth_deg + 180)
    for number, sign in ((TERRACE, 1), (FACET, 1), (TERRACE_SIGNAL, -1), (FACET_SIGNAL, -1), (UNDONE, -1)):
        assert column(here, number, slope) == pytest.approx(sign * column(there, number, -slope), abs=2e-3)


@pytest.mark.parametrize("horizon", [0.5, 0.9, 1.2, 1.7])
def test_terraces_lose_what_lies_below_their_horizon(horizon):
    """Against Monte Carlo: Lambert's directions, those on the detector counted, segments by their azimuth."""
    random, detector = np.random.default_rng(3), ANNULAR.detector
    share, turn = random.random(2_000_000), random.uniform(0.0, 2.0 * np.pi, 2_000_000)
    tangent = np.sqrt(share / (1.0 - share))
    inner, outer = (r / detector.distance_mm for r in (detector.inner_radius_mm, detector.outer_radius_mm))
    kept = (tangent > inner) & (tangent < outer) & (tangent * np.cos(turn) * horizon < 1.0)
    counts = np.histogram(turn[kept], np.linspace(0.0, 2.0 * np.pi, 5))[0] / 2e6
    response = segment_response(ANNULAR)
    # Quadrants at 45, 135, 225 and 315 degrees; here they touch.
    flat = (1.0 / (1.0 + inner**2) - 1.0 / (1.0 + outer**2)) / 4.0
    towards, away = counts[[0, 3]].sum() / flat / 2.0, counts[[1, 2]].sum() / flat / 2.0
    sight = DETECTOR.towards(0)
    brightness, signal = column(sight, TERRACE, horizon), column(sight, TERRACE_SIGNAL, horizon)
    contrast = abs(response.contrast[0, 0]) / response.flat[0]
    assert brightness == pytest.approx((towards + away) / 2.0, abs=0.01)
    assert signal == pytest.approx((away - towards) / 2.0 / contrast, abs=0.02)


def test_the_usual_detector_looks_the_same_from_everywhere():
    sight = usual_detector().towards(float("nan"))
    flipped = sight.table[::-1] * np.array([1.0, -1.0, 1.0, -1.0, -1.0])
    assert sight.table == pytest.approx(flipped, abs=1e-3)
    below = np.abs(tangents()) < sight.clear
    assert sight.table[below, UNDONE] == pytest.approx(tangents()[below], abs=2e-3)
    assert sight.table[below, TERRACE] == pytest.approx(1.0)
