"""Likelihood of a track's positions under many covariances, compiled: it is asked for thousands of times."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def likelihoods(
    variance: F64, fixed: F64, apart: F64, trend: F64, place: F64, factors: F64, sds: F64, times: F64
) -> F64:
    """Restricted likelihoods, logarithms, of a track about a trend, [m].

    Parameters
    ----------
    variance : float64 [k]
        Of each position by noise.
    fixed : float64 [k, k]
        Covariance that every trial has.
    apart : float64 [k, k]
        Times between positions.
    trend : float64 [k, p]
        Basis of the trend.
    place : float64 [k]
    factors, sds, times : float64 [m]
        Trials: factor on the noise's standard deviations, standard deviation and correlation time of the slow part.
    """
    out = np.empty(factors.size)
    k, p = trend.shape
    right = np.empty((k, p + 1))
    slow, last = np.zeros((k, k)), -1.0
    covariance = np.empty((k, k))
    for m in range(factors.size):
        if times[m] != last:
            last = times[m]
            slow[:] = np.exp(-0.5 * (apart / last) ** 2)
        covariance[:] = fixed + sds[m] ** 2 * slow
        for i in range(k):
            covariance[i, i] += factors[m] ** 2 * variance[i]
        right[:, :p] = trend
        right[:, p] = place
        log_det = _whiten(covariance, right)
        white = np.ascontiguousarray(right[:, :p])
        left = np.ascontiguousarray(right[:, p])
        normal, moment = white.T @ white, white.T @ left
        small = np.linalg.cholesky(normal)
        chi2 = left @ left - moment @ np.linalg.solve(normal, moment)
        out[m] = -0.5 * chi2 - 0.5 * log_det - np.log(np.diag(small)).sum()
    return out


@_compiled  # type: ignore[untyped-decorator]
def _whiten(matrix: F64, right: F64) -> float:
    """Cholesky's factor in place, the right sides divided by it; returns the logarithm of the determinant."""
    k, p = right.shape
    log_det = 0.0
    for i in range(k):
        for j in range(i + 1):
            total = matrix[i, j]
            for a in range(j):
                total -= matrix[i, a] * matrix[j, a]
            matrix[i, j] = math.sqrt(total) if i == j else total / matrix[j, j]
        log_det += 2.0 * math.log(matrix[i, i])
        for c in range(p):
            total = right[i, c]
            for a in range(i):
                total -= matrix[i, a] * right[a, c]
            right[i, c] = total / matrix[i, i]
    return log_det
