"""Which blocks of a frame agree on one shift: a minority that moves by itself must not pull the rest along.

A block's gradient sums m have the noise covariance N = noise · sum(g gᵀ) and grow by C = sum(g ∂f) per pixel of shift.
Were the block displaced by a pixel-sized motion of its own with variance s², they would scatter by N + s² C Cᵀ. Its
chi² against that says whether it agrees; its information Cᵀ (N + s² C Cᵀ)⁻¹ C is at most 1/s², so that while s is
large, a block counts as a vote and not by the energy of its edges. Both fade as s goes to zero, where the plain least
noisy estimate remains (graduated non-convexity: Blake and Zisserman 1987; random effects: DerSimonian and Laird 1986).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
BLOCK_PX = 16
"""Rows and columns of a block."""
TOLERATED_PX = 0.03
"""How far edges sharper than any interpolation may pull a block that stays."""
AGREES, OPPOSES = 4.0, 9.0
"""chi²/dof of a block up to which it counts in full, and from which it counts for nothing."""
INFORMATIVE_PX = 0.5
"""A block that by itself would not find its shift this well has no opinion."""


def discord(moment: Array, noise: Array, cross: Array, own_px: float) -> Array:
    """chi²/dof of each block's gradient sums, were blocks to move by themselves by `own_px`.

    Parameters
    ----------
    moment : float64 [by, bx, 2]
    noise, cross : float64 [by, bx, 2, 2]
        Covariance of `moment`, and its change per pixel of shift.
    own_px : float

    Returns
    -------
    float64 [by, bx]
        Zero for blocks that were not seen or hold no structure.
    """
    out = np.empty(moment.shape[:2])
    _discords(moment, noise, cross, own_px, out)
    return out


def votes(moment: Array, noise: Array, cross: Array, own_px: float) -> Array:
    """Weight of each block's gradient sums, matrices [by, bx, 2, 2]; multiples of one once `own_px` is zero.

    Until then only informative blocks vote: the noise of the others would outweigh what little the vote of one counts.
    """
    counts = agreement(discord(moment, noise, cross, max(own_px, TOLERATED_PX)))
    if own_px > 0.0:
        counts *= informative(noise, cross)
    weight = np.empty(noise.shape)
    _weights(counts, noise, cross, own_px, weight)
    return weight


def agreement(chi2: Array) -> Array:
    """1 for blocks that agree, falling linearly to 0 for blocks that oppose (Hampel's descending part)."""
    return np.clip((OPPOSES - chi2) / (OPPOSES - AGREES), 0.0, 1.0)


def informative(noise: Array, cross: Array) -> NDArray[np.bool_]:
    """Blocks that could find a shift of their own to within `INFORMATIVE_PX`, [by, bx]."""
    strength = (cross[..., 0, 0] + cross[..., 1, 1]) / 2.0
    variance = (noise[..., 0, 0] + noise[..., 1, 1]) / 2.0
    found: NDArray[np.bool_] = (strength > 0) & (variance < (INFORMATIVE_PX * strength) ** 2)
    return found


@njit(cache=True, nogil=True)
def opinions(moment: Array, noise: Array, cross: Array) -> tuple[Array, float]:
    """Whether each block agrees, 0 to 1, NaN where it has no opinion; and how far the noise of those exceeds `noise`.

    Returns
    -------
    float64 [by, bx], float
        As `agreement(discord(…, TOLERATED_PX))` where `informative`; the mean chi²/dof of those that agree, 1 at least.
    """
    agrees: Array = np.empty(moment.shape[:2])
    total, count = 0.0, 0
    for a in range(agrees.shape[0]):
        for b in range(agrees.shape[1]):
            strength = (cross[a, b, 0, 0] + cross[a, b, 1, 1]) / 2.0
            variance = (noise[a, b, 0, 0] + noise[a, b, 1, 1]) / 2.0
            if not (strength > 0.0 and variance < (INFORMATIVE_PX * strength) ** 2):
                agrees[a, b] = np.nan
                continue
            chi2 = chi_square(moment[a, b], noise[a, b], cross[a, b], TOLERATED_PX)
            agrees[a, b] = min(max((OPPOSES - chi2) / (OPPOSES - AGREES), 0.0), 1.0)
            if agrees[a, b] > 0.0:
                total += chi_square(moment[a, b], noise[a, b], cross[a, b], 0.0)
                count += 1
    return agrees, max(total / max(count, 1), 1.0)


@njit(cache=True, nogil=True)
def chi_square(moment: Array, noise: Array, cross: Array, own_px: float) -> float:
    """`discord` of one block."""
    yy, yx, xx = inverse(*scatter(noise, cross, own_px))
    y, x = moment[0], moment[1]
    chi2: float = 0.5 * (yy * y * y + 2.0 * yx * y * x + xx * x * x)
    return chi2


@njit(cache=True, nogil=True)
def scatter(noise: Array, cross: Array, own_px: float) -> tuple[float, float, float]:
    """N + own² C Cᵀ of one block, symmetric."""
    square = own_px * own_px
    yy = noise[0, 0] + square * (cross[0, 0] * cross[0, 0] + cross[0, 1] * cross[0, 1])
    xx = noise[1, 1] + square * (cross[1, 0] * cross[1, 0] + cross[1, 1] * cross[1, 1])
    yx = noise[0, 1] + square * (cross[0, 0] * cross[1, 0] + cross[0, 1] * cross[1, 1])
    return yy, yx, xx


@njit(cache=True, nogil=True)
def inverse(yy: float, yx: float, xx: float) -> tuple[float, float, float]:
    """Inverse of a symmetric 2x2 matrix; zero where there is none."""
    determinant = yy * xx - yx * yx
    if not determinant > 1e-12 * max(yy * xx, 1e-300):
        return 0.0, 0.0, 0.0
    return xx / determinant, -yx / determinant, yy / determinant


@njit(cache=True, nogil=True)
def _discords(moment: Array, noise: Array, cross: Array, own_px: float, out: Array) -> None:
    for a in range(out.shape[0]):
        for b in range(out.shape[1]):
            out[a, b] = chi_square(moment[a, b], noise[a, b], cross[a, b], own_px)


@njit(cache=True, nogil=True)
def _weights(counts: Array, noise: Array, cross: Array, own_px: float, out: Array) -> None:
    """Counts · N · (N + own² C Cᵀ)⁻¹."""
    for a in range(counts.shape[0]):
        for b in range(counts.shape[1]):
            if own_px == 0.0 or counts[a, b] == 0.0:
                out[a, b] = 0.0
                out[a, b, 0, 0] = out[a, b, 1, 1] = counts[a, b]
                continue
            yy, yx, xx = inverse(*scatter(noise[a, b], cross[a, b], own_px))
            for i in range(2):
                out[a, b, i, 0] = counts[a, b] * (noise[a, b, i, 0] * yy + noise[a, b, i, 1] * yx)
                out[a, b, i, 1] = counts[a, b] * (noise[a, b, i, 0] * yx + noise[a, b, i, 1] * xx)
