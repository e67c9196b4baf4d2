"""Counting against the moments of a compound Poisson sum, and against sums of single pulses drawn one by one."""

from __future__ import annotations

import numpy as np
import pytest

from eclips4d.physics.signal.counting import count_electrons

N = 400_000


def drawn(mean: float, factor: float, seed: int = 1) -> np.ndarray:
    return count_electrons(np.full((1, 1, N), mean, np.float32), (factor,), np.random.default_rng(seed))[0, 0].astype(
        float
    )


@pytest.mark.parametrize("mean", [0.3, 3.0, 25.0, 45.0, 400.0, 20000.0])
@pytest.mark.parametrize("factor", [1.0, 1.2, 2.0])
def test_moments(mean: float, factor: float) -> None:
    """Mean m, variance F·m, third central moment F·(2F − 1)·m: cumulants of gamma pulses of variance F − 1."""
    counted = drawn(mean, factor)
    variance, third = factor * mean, factor * (2.0 * factor - 1.0) * mean
    skewness = third / variance**1.5
    assert counted.mean() == pytest.approx(mean, abs=5.0 * np.sqrt(variance / N))
    spread = np.sqrt((2.0 + 3.0 * skewness**2 + 6.0 / mean) / N)
    assert counted.var() == pytest.approx(variance, rel=5.0 * spread)
    found = ((counted - counted.mean()) ** 3).mean() / counted.std() ** 3
    assert found == pytest.approx(skewness, abs=6.0 * np.sqrt(6.0 / N) * (1.0 + skewness) ** 3)


def test_pure_counting_below_the_threshold_gives_whole_numbers() -> None:
    counted = drawn(7.0, 1.0)
    assert (counted == np.rint(counted)).all() and counted.min() >= 0.0


@pytest.mark.parametrize("mean", [30.0, 50.0])
def test_distribution_against_single_pulses(mean: float) -> None:
    """On either side of the threshold the quantiles are those of pulses that are drawn and added one by one."""
    random = np.random.default_rng(2)
    numbers = random.poisson(mean, 100_000)
    pulses = random.gamma(1.0 / 0.3, 0.3, numbers.sum())
    sums = np.add.reduceat(pulses, np.concatenate([[0], np.cumsum(numbers)[:-1]]))
    at = [0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999]
    wanted, found = np.quantile(sums, at), np.quantile(drawn(mean, 1.3), at)
    density = np.exp(-0.5 * ((wanted - mean) / np.sqrt(1.3 * mean)) ** 2) / np.sqrt(2 * np.pi * 1.3 * mean)
    error = np.sqrt(np.array(at) * (1 - np.array(at)) / 100_000) / density
    assert found == pytest.approx(wanted, abs=0.05 + 5.0 * float(error.max()))
    assert np.abs(found - wanted)[1:-1].max() < 0.25


def test_dark_and_impossible_pixels_count_nothing_and_segments_differ() -> None:
    expected = np.array([[[0.0, -1.0, 100.0]], [[0.0, 0.0, 100.0]]], np.float32)
    counted = count_electrons(expected, (1.1, 1.1), np.random.default_rng(0))
    assert counted is expected
    assert (counted[:, 0, :2] == 0.0).all()
    assert counted[0, 0, 2] != counted[1, 0, 2]
    assert (drawn(100.0, 1.2, 5) == drawn(100.0, 1.2, 5)).all()
