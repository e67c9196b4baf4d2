"""Solutions of normal equations against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from eclips4d.registration.normal import solved, step_alone, step_with


@pytest.mark.parametrize("n", [1, 2, 4, 7])
def test_the_solution_is_numpys(n: int) -> None:
    rng = np.random.default_rng(n)
    matrix, right = rng.normal(size=(n, n)) + 3.0 * np.eye(n), rng.normal(size=(3, n))
    kept = matrix.copy(), right.copy()
    assert_allclose(solved(matrix, right), np.linalg.solve(matrix, right.T).T, rtol=1e-12)
    assert np.array_equal(matrix, kept[0])
    assert np.array_equal(right, kept[1])


@pytest.mark.parametrize("matrix", [np.zeros((2, 2)), np.ones((2, 2)), np.array([[np.nan, 0.0], [0.0, 1.0]])])
def test_what_has_no_solution_is_refused(matrix: np.ndarray) -> None:
    with pytest.raises(np.linalg.LinAlgError):
        solved(matrix, np.ones((1, 2)))


def test_steps_lead_to_the_maximum_of_what_is_known() -> None:
    rng = np.random.default_rng(3)
    slope, score, expected = rng.normal(size=(4, 4)) - 4.0 * np.eye(4), rng.normal(size=4), rng.normal(size=4)
    noise = rng.normal(size=(4, 4))
    meat, prior = noise @ noise.T + np.eye(4), np.diag(rng.uniform(0.5, 2.0, 4))
    assert_allclose(slope @ step_alone(score, slope), -score, rtol=1e-12)
    # d/dx of -(score + slope x)ᵀ meat⁻¹ (score + slope x) / 2 - (x - expected)ᵀ prior (x - expected) / 2
    step = step_with(score, slope, meat, prior, expected)
    uphill = -slope.T @ np.linalg.solve(meat, score + slope @ step) - prior @ (step - expected)
    assert_allclose(uphill, 0.0, atol=1e-9)
