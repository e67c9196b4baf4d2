"""Figures of two maps of one place."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_maps import Rough

from eclips4d.core.errors import InputError
from eclips4d.metrology.maps.agreement import agreement
from eclips4d.metrology.maps.levelling import Level, Leveller, inside
from eclips4d.metrology.maps.ratio import ratio_of

PIXEL = (2.0, 3.0)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 500), st.sampled_from(list(Level)))
def test_weights_of_the_image_make_the_sum_of_the_levelled_one(seed, level):
    random = np.random.default_rng(seed)
    height, used = random.normal(size=(9, 11)), random.random((9, 11)) < 0.6
    used[:3, :3] = True
    leveller, wanted = Leveller.of(used, level, PIXEL), random.normal(size=(9, 11))
    there = float((wanted * leveller.levelled(height)).sum())
    assert float((leveller.weights(wanted) * height).sum()) == pytest.approx(there, abs=1e-9)


def test_levelling_takes_off_what_it_says():
    y, x = np.mgrid[:20, :30]
    plane, everywhere = 3.0 + 0.2 * x - 0.1 * y, np.ones((20, 30), bool)
    assert np.abs(Leveller.of(everywhere, Level.PLANE, PIXEL).levelled(plane)).max() < 1e-9
    assert Leveller.of(everywhere, Level.OFFSET, PIXEL).levelled(plane).mean() == pytest.approx(0.0, abs=1e-9)
    np.testing.assert_array_equal(Leveller.of(everywhere, Level.NONE, PIXEL).levelled(plane), plane)


def test_an_area_is_that_of_pixel_middles_in_any_order_of_its_corners():
    box = inside((7.0, 5.0, 1.0, 12.0), (6, 8), PIXEL, (0.0, 0.0))
    np.testing.assert_array_equal(np.argwhere(box), [(y, x) for y in (2, 3, 4) for x in (1, 2, 3)])


def compared(run, chart, level=Level.PLANE, reference=None, map_sd_nm=None):
    everywhere = np.ones(run.shape, bool)
    area = everywhere if reference is None else reference
    leveller = Leveller.of(area, level, (2.0, 2.0))
    counted = everywhere if reference is None else ~reference
    run, chart = (leveller.levelled(image) for image in (run, chart))
    return agreement(run, chart, counted, leveller, (2.0, 2.0), map_sd_nm)


def test_white_differences_give_limits_at_their_own_sd():
    chart = Rough(0).seen((100, 100), 2.0)
    run = chart + np.random.default_rng(1).normal(size=chart.shape) * 0.5
    found = compared(run, chart)
    assert found.bias_nm.value == found.bias_nm.u == 0.0  # by levelling
    assert found.sd_nm.value == pytest.approx(0.5, abs=3 * found.sd_nm.u) and found.sd_nm.u < 0.01
    assert found.upper_nm.value == pytest.approx(1.96 * found.sd_nm.value)
    assert found.lower_nm.value == pytest.approx(-found.upper_nm.value)
    assert found.robust_sd_nm == pytest.approx(0.5, rel=0.05)
    assert found.independent == pytest.approx(1e4, rel=0.2)


def test_a_step_between_reference_and_the_rest_is_a_bias_with_its_uncertainty():
    random, reference = np.random.default_rng(2), np.zeros((80, 80), bool)
    reference[:, :30] = True
    errors = []
    for _ in range(20):
        chart = random.normal(size=(80, 80)) * 0.3
        run = chart + np.where(reference, 0.0, 0.7) + random.normal(size=(80, 80)) * 0.4
        found = compared(run, chart, Level.OFFSET, reference)
        errors.append((found.bias_nm.value - 0.7) / found.bias_nm.u)
    assert np.mean(np.abs(errors) < 2) >= 0.8 and 0.6 < np.std(errors) < 1.5
    assert found.rms_nm.value == pytest.approx(np.hypot(found.bias_nm.value, found.sd_nm.value))


def test_scatter_and_bias_that_grow_with_height_are_told():
    chart, random = Rough(1).seen((120, 120), 2.0), np.random.default_rng(3)
    sd = 1.0 + 0.04 * chart
    run = 1.05 * chart + random.normal(size=chart.shape) * sd
    found = compared(run, chart)
    # Heights are means of both: 0.05 h of the map's are 0.05 / 1.025 of them, and noise common to both axes adds.
    noise = np.mean(sd**2)
    expected = (0.05 * 1.025 * np.var(chart) + noise / 2) / (1.025**2 * np.var(chart) + noise / 4)
    assert found.bias_per_nm.value == pytest.approx(expected, abs=3 * found.bias_per_nm.u)
    assert found.sd_per_nm.value == pytest.approx(0.04 / 1.025, abs=max(4 * found.sd_per_nm.u, 0.004))
    biases = [one.bias_nm.value for one in found.bins]
    assert len(biases) == 10 and biases[-1] - biases[0] > 0.5
    assert sum(one.pixels for one in found.bins) == found.pixels


@settings(deadline=None, max_examples=15)
@given(st.floats(0.7, 1.4), st.integers(0, 99))
def test_without_errors_the_ratio_is_exact(ratio, seed):
    chart = Rough(seed, side=64).seen((50, 50), 2.0)
    chart -= chart.mean()
    found = ratio_of(ratio * chart, chart, np.ones(chart.shape, bool), None)
    assert found.value.value == pytest.approx(ratio) and found.value.u < 1e-6


@pytest.mark.parametrize("known", [True, False])
def test_errors_in_both_do_not_spoil_the_ratio(known):
    random, off, bounds = np.random.default_rng(4), [], []
    for k in range(25):
        true = Rough(k, side=100, width_px=3.0, rms_nm=2.0).seen((90, 90), 2.0)
        chart, run = true + random.normal(size=true.shape) * 0.6, 1.1 * true + random.normal(size=true.shape) * 0.6
        found = ratio_of(run, chart, np.ones(true.shape, bool), 0.6 if known else None)
        off.append((found.value.value - 1.1) / found.value.u)
        bounds.append(found.least < 1.1 < found.most)
        assert found.value.systematic_u > 0 or known
    # A line fitted to the run alone would be 8 % too low, tens of its uncertainties.
    assert all(bounds) and np.mean(np.abs(off) < 2) >= 0.84
    assert not known or 0.6 < np.std(off) < 1.4


def test_more_noise_than_relief_is_refused():
    chart = Rough(0).seen((40, 40), 2.0)
    with pytest.raises(InputError, match="--map-sd"):
        ratio_of(chart, chart, np.ones(chart.shape, bool), 1e3)
    with pytest.raises(InputError, match="too few"):
        compared(chart[:5, :5], chart[:5, :5])
