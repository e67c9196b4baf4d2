"""The bilinear surface as a pixel's ray meets it."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

DEPARTURE = 0.0625
"""The slope on which a ray leaves a pixel's centre is taken over so much of a step."""
NEAR = 4
"""Steps within which the middle of every step and the first crossings of rows are looked at."""
BLOCK = 4
"""Side of the squares of pixels that share one bound of their bend."""
NEGLIGIBLE = 5e-4
"""Change of a tangent for which nobody looks between whole steps: 0.03 degrees."""

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

    Over the first `DEPARTURE` of a step: on a twisted cell the slope changes along the ray.
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
    height: F64, bend: F32, y: int, x: int, steps: int, forward: int, drift: float, step_nm: float
) -> tuple[float, float]:
    """The highest tangent of the first steps and near a given place of the ray, and where it is.

    Lines know whole steps only. Along the ray the surface is smooth within a cell of the grid and has kinks where the
    ray crosses a row or a column; crests lie there or, on twisted cells, in between, but no higher above the whole
    steps beside them than `bend` (see `steepness`) tells. Steps are 0 where the slope of departure is the highest.
    """
    best, at = _better(height, y, x, float(steps), forward, drift, -math.inf, 0.0)
    per_row = 1.0 / max(abs(drift), 1e-9)
    bound = NEGLIGIBLE * step_nm
    for i in range(NEAR):
        if _bend_at(bend, y, x, 0.5 + i, forward, drift) > (0.5 + i) * bound:
            if i == 0:
                leaving = slope_of_departure(height, y, x, forward, drift, step_nm) * step_nm
                best, at = (leaving, 0.0) if leaving > best else (best, at)
            best, at = _better(height, y, x, 0.5 + i, forward, drift, best, at)
            crossing = math.ceil(i * abs(drift) + 1e-9) * per_row
            if crossing < i + 1.0:
                best, at = _better(height, y, x, crossing, forward, drift, best, at)
    if at == steps and _bend_at(bend, y, x, float(steps), forward, drift) <= steps * bound:
        return best / step_nm, at
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
def _bend_at(bend: F32, y: int, x: int, steps: float, forward: int, drift: float) -> float:
    """The bound at a place of the ray."""
    row = min(max(int(y + drift * steps) // BLOCK, 0), bend.shape[0] - 1)
    column = min(max(int(x + forward * steps) // BLOCK, 0), bend.shape[1] - 1)
    return float(bend[row, column])


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
