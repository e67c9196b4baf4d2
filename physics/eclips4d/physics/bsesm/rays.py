"""The bilinear surface as a pixel's ray meets it."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

DEPARTURE = 0.0625

NEAR = 8
"""Half steps that are always looked at."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def ray_tangent(height: F64, y: int, x: int, steps: float, forward: int, drift: float, step_nm: float) -> float:
    """Elevation (tangent) at which a pixel sees the surface so many steps away; −inf off the grid."""
    rows, columns = height.shape
    at_x, at_y = x + forward * steps, y + drift * steps
    if steps <= 0.0 or at_x < 0.0 or at_x > columns - 1 or at_y < 0.0 or at_y > rows - 1:
        return -math.inf
    left, upper = min(int(at_x), columns - 2), min(int(at_y), rows - 2)
    fx, fy = at_x - left, at_y - upper
    top = height[upper, left] + fx * (height[upper, left + 1] - height[upper, left])
    bottom = height[upper + 1, left] + fx * (height[upper + 1, left + 1] - height[upper + 1, left])
    return float((top + fy * (bottom - top) - height[y, x]) / (steps * step_nm))


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
    height: F64, y: int, x: int, steps: float, forward: int, drift: float, step_nm: float
) -> tuple[float, float]:
    """The highest tangent of the first steps and near a given place of the ray, and where it is.

    Lines know whole steps only. Along the ray the surface is smooth within a cell of the grid and has kinks where the
    ray crosses a row or a column; crests lie there or, on twisted cells, in between. Steps are 0 where the slope of
    departure is the highest.
    """
    best, at = slope_of_departure(height, y, x, forward, drift, step_nm), 0.0
    for half in range(1, NEAR + 1):
        best, at = _better(height, y, x, 0.5 * half, forward, drift, step_nm, best, at)
    for half in range(-1, 2):
        best, at = _better(height, y, x, steps + 0.5 * half, forward, drift, step_nm, best, at)
    if drift != 0.0:
        per_row = 1.0 / abs(drift)
        crossed = math.floor(steps * abs(drift) + 1e-9)
        for row in (1, 2, crossed, crossed + 1):
            if abs(row * per_row - steps) < 1.0 or row * per_row < 0.5 * NEAR:
                best, at = _better(height, y, x, row * per_row, forward, drift, step_nm, best, at)
    for width in (0.25, 0.125):
        middle = at
        for other in (middle - width, middle + width):
            best, at = _better(height, y, x, other, forward, drift, step_nm, best, at)
    return best, at


@_compiled  # type: ignore[untyped-decorator]
def _better(
    height: F64,
    y: int,
    x: int,
    steps: float,
    forward: int,
    drift: float,
    step_nm: float,
    best: float,
    at: float,
) -> tuple[float, float]:
    rise = ray_tangent(height, y, x, steps, forward, drift, step_nm)
    return (rise, steps) if rise > best else (best, at)
