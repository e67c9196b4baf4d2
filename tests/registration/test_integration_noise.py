"""Noise of integrated heights: its size from differences, and what it does to a plane."""

import numpy as np
import pytest
from integrated_noise import integrated_noise

from eclips4d.registration.integration_noise import densest, noise_of_differences

SIZE = (40, 40)


@pytest.mark.parametrize("still", [True, False])
def test_power_is_found_from_differences(still):
    random = np.random.default_rng(1)
    found = [noise_of_differences(integrated_noise(random, SIZE, 0.2), 1.0, still=still).power for _ in range(30)]
    squared = sum(np.meshgrid(*(2.0 - 2.0 * np.cos(np.pi * np.arange(n) / n) for n in SIZE)))
    squared[0, 0] = np.inf
    assert np.mean(found) == pytest.approx(0.2**2 / (1.0 / squared).mean(), rel=0.15)


def test_steps_between_samples_do_not_count():
    random = np.random.default_rng(2)
    noise = integrated_noise(random, SIZE, 0.2)
    stepped = noise + 50.0 * ((np.arange(40) // 6) % 2)
    plain, found = (noise_of_differences(v, 1.0, still=False).sd for v in (noise, stepped))
    assert found == pytest.approx(plain, rel=0.5)


def test_covariance_is_that_of_many_draws():
    random = np.random.default_rng(3)
    weights = np.stack([random.normal(size=SIZE), np.tile(np.arange(40.0), (40, 1))])
    draws = np.array([np.einsum("ajk,jk->a", weights, integrated_noise(random, SIZE, 1.0)) for _ in range(3000)])
    noise = noise_of_differences(integrated_noise(random, SIZE, 1.0), 1.0, still=True)
    squared = sum(np.meshgrid(*(2.0 - 2.0 * np.cos(np.pi * np.arange(n) / n) for n in SIZE)))
    squared[0, 0] = np.inf
    scaled = noise.covariance(weights) / noise.power / (1.0 / squared).mean()
    np.testing.assert_allclose(np.sqrt(np.diag(scaled)), draws.std(axis=0), rtol=0.05)


def test_too_few_pairs_say_nothing():
    assert not np.isfinite(noise_of_differences(np.zeros((5, 5)), 1.0, still=True).power)


def test_densest_interval_of_a_normal_sample():
    middle, sd = densest(np.random.default_rng(4).normal(3.0, 2.0, 200_000))
    assert middle == pytest.approx(3.0, abs=0.3) and sd == pytest.approx(2.0, rel=0.03)
