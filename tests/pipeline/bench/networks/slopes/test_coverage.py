"""The counter of covered errors, on errors whose law is known."""

from itertools import pairwise

import numpy as np
import pytest

from eclips4d.pipeline.bench.networks.slopes.coverage import Sample, bins, covered, joined, shares


def _sample(count=200_000, lie=1.0, dose=100.0):
    random = np.random.default_rng(0)
    sd = np.exp(random.normal(-3.0, 0.7, count))
    error = lie * sd * random.standard_normal(count)
    tilt = random.uniform(0.0, 50.0, count)
    return Sample(error, sd, tilt, tilt > 40.0, tilt > 45.0, np.full(count, dose))


def test_normal_errors_are_covered_as_they_should_be_in_every_bin():
    sample = _sample()
    assert covered(sample.error, sample.sd, 1.0) == pytest.approx(68.27, abs=0.4)
    assert covered(sample.error, sample.sd, 1.96) == pytest.approx(95.0, abs=0.2)
    for what, mask in bins(sample).items():
        assert all(row.met for row in shares(what, sample, mask)), what


def test_a_lie_of_a_quarter_is_found():
    sample = _sample(lie=1.25)
    first, second = shares("all", sample, np.ones(len(sample.sd), bool))
    assert first.met is False and first.value == pytest.approx(57.6, abs=0.5)
    assert second.met is False


def test_deciles_hold_a_tenth_each_and_split_by_what_is_stated():
    sample = _sample()
    found = [mask for what, mask in bins(sample).items() if what.startswith("decile")]
    assert np.sum(found, axis=0).tolist() == [1] * len(sample.sd)
    assert all(mask.mean() == pytest.approx(0.1, abs=1e-3) for mask in found)
    assert all(sample.sd[low].max() <= sample.sd[high].min() for low, high in pairwise(found))


def test_samples_are_joined_and_doses_stay_apart():
    both = joined([_sample(1000, dose=100.0), _sample(1000, dose=1000.0)])
    assert len(both.error) == 2000
    assert bins(both)["100 electrons"].sum() == 1000


def test_too_few_pixels_prove_nothing():
    sample = _sample(100)
    (row,) = shares("few", sample, np.ones(100, bool))
    assert np.isnan(row.value) and row.met is None
