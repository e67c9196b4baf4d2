"""Gains and dark levels, by where they are from."""

from __future__ import annotations

import math

import numpy as np
import pytest

from eclips4d.metrology.budget import Declared
from eclips4d.metrology.budget.segment_lines import dark_levels, gains

FOUR = np.array([1.0, -2.0, 3.0, -4.0])


def test_segments_that_err_by_themselves_add_in_squares(make_conditions) -> None:
    conditions = make_conditions(declared=Declared(gain_u=0.01, offset_u_adu=5.0))
    assert gains(conditions, FOUR).of_result == pytest.approx(0.01 * math.sqrt(30.0))
    assert dark_levels(conditions, FOUR).of_result == pytest.approx(5.0 * math.sqrt(30.0))
    assert not gains(conditions, FOUR).assumed


def test_a_dark_level_from_the_frame_errs_alike_in_all_segments(make_conditions) -> None:
    estimated = {"offset_estimated": True, "offset_source": "noise", "kappa_u": math.hypot(0.01, 0.03)}
    conditions = make_conditions(calibration=estimated)
    found = dark_levels(conditions, np.ones(4) / conditions.signal_adu)
    assert found.of_result == pytest.approx(0.03 * 4)
    assert dark_levels(conditions, FOUR - FOUR.mean()).of_result == pytest.approx(0.0, abs=1e-9)


def test_gains_from_the_frame_hide_the_specimens_tilt(make_conditions) -> None:
    conditions = make_conditions(calibration={"gain_estimated": True})
    kappa = np.hypot(*np.transpose(conditions.calibration.contrast)).sum() / np.sum(conditions.calibration.flat)
    # Along a pair: slopes err by (e1 − e2)/(2 kappa), which is the tilt.
    found = gains(conditions, np.array([1.0, 0.0, -1.0, 0.0]) / (2.0 * kappa))
    assert found.assumed
    assert found.of_result == pytest.approx(math.tan(math.radians(1.0)) / 2.0, rel=1e-6)


def test_what_nobody_stated_is_assumed(make_conditions) -> None:
    conditions = make_conditions()
    assert gains(conditions, FOUR).assumed and dark_levels(conditions, FOUR).assumed


def test_without_any_uncertainty_there_is_no_contribution(make_conditions) -> None:
    conditions = make_conditions(declared=Declared(gain_u=0.0, offset_u_adu=0.0))
    assert gains(conditions, FOUR).of_result == 0.0
    assert dark_levels(conditions, FOUR).of_result == 0.0
