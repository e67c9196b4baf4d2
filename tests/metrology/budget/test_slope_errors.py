"""Finite differences through the inversion against what a pair of segments says in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from eclips4d.metrology.budget.slope_errors import slope_errors


def test_an_imbalance_of_opposite_segments_tilts_by_half_of_it_over_kappa(conditions) -> None:
    # p = (S2 − S1)/(kappa·(S1 + S2)): a relative error e of one signal changes p by e/(2 kappa).
    kappa = np.hypot(*np.transpose(conditions.calibration.contrast)) / conditions.calibration.flat
    found = slope_errors(conditions, 0.0, 45.0)
    assert np.abs(found.gain[[0, 2]]) == pytest.approx(1.0 / (2.0 * kappa[[0, 2]]), rel=2e-3)
    assert found.gain[0] == pytest.approx(-found.gain[2], rel=2e-3)
    assert found.gain[[1, 3]] == pytest.approx(0.0, abs=2e-3)


def test_all_gains_together_change_no_slope(conditions) -> None:
    for slope in (0.0, 0.4):
        found = slope_errors(conditions, slope, 20.0)
        assert abs(found.gain.sum()) < 0.01 * np.abs(found.gain).max()


@pytest.mark.parametrize("slope", [0.1, 0.5])
def test_all_dark_levels_together_stretch_the_slope_by_their_share_of_the_signal(conditions, slope) -> None:
    found = slope_errors(conditions, slope, 45.0)
    assert found.dark.sum() == pytest.approx(slope / conditions.signal_adu, rel=0.01)


def test_a_dark_level_acts_like_a_gain_on_a_flat(conditions) -> None:
    found = slope_errors(conditions, 0.0, 10.0)
    assert found.dark * conditions.signal_adu == pytest.approx(found.gain, abs=2e-3 * np.abs(found.gain).max())


def test_what_no_segment_can_show_is_refused(conditions) -> None:
    with pytest.raises(ValueError, match="steeper"):
        slope_errors(conditions, 50.0, 0.0)


def test_a_riser_too_steep_to_be_shown_counts_as_the_steepest_that_can(conditions) -> None:
    held = slope_errors(conditions, 50.0, 0.0, hold_steepest=True)
    assert held.gain == pytest.approx(slope_errors(conditions, 90.0, 0.0, hold_steepest=True).gain)
    assert np.isfinite(held.gain).all() and np.abs(held.gain).max() > 0.0
