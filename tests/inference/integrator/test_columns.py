"""Elimination down the columns against dense systems, and in parts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.inference.integrator.columns import WIDTH, Columns


def dense(rows, added):
    """The system of one column."""
    system = np.diag(np.full(rows, 2.0 + added)) - np.eye(rows, k=1) - np.eye(rows, k=-1)
    system[0, 0] -= 1.0
    system[-1, -1] -= 1.0
    return system


@settings(max_examples=20, deadline=None)
@given(rows=st.integers(1, 50), seed=st.integers(0, 99), first=st.sampled_from([0.0, 1e-3]))
def test_every_column_is_solved(rows, seed, first):
    added = np.array([first, 2e-3, 0.3, 7.0])
    image = np.random.default_rng(seed).normal(size=(rows, 4)).astype(np.float32)
    expected = np.stack([np.linalg.pinv(dense(rows, a)) @ image[:, k] for k, a in enumerate(added)], axis=1)
    Columns(rows, added).solve(image, 1.0, 0, 1)
    np.testing.assert_allclose(image, expected, atol=1e-5 * np.ptp(expected))


@pytest.mark.parametrize("columns", [3, WIDTH + 5, 3 * WIDTH])
def test_parts_give_the_same_bits(columns):
    added = np.linspace(0.0, 4.0, columns)
    whole = np.random.default_rng(0).normal(size=(20, columns)).astype(np.float32)
    halves = whole.copy()
    Columns(20, added).solve(whole, -2.0, 0, 1)
    for part in (1, 0):
        Columns(20, added).solve(halves, -2.0, part, 2)
    np.testing.assert_array_equal(halves, whole)
