"""Sums of errors that belong together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from eclips4d.metrology.maps.correlated import Covariance, covariance, own_products

SHAPES = st.tuples(st.integers(2, 7), st.integers(2, 7))


def all_pairs(weights, table):
    """Σ w_i w_j C(i - j), pair by pair."""
    places = [(y, x) for y in range(weights.shape[0]) for x in range(weights.shape[1])]
    return sum(
        weights[a] * weights[b] * table[a[0] - b[0], a[1] - b[1]]  # negative distances count from the end
        for a in places
        for b in places
    )


@settings(deadline=None, max_examples=15)
@given(SHAPES, st.integers(0, 1000))
def test_the_variance_of_a_sum_is_that_of_all_pairs(shape, seed):
    random = np.random.default_rng(seed)
    weights = random.normal(size=shape)
    table = own_products(random.normal(size=shape))  # symmetric and non-negative definite, as a covariance is
    found = Covariance(table, np.ones_like(table), np.ones(1)).of_sum(weights)
    assert found == pytest.approx(all_pairs(weights, table), rel=1e-9, abs=1e-9)


@settings(deadline=None, max_examples=15)
@given(SHAPES, st.integers(0, 1000))
def test_covariance_by_distance_is_the_mean_over_pairs(shape, seed):
    random = np.random.default_rng(seed)
    error, known = random.normal(size=shape), random.random(shape) < 0.7
    known[0, 0] = True
    products = own_products(np.where(known, error, 0.0))
    places = [tuple(p) for p in np.argwhere(known)]
    for dy, dx in ((0, 0), (0, 1), (1, -1)):
        pairs = [(a, (a[0] + dy, a[1] + dx)) for a in places if (a[0] + dy, a[1] + dx) in places]
        assert products[dy, dx] == pytest.approx(sum(error[a] * error[b] for a, b in pairs), abs=1e-9)
    assert covariance(error, known).variance == pytest.approx((error[known] ** 2).mean())


def test_white_noise_counts_every_pixel():
    found = covariance(np.random.default_rng(0).normal(size=(96, 80)), np.ones((96, 80), bool))
    assert found.independent == pytest.approx(96 * 80, rel=0.1)
    assert found.length_px < 1.0


@pytest.mark.parametrize("width", [2.0, 4.0])
def test_smoothed_noise_has_the_length_and_the_mean_of_its_filter(width):
    random, side, means, said = np.random.default_rng(0), 96, [], []
    for _ in range(40):
        error = gaussian_filter(random.normal(size=(side, side)), width, mode="wrap")
        found = covariance(error, np.ones((side, side), bool))
        means.append(error.mean())
        said.append(found.of_sum(np.full((side, side), side**-2.0)))
    # exp(-r²/4w²) falls to 1/e at 2 w.
    assert found.length_px == pytest.approx(2 * width, rel=0.15)
    assert np.sqrt(np.mean(said)) == pytest.approx(np.std(means), rel=0.3)


def test_holes_do_not_count():
    random = np.random.default_rng(3)
    error, known = random.normal(size=(60, 60)), random.random((60, 60)) < 0.5
    spoiled = np.where(known, error, 1e6)
    assert covariance(spoiled, known).variance == pytest.approx(covariance(error, known).variance)
