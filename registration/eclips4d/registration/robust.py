"""Which blocks of a frame agree on one shift: a minority that moves by itself must not pull the rest along.

A block's gradient sums m have the noise covariance N = noise · sum(g gᵀ) and grow by C = sum(g ∂f) per pixel of shift.
Were the block displaced by a pixel-sized motion of its own with variance s², they would scatter by N + s² C Cᵀ. Its
chi² against that says whether it agrees; its information Cᵀ (N + s² C Cᵀ)⁻¹ C is at most 1/s², so that while s is
large, a block counts as a vote and not by the energy of its edges. Both fade as s goes to zero, where the plain least
noisy estimate remains (graduated non-convexity: Blake and Zisserman 1987; random effects: DerSimonian and Laird 1986).
"""

from __future__ import annotations

import numpy as np
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
    inverse = _inverse(_scatter(noise, cross, own_px))
    weighted = (inverse @ moment[..., None])[..., 0]
    return np.asarray((moment * weighted).sum(axis=-1) / 2.0)


def votes(moment: Array, noise: Array, cross: Array, own_px: float) -> Array:
    """Weight of each block's gradient sums: matrices [by, bx, 2, 2], or numbers [by, bx] once `own_px` is zero.

    Until then only informative blocks vote: the noise of the others would outweigh what little the vote of one counts.
    """
    counts = agreement(discord(moment, noise, cross, max(own_px, TOLERATED_PX)))
    if own_px == 0.0:
        return counts
    counts = counts * informative(noise, cross)
    return np.asarray(counts[..., None, None] * (noise @ _inverse(_scatter(noise, cross, own_px))))


def agreement(chi2: Array) -> Array:
    """1 for blocks that agree, falling linearly to 0 for blocks that oppose (Hampel's descending part)."""
    return np.clip((OPPOSES - chi2) / (OPPOSES - AGREES), 0.0, 1.0)


def informative(noise: Array, cross: Array) -> NDArray[np.bool_]:
    """Blocks that could find a shift of their own to within `INFORMATIVE_PX`, [by, bx]."""
    strength = (cross[..., 0, 0] + cross[..., 1, 1]) / 2.0
    variance = (noise[..., 0, 0] + noise[..., 1, 1]) / 2.0
    found: NDArray[np.bool_] = (strength > 0) & (variance < (INFORMATIVE_PX * strength) ** 2)
    return found


def _scatter(noise: Array, cross: Array, own_px: float) -> Array:
    return noise if own_px == 0.0 else np.asarray(noise + own_px**2 * (cross @ np.swapaxes(cross, -1, -2)))


def _inverse(matrix: Array) -> Array:
    """Inverses of symmetric 2x2 matrices; zero where there is none."""
    a, b, d = matrix[..., 0, 0], matrix[..., 0, 1], matrix[..., 1, 1]
    determinant = a * d - b * b
    good = determinant > 1e-12 * np.maximum(a * d, 1e-300)
    scale = np.where(good, 1.0 / np.where(good, determinant, 1.0), 0.0)
    inverse = np.empty_like(matrix)
    inverse[..., 0, 0], inverse[..., 1, 1] = d * scale, a * scale
    inverse[..., 0, 1] = inverse[..., 1, 0] = -b * scale
    return inverse
