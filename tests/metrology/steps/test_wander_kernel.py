"""The compiled likelihood is the one of the formula."""

import numpy as np
import pytest

from eclips4d.metrology.steps.wander_kernel import likelihoods


def test_it_is_the_restricted_likelihood_of_the_formula():
    random = np.random.default_rng(5)
    time = np.sort(random.uniform(0.0, 30.0, 14))
    apart, variance = time[:, None] - time, random.uniform(0.5, 1.5, 14)
    place, trend = random.normal(0.0, 2.0, 14), np.vander(time / 30.0, 3)
    fixed = 0.3 * np.exp(-np.abs(apart))
    trials = np.array([1.0, 2.0, 1.5]), np.array([0.0, 1.0, 2.0]), np.array([1.0, 4.0, 4.0])
    found = likelihoods(variance, fixed, apart, trend, place, *trials)
    for value, factor, sd, slow_s in zip(found, *trials, strict=True):
        covariance = fixed + factor**2 * np.diag(variance) + sd**2 * np.exp(-0.5 * (apart / slow_s) ** 2)
        inverse = np.linalg.inv(covariance)
        normal = trend.T @ inverse @ trend
        best = np.linalg.solve(normal, trend.T @ inverse @ place)
        chi2 = (place - trend @ best) @ inverse @ (place - trend @ best)
        wanted = -0.5 * (chi2 + np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(normal)[1])
        assert value == pytest.approx(wanted, rel=1e-9)
