"""One count of the votes: normal equations of the fit from the sums of all blocks, near where these were taken.

A step that is small beside the structure changes the sums of a block by their slope times the step, to third order in
the step: gradients are odd where what they are the gradients of is even. So the fit goes on for a while without
looking at any pixel.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from eclips4d.registration.robust import AGREES, INFORMATIVE_PX, OPPOSES, TOLERATED_PX, chi_square, inverse, scatter

Array = NDArray[np.float64]


@njit(cache=True, nogil=True)
def moved(moment: Array, cross: Array, place: Array, further: Array) -> Array:
    """Gradient sums [by, bx, 2] where both ends of the shift lie `further` [4] on."""
    out = np.empty_like(moment)
    for a in range(moment.shape[0]):
        down = (1.0 - place[a]) * further[0] + place[a] * further[2]
        right = (1.0 - place[a]) * further[1] + place[a] * further[3]
        for b in range(moment.shape[1]):
            for i in range(2):
                out[a, b, i] = moment[a, b, i] + cross[a, b, i, 0] * down + cross[a, b, i, 1] * right
    return out


@njit(cache=True, nogil=True)
def ballot(
    moment: Array, noise: Array, cross: Array, place: Array, say: Array, own_px: float
) -> tuple[Array, Array, Array]:
    """Sums over all blocks of w · moment, w · cross and w · noise · wᵀ, times powers of the place of their rows.

    Parameters
    ----------
    moment : float64 [by, bx, 2]
    noise, cross : float64 [by, bx, 2, 2]
        Covariance of `moment`, and its change per pixel of shift.
    place : float64 [by]
    say : float64 [by, bx]
        How much each block counts beside its own vote.
    own_px : float
        How far blocks may move by themselves.

    Returns
    -------
    float64 [2, 2], float64 [3, 2, 2], float64 [3, 2, 2]
        Powers 0 to 1 and 0 to 2 first.
    """
    score, slope, meat = np.zeros((2, 2)), np.zeros((3, 2, 2)), np.zeros((3, 2, 2))
    weight, pull, left = np.empty((2, 2)), np.empty((2, 2)), np.empty((2, 2))
    for a in range(moment.shape[0]):
        powers = (1.0, place[a], place[a] * place[a])
        for b in range(moment.shape[1]):
            counts = say[a, b] * _counts(moment[a, b], noise[a, b], cross[a, b], own_px)
            if counts == 0.0:
                continue
            _weigh(counts, noise[a, b], cross[a, b], own_px, weight)
            _times(weight, noise[a, b], left)
            _times(weight, cross[a, b], pull)
            for i in range(2):
                s = weight[i, 0] * moment[a, b, 0] + weight[i, 1] * moment[a, b, 1]
                score[0, i] += s
                score[1, i] += powers[1] * s
                for j in range(2):
                    m = left[i, 0] * weight[j, 0] + left[i, 1] * weight[j, 1]
                    for k in range(3):
                        slope[k, i, j] += powers[k] * pull[i, j]
                        meat[k, i, j] += powers[k] * m
    return score, slope, meat


@njit(cache=True, nogil=True)
def _counts(moment: Array, noise: Array, cross: Array, own_px: float) -> float:
    """Vote of a block, 0 to 1; until `own_px` is zero only informative blocks have one."""
    if own_px > 0.0:
        strength, variance = (cross[0, 0] + cross[1, 1]) / 2.0, (noise[0, 0] + noise[1, 1]) / 2.0
        if not (strength > 0.0 and variance < (INFORMATIVE_PX * strength) ** 2):
            return 0.0
    chi2 = chi_square(moment, noise, cross, max(own_px, TOLERATED_PX))
    counts: float = min(max((OPPOSES - chi2) / (OPPOSES - AGREES), 0.0), 1.0)
    return counts


@njit(cache=True, nogil=True)
def _weigh(counts: float, noise: Array, cross: Array, own_px: float, out: Array) -> None:
    """Counts · N · (N + own² C Cᵀ)⁻¹."""
    if own_px == 0.0:
        out[0, 0] = out[1, 1] = counts
        out[0, 1] = out[1, 0] = 0.0
        return
    yy, yx, xx = inverse(*scatter(noise, cross, own_px))
    for i in range(2):
        out[i, 0] = counts * (noise[i, 0] * yy + noise[i, 1] * yx)
        out[i, 1] = counts * (noise[i, 0] * yx + noise[i, 1] * xx)


@njit(cache=True, nogil=True)
def _times(a: Array, b: Array, out: Array) -> None:
    for i in range(2):
        for j in range(2):
            out[i, j] = a[i, 0] * b[0, j] + a[i, 1] * b[1, j]
