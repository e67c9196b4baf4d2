"""Weighted least squares of a plane that forget samples off it: all rounds in one kernel, no grid in between."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Grid = NDArray[np.float64]
Vector = NDArray[np.float64]

LEAST_SAMPLES = 25
ROUNDS = 30
STAYS = 1e-3
"""A plane that moves by no more of the cutoff anywhere has settled."""
_ON_A_LINE = 1e-3
"""Determinant of the moments, each term scaled to one, from which on the samples span a plane."""


@njit(cache=True, nogil=True)
def settle(change: Grid, terms: Grid, given: Grid, plane: Vector, cutoff: float, reach: Vector) -> Vector:
    """Tukey's weighted least squares from `plane` on, until it stays.

    Parameters
    ----------
    change : float64 [j, i]
        Samples; anything where `given` is zero.
    terms : float64 [3, j, i]
    given : float64 [j, i]
        Weights.
    plane : float64 [3]
    cutoff : float
        Samples further off the plane count for nothing.
    reach : float64 [3]
        Largest size of each term.

    Returns
    -------
    float64 [3]
    """
    found = plane.copy()
    for _ in range(ROUNDS):
        count, moments, right = moments_about(change, terms, given, found, cutoff)
        spanned, inverse = inverse_of(moments, count)
        if not spanned:
            break
        largest = 0.0
        for a in range(3):
            step = inverse[a, 0] * right[0] + inverse[a, 1] * right[1] + inverse[a, 2] * right[2]
            found[a] += step
            largest = max(largest, abs(step) * reach[a])
        if largest < STAYS * cutoff:
            break
    return found


@njit(cache=True, nogil=True)
def moments_about(change: Grid, terms: Grid, given: Grid, plane: Vector, cutoff: float) -> tuple[int, Grid, Vector]:
    """How many samples count, and the sums of weight · term · term and of weight · term · distance off the plane.

    Returns
    -------
    int, float64 [3, 3], float64 [3]
    """
    moments, right, count = np.zeros((3, 3)), np.zeros(3), 0
    for j in range(change.shape[0]):
        for i in range(change.shape[1]):
            if not given[j, i] > 0.0:
                continue
            one, x, y = terms[0, j, i], terms[1, j, i], terms[2, j, i]
            rest = change[j, i] - (plane[0] * one + plane[1] * x + plane[2] * y)
            weight = given[j, i] * tukey(rest, cutoff)
            if not weight > 0.0:
                continue
            count += 1
            moments[0, 0] += weight * one * one
            moments[0, 1] += weight * one * x
            moments[0, 2] += weight * one * y
            moments[1, 1] += weight * x * x
            moments[1, 2] += weight * x * y
            moments[2, 2] += weight * y * y
            right[0] += weight * one * rest
            right[1] += weight * x * rest
            right[2] += weight * y * rest
    moments[1, 0], moments[2, 0], moments[2, 1] = moments[0, 1], moments[0, 2], moments[1, 2]
    return count, moments, right


@njit(cache=True, nogil=True)
def tukey(rest: float, cutoff: float) -> float:
    """Weight of a sample so far off the plane: none beyond the cutoff, all of them where that is infinite."""
    off = rest / cutoff
    inside = max(1.0 - off * off, 0.0)
    return inside * inside


@njit(cache=True, nogil=True)
def inverse_of(moments: Grid, count: int) -> tuple[bool, Grid]:
    """Inverse of the moments [3, 3]; False when too few samples count, or they lie on a line."""
    out, size = np.zeros((3, 3)), np.sqrt(np.diag(moments))
    if count < LEAST_SAMPLES or not (size[0] > 0.0 and size[1] > 0.0 and size[2] > 0.0):
        return False, out
    # correlations of the terms: a symmetric matrix with ones along its diagonal
    a, b, c = (
        moments[0, 1] / (size[0] * size[1]),
        moments[0, 2] / (size[0] * size[2]),
        moments[1, 2] / (size[1] * size[2]),
    )
    determinant = 1.0 - a * a - b * b - c * c + 2.0 * a * b * c
    if not determinant > _ON_A_LINE:
        return False, out
    out[0, 0], out[1, 1], out[2, 2] = 1.0 - c * c, 1.0 - b * b, 1.0 - a * a
    out[0, 1] = out[1, 0] = b * c - a
    out[0, 2] = out[2, 0] = a * c - b
    out[1, 2] = out[2, 1] = a * b - c
    for i in range(3):
        for j in range(3):
            out[i, j] /= determinant * size[i] * size[j]
    return True, out
