"""How a shift changes across a frame beyond what drift can do, and how far that makes the shift doubtful.

A line is scanned in no time, so drift shifts all of its pixels alike; only from line to line may the shift change. A
spiral that winds on, or a surface that grows outwards, moves the content along the lines by different amounts as well,
and it has moved it no less along the columns, where that cannot be told from drift. So a change of the shift along the
lines that stands out of the noise says by how much the shift itself may be wrong. Of a frame that counts as taken in
one instant the shift may not change at all; if it does, it was scanned, and nobody said how fast.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Sums = tuple[Vector, Vector, Vector]
NOISE_SD = 2.0
"""A change of so many standard deviations may be noise."""


@dataclass(frozen=True, slots=True)
class Change:
    """How the shift changes over half the height and half the width, [2], and the variances of that."""

    down: Vector
    right: Vector
    down_variance: Vector
    right_variance: Vector

    @property
    def along_lines(self) -> float:
        """Square of the change along the lines, less what noise explains."""
        return _beyond_noise(self.right, self.right_variance)

    @property
    def along_columns(self) -> float:
        """The same from line to line."""
        return _beyond_noise(self.down, self.down_variance)


NO_CHANGE = Change(*np.zeros((4, 2)))


def change_across(weight: Vector, sums: Sums, place: Vector, across: Vector, doubt: float) -> Change:
    """The change of the shift across a frame, by its blocks; none where they cannot say.

    Parameters
    ----------
    weight : float64 [by, bx]
        Of each block.
    sums : tuple of float64 [by, bx, 2], [by, bx, 2, 2], [by, bx, 2, 2]
        As `RowShift.sums`: gradient · residual, the covariance of that, and its change per pixel of shift.
    place : float64 [by]
        Of the blocks' rows, 0 to 1.
    across : float64 [by, bx]
        Where the blocks lie along the lines, -1 to 1.
    doubt : float
        By how much the noise exceeds that covariance.
    """
    score, slope, meat = _sums_of_powers(weight, *sums, 2.0 * place - 1.0, across)
    try:
        inverse = np.linalg.inv(slope)
    except np.linalg.LinAlgError:
        return NO_CHANGE
    condition = float(np.abs(slope).sum(axis=0).max() * np.abs(inverse).sum(axis=0).max())
    if not condition < 1.0 / (len(slope) * np.finfo(np.float64).eps):
        return NO_CHANGE
    change, variance = -inverse @ score, ((inverse @ meat) * inverse).sum(axis=1) * doubt
    return Change(change[2:4], change[4:], variance[2:4], variance[4:])


def moved_on(sums: Sums, change: Change, place: Vector) -> Sums:
    """The sums as they would be had the shift been changed from line to line like that."""
    moment, noise, cross = sums
    step = (2.0 * place - 1.0)[:, None] * change.down
    return moment + np.einsum("abij,aj->abi", cross, step), noise, cross


@njit(cache=True, nogil=True)
def _sums_of_powers(
    weight: Vector, moment: Vector, noise: Vector, cross: Vector, down: Vector, right: Vector
) -> tuple[Vector, Vector, Vector]:
    """Sums over blocks of w · moment · p, w · cross · p pᵀ and w² · noise · p pᵀ, p being (1, down, right), [6 …]."""
    score, slope, meat, p = np.zeros(6), np.zeros((6, 6)), np.zeros((6, 6)), np.ones(3)
    for a in range(weight.shape[0]):
        p[1] = down[a]
        for b in range(weight.shape[1]):
            w = weight[a, b]
            if w == 0.0:
                continue
            p[2] = right[a, b]
            for m in range(3):
                for i in range(2):
                    score[2 * m + i] += w * p[m] * moment[a, b, i]
                    for n in range(3):
                        for j in range(2):
                            slope[2 * m + i, 2 * n + j] += w * p[m] * p[n] * cross[a, b, i, j]
                            meat[2 * m + i, 2 * n + j] += w * w * p[m] * p[n] * noise[a, b, i, j]
    return score, slope, meat


def _beyond_noise(change: Vector, variance: Vector) -> float:
    return float(np.maximum(change**2 - NOISE_SD**2 * variance, 0.0).sum())
