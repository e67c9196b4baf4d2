"""Normal equations of a fit, score = slope · step + noise of covariance meat, and their solutions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

Array = NDArray[np.float64]

_DOUBLE = ord("d")
_types: Any = types
_doubles = _types.CPointer(_types.float64)
_solve: Any = _types.ExternalFunction(
    "numba_xgesv",
    # kind; unknowns, right sides; matrix and its leading dimension; pivots; right sides and their leading dimension
    _types.intc(
        _types.char,
        _types.intp,
        _types.intp,
        _doubles,
        _types.intp,
        _types.CPointer(_types.int32),
        _doubles,
        _types.intp,
    ),
)
"""LAPACK's dgesv, as `numpy.linalg.solve` calls it when it is compiled: that function by itself takes longer to compile
than all the rest of this module."""


@njit(cache=True, nogil=True)
def solved(matrix: Array, right: Array) -> Array:
    """Solution of matrix · x = right.

    Parameters
    ----------
    matrix : float64 [n, n]
    right : float64 [k, n]
        Every row a right side.

    Returns
    -------
    float64 [k, n]

    Raises
    ------
    LinAlgError
        The matrix is singular, or something is not a finite number.
    """
    n = matrix.shape[0]
    columns, x, pivots = np.empty((n, n)), np.empty(right.shape), np.empty(n, np.int32)
    total = 0.0
    for i in range(n):
        for j in range(n):
            columns[j, i] = matrix[i, j]
            total += abs(matrix[i, j])
    for k in range(right.shape[0]):
        for i in range(n):
            x[k, i] = right[k, i]
            total += abs(right[k, i])
    if not np.isfinite(total):
        raise np.linalg.LinAlgError("Array must not contain infs or NaNs.")
    failed = _solve(_DOUBLE, n, right.shape[0], columns.ctypes, n, pivots.ctypes, x.ctypes, n) != 0
    # Their sizes are asked for so that they live until now: what is called knows addresses only.
    if failed or columns.size < pivots.size:
        raise np.linalg.LinAlgError("Matrix is singular to machine precision.")
    return x


@njit(cache=True, nogil=True)
def is_well(slope: Array) -> bool:
    """Whether the sums describe a well: positive along every direction and not degenerate."""
    if not np.isfinite(slope).all():
        return False
    values = np.linalg.eigvalsh(0.5 * (slope + slope.T))
    return bool(values[0] > 1e-9 * max(values[-1], 1e-30) and values[-1] > 0)


@njit(cache=True, nogil=True)
def step_alone(score: Array, slope: Array) -> Array:
    """Towards the solution of these sums."""
    step: Array = -solved(slope, score.reshape((1, -1)))[0]
    return step


@njit(cache=True, nogil=True)
def step_with(score: Array, slope: Array, meat: Array, prior: Array, to_expected: Array) -> Array:
    """Towards the solution with a prior of this information, whose maximum lies there."""
    transposed = slope.T.copy()
    seen = solved(meat, transposed)
    weighted = solved(meat, score.reshape((1, -1)))[0]
    information = seen @ slope
    right = prior @ to_expected - transposed @ weighted
    step: Array = solved(information + prior, right.reshape((1, -1)))[0]
    return step


@njit(cache=True, nogil=True)
def covariance(slope: Array, meat: Array) -> Array:
    """Of the solution."""
    inverse = np.linalg.inv(slope)
    return inverse @ meat @ inverse.T.copy()
