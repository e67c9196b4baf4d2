"""Normal equations of a fit, score = slope · step + noise of covariance meat, and their solutions."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]


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
    return np.asarray(-np.linalg.solve(slope, score))


@njit(cache=True, nogil=True)
def step_with(score: Array, slope: Array, meat: Array, prior: Array, to_expected: Array) -> Array:
    """Towards the solution with a prior of this information, whose maximum lies there."""
    seen = np.linalg.solve(meat, slope).T.copy()
    weighted = np.linalg.solve(meat, score)
    information = seen @ slope
    step = np.linalg.solve(information + prior, prior @ to_expected - slope.T.copy() @ weighted)
    return np.asarray(step)


@njit(cache=True, nogil=True)
def covariance(slope: Array, meat: Array) -> Array:
    """Of the solution."""
    inverse = np.linalg.inv(slope)
    return inverse @ meat @ inverse.T.copy()
