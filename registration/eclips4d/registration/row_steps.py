"""Steps of single rows from the sums of their blocks: the normal equations of every row, solved in one kernel."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Vector = NDArray[np.float64]

LEAST_WIDTH = 1e-3
"""Smallest over largest curvature from which on the sums of a row describe a well."""
LEAST_VARIANCE = 1e-12


@njit(cache=True, nogil=True)
def row_steps(weight: Vector, moment: Vector, cross: Vector, noise: Vector, doubt: float) -> tuple[Vector, Vector]:
    """Step of every row and its variance; no step and infinite where the sums describe no well.

    Parameters
    ----------
    weight : float64 [rows, b, 2, 2]
        Of each block's moment, from `robust.votes`.
    moment : float64 [rows, b, 2]
    cross, noise : float64 [rows, b, 2, 2]
        Change of `moment` per pixel of shift, and its covariance.
    doubt : float
        By how much the noise exceeds that covariance.

    Returns
    -------
    float64 [rows, 2], float64 [rows, 2]
    """
    rows, blocks = moment.shape[0], moment.shape[1]
    step, variance = np.zeros((rows, 2)), np.full((rows, 2), np.inf)
    score, slope, meat = np.empty(2), np.empty((2, 2)), np.empty((2, 2))
    pull, left = np.empty((2, 2)), np.empty((2, 2))
    for s in range(rows):
        score[:], slope[:], meat[:] = 0.0, 0.0, 0.0
        for b in range(blocks):
            w = weight[s, b]
            _times(w, cross[s, b], pull)
            _times(w, noise[s, b], left)
            for i in range(2):
                score[i] += w[i, 0] * moment[s, b, 0] + w[i, 1] * moment[s, b, 1]
                for j in range(2):
                    slope[i, j] += pull[i, j]
                    meat[i, j] += left[i, 0] * w[j, 0] + left[i, 1] * w[j, 1]
        if not _is_well(slope):
            continue
        _invert(slope, pull)
        _times(pull, meat, left)
        for i in range(2):
            step[s, i] = -(pull[i, 0] * score[0] + pull[i, 1] * score[1])
            variance[s, i] = max((left[i, 0] * pull[i, 0] + left[i, 1] * pull[i, 1]) * doubt, LEAST_VARIANCE)
    return step, variance


@njit(cache=True, nogil=True)
def _is_well(slope: Vector) -> bool:
    """Whether the smaller curvature is positive, and not too small beside the larger."""
    mean, apart = 0.5 * (slope[0, 0] + slope[1, 1]), 0.5 * (slope[0, 0] - slope[1, 1])
    half = np.hypot(apart, 0.5 * (slope[0, 1] + slope[1, 0]))
    return bool(mean + half > 0.0 and mean - half > LEAST_WIDTH * (mean + half))


@njit(cache=True, nogil=True)
def _invert(slope: Vector, out: Vector) -> None:
    determinant = slope[0, 0] * slope[1, 1] - slope[0, 1] * slope[1, 0]
    out[0, 0], out[0, 1] = slope[1, 1] / determinant, -slope[0, 1] / determinant
    out[1, 0], out[1, 1] = -slope[1, 0] / determinant, slope[0, 0] / determinant


@njit(cache=True, nogil=True)
def _times(a: Vector, b: Vector, out: Vector) -> None:
    for i in range(2):
        for j in range(2):
            out[i, j] = a[i, 0] * b[0, j] + a[i, 1] * b[1, j]
