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


def steepest(height: F32 | F64, pitch_px: float) -> float:
    """Largest slope of a cell between four points."""
    one, other = height[1:, 1:] - height[:-1, :-1], height[1:, :-1] - height[:-1, 1:]
    return float(np.sqrt(0.5 * np.max(one * one + other * other))) / pitch_px


def limited(height: F32 | F64, pitch_px: float, slope: float = STEEPEST) -> F32 | F64:
    """The highest surface that is nowhere above `height` and nowhere steeper than `slope`.

    It is the erosion by a cone, as an octagonal one: two sweeps over the eight neighbours of every point.
    """
    if steepest(height, pitch_px) <= slope:
        return height
    eroded = np.array(height)
    _sweep(eroded, slope * _OCTAGON * pitch_px)
    return eroded


def rounded(height: F32 | F64, width_px: float, pitch_px: float) -> F32 | F64:
    """Edges rounded over a width: a running mean, twice."""
    size = 2 * round(0.5 * (0.5 * width_px / pitch_px - 1.0)) + 1
    if size < 3:
        return height
    return np.asarray(uniform_filter(uniform_filter(height, size, mode="nearest"), size, mode="nearest"))


@_compiled  # type: ignore[untyped-decorator]
def _sweep(height: Any, rise: float) -> None:
    rows, columns = height.shape
    aslant = rise * math.sqrt(2.0)
    for y in range(rows):
        for x in range(columns):
            h = height[y, x]
            if x > 0:
                h = min(h, height[y, x - 1] + rise)
            if y > 0:
                h = min(h, height[y - 1, x] + rise)
                if x > 0:
                    h = min(h, height[y - 1, x - 1] + aslant)
                if x < columns - 1:
                    h = min(h, height[y - 1, x + 1] + aslant)
            height[y, x] = h
    for y in range(rows - 1, -1, -1):
        for x in range(columns - 1, -1, -1):
            h = height[y, x]
            if x < columns - 1:
                h = min(h, height[y, x + 1] + rise)
            if y < rows - 1:
                h = min(h, height[y + 1, x] + rise)
                if x > 0:
                    h = min(h, height[y + 1, x - 1] + aslant)
                if x < columns - 1:
                    h = min(h, height[y + 1, x + 1] + aslant)
            height[y, x] = h
