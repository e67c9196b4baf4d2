"""The bilinear surface as a pixel's ray meets it."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

DEPARTURE = 0.0625

NEAR = 4
"""Steps within which the middle of every step and the first crossings of rows are always looked at."""

BLOCK = 4
"""Side of the squares of pixels that share one such bound."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def height_at(height: F64, x: float, y: float) -> float:
    """Height of the surface at a place on the grid."""
    left, upper = min(int(x), height.shape[1] - 2), min(int(y), height.shape[0] - 2)
    fx, fy = x - left, y - upper
    top = height[upper, left] + fx * (height[upper, left + 1] - height[upper, left])
    bottom = height[upper + 1, left] + fx * (height[upper + 1, left + 1] - height[upper + 1, left])
    return float(top + fy * (bottom - top))


@_compiled  # type: ignore[untyped-decorator]
def slope_of_departure(height: F64, y: int, x: int, forward: int, drift: float, step_nm: float) -> float:
    """Slope of the surface where the ray leaves the pixel's centre; −inf where it leaves the grid.

    From the centre to the first `DEPARTURE` of a step: on a twisted cell the slope changes along the ray.
    """
    rows, columns = height.shape
    beside = y + (1 if drift > 0.0 else -1) if drift != 0.0 else y
    if x + forward < 0 or x + forward >= columns or beside < 0 or beside >= rows:
        return -math.inf
    own = height[y, x]
    along, across = height[y, x + forward] - own, height[beside, x] - own
    twist = height[beside, x + forward] - own - along - across if drift != 0.0 else 0.0
    return float((along + abs(drift) * (across + DEPARTURE * twist)) / step_nm)


@_compiled  # type: ignore[untyped-decorator]
def sharpened(
    height: F64, y: int, x: int, steps: float, forward: int, drift: float, step_nm: float, steepest: float
) -> tuple[float, float]:
    """The highest tangent of the first steps and near a given place of the ray, and where it is.

    Lines know whole steps only. Along the ray the surface is smooth within a cell of the grid and has kinks where the
    ray crosses a row or a column; crests lie there or, on twisted cells, in between. Steps are 0 where the slope of
    departure is the highest. `steepest` is a bound of the slopes within the first `NEAR` steps.
    """
    best, at = _better(height, y, x, steps, forward, drift, -math.inf, 0.0)
    per_row = 1.0 / max(abs(drift), 1e-9)
    if steepest * step_nm > best:
        leaving = slope_of_departure(height, y, x, forward, drift, step_nm) * step_nm
        if leaving > best:
            best, at = leaving, 0.0
        for i in range(NEAR):
            best, at = _better(height, y, x, 0.5 + i, forward, drift, best, at)
            if (i + 1) * per_row < NEAR:
                best, at = _better(height, y, x, (i + 1) * per_row, forward, drift, best, at)
    crossed = math.floor(steps * abs(drift) + 1e-9) * per_row
    if steps - crossed < 1.0:
        best, at = _better(height, y, x, crossed, forward, drift, best, at)
    if crossed + per_row - steps < 1.0:
        best, at = _better(height, y, x, crossed + per_row, forward, drift, best, at)
    for width in (0.5, 0.25):
        middle = at
        best, at = _better(height, y, x, middle - width, forward, drift, best, at)
        best, at = _better(height, y, x, middle + width, forward, drift, best, at)
    return best / step_nm, at


@_compiled  # type: ignore[untyped-decorator]
def _better(
    height: F64, y: int, x: int, steps: float, forward: int, drift: float, best: float, at: float
) -> tuple[float, float]:
    """The higher one of what a place of the ray shows and the best so far (rise per step, steps)."""
    at_x, at_y = x + forward * steps, y + drift * steps
    if steps <= 0.0 or at_x < 0.0 or at_x > height.shape[1] - 1 or at_y < 0.0 or at_y > height.shape[0] - 1:
        return best, at
    rise = height_at(height, at_x, at_y) - height[y, x]
    return (rise / steps, steps) if rise > best * steps else (best, at)
