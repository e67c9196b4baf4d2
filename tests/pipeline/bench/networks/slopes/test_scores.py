"""Errors are those of the surface without its mean plane; intervals are Student's."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from eclips4d.pipeline.bench.networks.slopes.scores import difference_interval, ratio_interval, rms_error


def test_a_tilt_of_the_whole_frame_is_no_error_and_all_else_is():
    truth = np.random.default_rng(0).standard_normal((2, 40, 50))
    assert rms_error(truth + np.array([0.3, -0.2])[:, None, None], truth) == pytest.approx(0.0, abs=1e-12)
    y, x = np.mgrid[:40, :50]
    rough = truth + np.where((x + y) % 2, 0.1, -0.1)
    assert rms_error(rough, truth) == pytest.approx(0.1, rel=1e-3)
    spoilt = truth.copy()
    spoilt[:, :4] = 99.0
    assert rms_error(spoilt, truth) == pytest.approx(0.0, abs=1e-12)


def test_errors_of_some_pixels_are_levelled_by_others():
    truth = np.zeros((2, 40, 40))
    slope = np.full_like(truth, 0.2)
    part = np.zeros((40, 40), bool)
    part[10:20, 10:20] = True
    slope[0, part] += 0.4
    slope[1, part] -= 0.3
    assert rms_error(slope, truth, part, level=~part) == pytest.approx(np.sqrt((0.16 + 0.09) / 2))
    assert np.isnan(rms_error(slope, truth, np.zeros((40, 40), bool)))


def test_intervals_are_those_of_a_paired_t_test():
    random = np.random.default_rng(2)
    theirs = np.exp(random.normal(0.0, 1.0, 10))
    ours = 0.7 * theirs * np.exp(random.normal(0.0, 0.1, 10))
    found = ratio_interval(ours, theirs)
    low, high = np.exp(ttest_1samp(np.log(ours / theirs), 0.0).confidence_interval())
    assert (found.low, found.high) == pytest.approx((low, high)) and found.low < 0.75 < 1.0 > found.high
    plain = difference_interval(ours, theirs)
    assert (plain.low, plain.high) == pytest.approx(tuple(ttest_1samp(ours - theirs, 0.0).confidence_interval()))


def test_pairs_that_cannot_be_measured_are_left_out():
    found = ratio_interval(np.array([0.5, np.nan, 0.5]), np.array([1.0, 1.0, 1.0]))
    assert found.mean == found.low == found.high == pytest.approx(0.5)
    alone = ratio_interval(np.array([0.5]), np.array([1.0]))
    assert alone.mean == pytest.approx(0.5) and np.isnan(alone.low)
