"""Blur by the interaction volume: electrons leave the surface beside the beam and tell of the slope there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn, idctn

from eclips4d.physics.emission.spread import Spread

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


def blur(fine: F32, spread: Spread, step_nm: tuple[float, float]) -> F32:
    """Spread the signal [n, y, x] as the exit points are spread; its sum stays what it is.

    By cosine transform, so the surface is continued by its mirror image beyond the borders, whatever the skirt's width.

    Parameters
    ----------
    step_nm
        Of the grid, (x, y).
    """
    rows, columns = fine.shape[1:]
    fx = np.arange(columns) / (2.0 * columns * step_nm[0])
    fy = np.arange(rows) / (2.0 * rows * step_nm[1])
    transfer = mtf(spread, np.hypot(fx[None, :], fy[:, None])).astype(np.float32)
    blurred = np.empty_like(fine)
    for segment, out in zip(fine, blurred, strict=True):
        out[:] = idctn(dctn(segment, type=2) * transfer, type=2, overwrite_x=True)
    return blurred


def mtf(spread: Spread, per_nm: F64) -> F64:
    """Modulation transfer of the exit points at spatial frequencies (1/nm): of slope, too, while slopes are small."""
    core, skirt = (np.exp(-2.0 * (np.pi * per_nm * s) ** 2) for s in (spread.core_nm, spread.skirt_nm))
    return np.asarray(spread.core_share * core + (1.0 - spread.core_share) * skirt)


def period_at(spread: Spread, contrast: float) -> float:
    """Longest period (nm) of a grating that the blur shows with no more than this contrast, 0-1."""
    period = np.geomspace(0.01 * spread.core_nm, 1000.0 * spread.skirt_nm, 4000)
    seen = mtf(spread, 1.0 / period)
    return float(np.interp(contrast, seen, period))
