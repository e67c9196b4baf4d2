"""Putting a map where it belongs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_maps import Rough, chart
from scipy.ndimage import binary_erosion

from eclips4d.core.errors import InputError
from eclips4d.metrology.maps.placement import Placement, turning
from eclips4d.metrology.maps.refine import refine
from eclips4d.metrology.maps.sampling import Sampler, mean_sigma, smoothed
from eclips4d.metrology.maps.search import candidates, masked_correlation, search


def correlation_by_hand(fixed, moving, down, right):
    pairs = [
        (fixed[y, x], moving[y - down, x - right])
        for y in range(fixed.shape[0])
        for x in range(fixed.shape[1])
        if 0 <= y - down < moving.shape[0] and 0 <= x - right < moving.shape[1]
    ]
    both = np.array([pair for pair in pairs if np.isfinite(pair).all()])
    return np.corrcoef(both.T)[0, 1]


def test_correlation_with_holes_is_that_of_each_overlap():
    random = np.random.default_rng(0)
    fixed, moving = random.normal(size=(12, 15)), random.normal(size=(10, 11))
    fixed[2:4, 3:8], moving[random.random(moving.shape) < 0.2] = np.nan, np.nan
    table = masked_correlation(fixed, moving)
    assert table.shape == (21, 25)
    for down, right in ((0, 0), (2, 3), (-1, 4), (3, -2)):
        by_hand = correlation_by_hand(fixed, moving, down, right)
        assert table[down + 9, right + 10] == pytest.approx(by_hand, abs=1e-9)
    assert table[0, 0] == -1.0  # one pixel in common


def test_turns_are_counter_clockwise_on_the_screen():
    # Right goes up, and up is where rows get smaller.
    np.testing.assert_allclose(turning(90.0) @ [1.0, 0.0], [0.0, -1.0], atol=1e-12)


@settings(deadline=None, max_examples=20)
@given(
    st.floats(-40, 40), st.floats(-40, 40), st.floats(-180, 180), st.floats(0.8, 1.25), st.booleans(), st.integers(0, 9)
)
def test_a_map_sampled_where_it_lies_is_the_surface(x, y, turn, scale, mirrored, seed):
    rough, placement = Rough(seed), Placement((x, y), turn, scale, mirrored)
    placed = Sampler.of(chart(rough.seen((60, 70), 1.7, placement), 1.7)).on_grid(placement, (48, 48), (2.0, 2.0))
    inside = binary_erosion(np.isfinite(placed), iterations=5)  # a spline knows less at its border
    np.testing.assert_allclose(placed[inside], rough.seen((48, 48), 2.0)[inside], atol=0.05)


@settings(deadline=None, max_examples=6)
@given(st.floats(-15, 15), st.floats(-15, 15), st.floats(-7, 7), st.floats(0.95, 1.05), st.integers(0, 99))
def test_shift_turn_and_scale_are_found_to_a_hundredth_of_a_pixel(x, y, turn, scale, seed):
    rough, there = Rough(seed), Placement((x, y), turn, scale)
    run, other = rough.seen((96, 96), 2.0), chart(rough.seen((100, 90), 1.9, there), 1.9)
    found = search(run, (2.0, 2.0), other, candidates(0.0, turning=True, scaling=True))
    fine = refine(run, (2.0, 2.0), Sampler.of(other), found.placement, turn=True, scale=True)
    assert fine.placement.shift_nm == pytest.approx(there.shift_nm, abs=0.02)
    assert fine.placement.turn_deg == pytest.approx(turn, abs=0.02)
    assert fine.placement.scale == pytest.approx(scale, abs=5e-4)
    assert fine.correlation > 0.999


def test_any_turn_and_mirror_image_are_found_when_asked_for():
    rough, there = Rough(4), Placement((5.0, -4.0), 141.0, 1.0, mirrored=True)
    run, other = rough.seen((64, 64), 2.0), chart(rough.seen((56, 60), 2.0, there))
    found = search(run, (2.0, 2.0), other, candidates(None, turning=True, scaling=False))
    fine = refine(run, (2.0, 2.0), Sampler.of(other), found.placement, turn=True, scale=False)
    assert fine.placement.mirrored and fine.placement.turn_deg == pytest.approx(141.0, abs=0.02)
    assert fine.placement.shift_nm == pytest.approx((5.0, -4.0), abs=0.05)
    assert fine.u.scale == 0.0  # it was not fitted


def test_a_map_smaller_than_the_run_and_one_with_holes_are_found():
    rough, there = Rough(5), Placement((40.0, -30.0))
    height = rough.seen((40, 44), 2.0, there)
    height[10:16, 20:30] = np.nan
    run = rough.seen((110, 110), 2.0)
    run[60:70] = np.nan
    found = search(run, (2.0, 2.0), chart(height), candidates(0.0, turning=False, scaling=False))
    fine = refine(run, (2.0, 2.0), Sampler.of(chart(height)), found.placement, turn=False, scale=False)
    assert fine.placement.shift_nm == pytest.approx((40.0, -30.0), abs=0.05)


def test_maps_that_do_not_overlap_are_refused():
    run = Rough(1).seen((64, 64), 2.0)
    with pytest.raises(InputError, match="hardly overlap"):
        refine(run, (2.0, 2.0), Sampler.of(chart(run)), Placement((1000.0, 0.0)), turn=False, scale=False)


@pytest.mark.parametrize("times", [1.5, 3.0, 4.0])
def test_the_gaussian_for_a_mean_spreads_like_it(times):
    sigma = mean_sigma(times)
    line = np.zeros((1, 101))
    line[0, 50] = 1.0
    spread = smoothed(line, (0.0, sigma))[0] @ (np.arange(101) - 50.0) ** 2
    # The mean of pixels that are means themselves: variances of boxes add up.
    assert spread == pytest.approx((times**2 - 1) / 12, rel=0.02)
    assert mean_sigma(0.7) == 0.0
