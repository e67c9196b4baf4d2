"""Cholesky's factor of matrices whose rows begin with zeros does what the library's dense one does."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.metrology.steps.skyline import factorise, first_of_rows, inverse_diagonal, solve_in_place


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30), st.integers(0, 6), st.integers(0, 10**6))
def test_solutions_and_variances_are_those_of_the_whole_matrix(size, band, seed):
    random = np.random.default_rng(seed)
    apart = np.abs(np.arange(size)[:, None] - np.arange(size))
    matrix = np.where(apart <= random.integers(0, band + 1, size)[:, None], random.normal(size=(size, size)), 0.0)
    matrix = matrix @ matrix.T + np.eye(size)
    right, which = random.normal(size=size), random.permutation(size)[: size // 2 + 1]
    factor, first = np.tril(matrix), first_of_rows(matrix)
    assert factorise(factor, first)
    solution = right.copy()
    solve_in_place(factor, first, solution)
    np.testing.assert_allclose(solution, np.linalg.solve(matrix, right), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(inverse_diagonal(factor, first, which), np.diag(np.linalg.inv(matrix))[which], rtol=1e-8)


def test_what_is_not_positive_definite_is_refused():
    matrix = np.array([[1.0, 0.0], [2.0, 4.0]])
    assert not factorise(matrix, np.zeros(2, np.int64))
