"""Rates from phases that are known up to whole arms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.metrology.quantity import UNKNOWN, Quantity
from eclips4d.metrology.spirals.rotation import Wrapping, passage_of


def _phases(rate, frames=9, every=2.0, u=0.01, seed=0):
    time = every * np.arange(frames)
    noise = np.random.default_rng(seed).normal(0.0, u, frames)
    return time, (0.2 + rate * time + noise) % 1.0, np.full(frames, u)


@settings(max_examples=40, deadline=None)
@given(rate=st.floats(-3.0, 3.0))
def test_the_scan_tells_how_many_arms_passed(rate):
    found = passage_of(*_phases(rate), Quantity(rate + 0.03, 0.04, 0.0))
    assert found.wrapping is Wrapping.RESOLVED
    assert abs(found.per_s.value - rate) < 5 * found.per_s.random_u


@settings(max_examples=40, deadline=None)
@given(rate=st.floats(-0.2, 0.2))
def test_without_a_scan_none_is_taken_to_have_passed(rate):
    found = passage_of(*_phases(rate), UNKNOWN)
    assert found.wrapping is Wrapping.ASSUMED and found.modulo_per_s == 0.5
    assert abs(found.per_s.value - rate) < 5 * found.per_s.random_u


def test_a_rate_that_could_be_several_is_not_given():
    rate = 1.2
    found = passage_of(*_phases(rate), Quantity(1.1, 0.2, 0.0))
    assert found.wrapping is Wrapping.ALIASED and np.isnan(found.per_s.value) and np.isnan(found.local_per_s).all()
    missed = (rate - found.residue_per_s) / found.modulo_per_s
    assert abs(missed - round(missed)) < 0.02


def test_stated_rates_cover_the_truth():
    inside = [passage_of(*_phases(0.07, seed=k), UNKNOWN).per_s.normalised_error(0.07) <= 1.0 for k in range(400)]
    assert 0.92 <= np.mean(inside) <= 0.985


def test_a_changing_rate_is_told():
    time, _, u = _phases(0.0, frames=12)
    steady, changing = 0.05 * time, 0.05 * time + 0.002 * time**2
    assert passage_of(time, steady % 1.0, u, UNKNOWN).steady_p > 0.01
    found = passage_of(time, changing % 1.0, u, UNKNOWN)
    assert found.steady_p < 1e-3
    np.testing.assert_allclose(found.local_per_s[2:-2], 0.05 + 0.004 * time[2:-2], atol=2e-2)


@pytest.mark.parametrize("frames", [0, 1])
def test_one_frame_tells_no_rate(frames):
    found = passage_of(*(each[:frames] for each in _phases(0.1)), UNKNOWN)
    assert np.isnan(found.per_s.value)


@pytest.mark.parametrize("frames", [6, 20])
def test_rates_whose_scatter_is_not_stated_are_covered_too(frames):
    """Phases scatter five times as much as stated: the scatter itself is all there is to go by."""
    inside = []
    for seed in range(600):
        time, phase, u = _phases(0.07, frames=frames, u=0.02, seed=seed)
        inside.append(passage_of(time, phase, u / 5.0, UNKNOWN).per_s.normalised_error(0.07) <= 1.0)
    # Of 95.4 %, four standard deviations of 600 trials off.
    assert 0.92 <= np.mean(inside) <= 0.985
