"""Symmetric matrices whose rows begin with zeros, compiled: Cholesky's factor has the same zeros and is made in place.

Humps and knots of a background that are put in the order of their places meet their neighbours only, so that most of
their normal equations is zero.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def first_of_rows(matrix: F64) -> I64:
    """Column of the first number of each row that is not zero, none beyond the diagonal, [n]."""
    first = np.empty(matrix.shape[0], np.int64)
    for i in range(first.size):
        column = 0
        while column < i and matrix[i, column] == 0.0:
            column += 1
        first[i] = column
    return first


@_compiled  # type: ignore[untyped-decorator]
def factorise(matrix: F64, first: I64) -> bool:
    """Cholesky's factor in the place of the lower triangle; False where the matrix is not positive definite."""
    for i in range(first.size):
        for j in range(first[i], i + 1):
            total = matrix[i, j]
            for a in range(max(first[i], first[j]), j):
                total -= matrix[i, a] * matrix[j, a]
            if j < i:
                matrix[i, j] = total / matrix[j, j]
            elif total > 0.0:
                matrix[i, i] = math.sqrt(total)
            else:
                return False
    return True


@_compiled  # type: ignore[untyped-decorator]
def solve_in_place(factor: F64, first: I64, right: F64) -> None:
    """Divide a right side [n] by the matrix of a factor."""
    n = first.size
    for i in range(n):
        total = right[i]
        for a in range(first[i], i):
            total -= factor[i, a] * right[a]
        right[i] = total / factor[i, i]
    for i in range(n - 1, -1, -1):
        right[i] /= factor[i, i]
        for a in range(first[i], i):
            right[a] -= factor[i, a] * right[i]


@_compiled  # type: ignore[untyped-decorator]
def inverse_diagonal(factor: F64, first: I64, which: I64) -> F64:
    """Some numbers of the diagonal of the inverse, [k]: squared lengths of the columns of the inverted factor."""
    n = first.size
    out, column = np.empty(which.size), np.zeros(n)
    for k in range(which.size):
        start = which[k]
        column[start] = 1.0 / factor[start, start]
        total = column[start] ** 2
        for i in range(start + 1, n):
            left = 0.0
            for a in range(max(first[i], start), i):
                left -= factor[i, a] * column[a]
            column[i] = left / factor[i, i]
            total += column[i] ** 2
        out[k] = total
    return out
