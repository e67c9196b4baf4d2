"""Surfaces are nowhere steeper than a limit, and edges are rounded."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from scipy.ndimage import uniform_filter

from eclips4d.training.surfaces.surface import F32, F64

STEEPEST = math.tan(math.radians(75.0))
"""Slope that no surface exceeds."""
_OCTAGON = math.cos(math.pi / 8.0)
"""A slope bounded along eight directions is bounded in all by this much more."""

_compiled: Any = numba.njit(cache=True, nogil=True)


def steepest(height: F64, pitch_px: float) -> float:
    """Largest slope of a cell between four points."""
    one, other = height[1:, 1:] - height[:-1, :-1], height[1:, :-1] - height[:-1, 1:]
    return float(np.sqrt(0.5 * np.max(one * one + other * other))) / pitch_px


def limited(height: F64, pitch_px: float, slope: float = STEEPEST) -> F64:
    """The highest surface that is nowhere above `height` and nowhere steeper than `slope`.

    It is the erosion by a cone, as an octagonal one: two sweeps over the eight neighbours of every point.
    """
    if steepest(height, pitch_px) <= slope:
        return height
    eroded = np.pad(height, 1, constant_values=np.inf)
    _sweep(eroded, slope * _OCTAGON * pitch_px)
    return eroded[1:-1, 1:-1]


def rounded(height: F32, width_px: float, pitch_px: float) -> F32:
    """Edges rounded over a width: a running mean, twice."""
    size = 2 * round(0.5 * (0.5 * width_px / pitch_px - 1.0)) + 1
    if size < 3:
        return height
    return np.asarray(uniform_filter(uniform_filter(height, size, mode="nearest"), size, mode="nearest"), np.float32)


@_compiled  # type: ignore[untyped-decorator]
def _sweep(height: Any, rise: float) -> None:
    """Down and up again, over an array whose border is infinitely high."""
    rows, columns = height.shape
    aslant = rise * math.sqrt(2.0)
    for y in range(1, rows - 1):
        for x in range(1, columns - 1):
            straight = min(height[y, x - 1], height[y - 1, x]) + rise
            corner = min(height[y - 1, x - 1], height[y - 1, x + 1]) + aslant
            height[y, x] = min(height[y, x], straight, corner)
    for y in range(rows - 2, 0, -1):
        for x in range(columns - 2, 0, -1):
            straight = min(height[y, x + 1], height[y + 1, x]) + rise
            corner = min(height[y + 1, x - 1], height[y + 1, x + 1]) + aslant
            height[y, x] = min(height[y, x], straight, corner)
