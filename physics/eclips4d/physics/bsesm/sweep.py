"""Horizons by convex hulls along parallel lines, linear in pixels.

Along a line every point's horizon is the tangent to the upper hull of the points beyond it. The hull is a stack: going
from the far end to the near end each point is pushed once and popped at most once.

Two shortcuts change no result. A point from which nothing beyond rises above `floor` (the lowest elevation that any
electron that counts can have) hides all that is farther, so the stack starts anew there. And a tile of the surface
without a slope above `floor` cannot begin a shadow, so a line that enters it unshadowed leaves it at once.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.bsesm.rays import sharpened, slope_of_departure

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Flags = NDArray[np.bool_]

TILE = 16
_ROUNDING = 1e-9

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def sweep_lines(
    height: F64,
    steep: Flags,
    first: int,
    last: int,
    forward: int,
    drift: float,
    lines: int,
    across: float,
    step_nm: float,
    floor: float,
    tangent: F32,
    steps: F32,
) -> None:
    """Write tangents above `floor`, and how many steps away they touch the surface, for the pixels of some lines.

    Line n lies at row `(n + across·column)/lines`. What stays at or below `floor` is not written. Steps are 0 where the
    slope at the pixel itself is the horizon.

    Parameters
    ----------
    steep : bool [tiles, tiles]
        Whether a tile or one beside it has a slope above `floor`.
    """
    rows, columns = height.shape
    hull, level, edge = np.empty(columns, np.int64), np.empty(columns), np.empty(columns)
    per_nm = 1.0 / (np.maximum(np.arange(columns + 1), 1) * step_nm)
    for line in range(first, last):
        low, high = _columns_of(line, across, lines, rows, columns)
        x = high - 1 if forward > 0 else low
        before = -math.inf
        while low <= x < high:
            x, before = _unshadowed(
                height, steep, x, low, high, before, line, forward, drift, lines, across, step_nm, floor
            )
            if not low <= x < high:
                break
            hull[0], level[0], top = x + forward, before, 0
            while low <= x < high:
                row = (line + across * x) / lines
                r = math.floor(row + _ROUNDING)
                f = row - r
                upper, lower = max(r, 0), min(r + 1, rows - 1)
                here = height[upper, x] + f * (height[lower, x] - height[upper, x])
                nearest = r if f < 0.5 else r + 1
                beside = abs(row - nearest) * lines
                if _ROUNDING < beside <= 0.5:
                    away = _tangent_point(hull, level, top, x, height[nearest, x], per_nm)
                    _settle(height, nearest, x, away, forward, drift, step_nm, floor, tangent, steps)
                top, slope = _popped(hull, level, edge, top, x, here, per_nm)
                if beside <= _ROUNDING:
                    away = abs(hull[top] - x) if slope > floor else 1
                    _settle(height, nearest, x, away, forward, drift, step_nm, floor, tangent, steps)
                x -= forward
                if slope <= floor:
                    before = here
                    break
                top += 1
                hull[top], level[top], edge[top] = x + forward, here, slope


@_compiled  # type: ignore[untyped-decorator]
def _unshadowed(
    height: F64,
    steep: Flags,
    x: int,
    low: int,
    high: int,
    before: float,
    line: int,
    forward: int,
    drift: float,
    lines: int,
    across: float,
    step_nm: float,
    floor: float,
) -> tuple[int, float]:
    """Follow a line as long as nothing rises above `floor`: the first column that is in shadow, and the height before.

    `before` is the height on the line one step farther, −inf where the line begins.
    """
    rows = height.shape[0]
    rise = floor * step_nm
    per_line = 1.0 / lines
    boundary = TILE - 1 if forward > 0 else 0
    fresh = True
    while low <= x < high:
        row = (line + across * x) * per_line
        if (fresh or x % TILE == boundary) and not steep[min(max(int(row), 0), rows - 1) // TILE, x // TILE]:
            x = _tile_end(x, forward, low, high)
            row = (line + across * x) * per_line
            before = -math.inf
        fresh = False
        r = math.floor(row + _ROUNDING)
        f = row - r
        upper, lower = max(r, 0), min(r + 1, rows - 1)
        here = height[upper, x] + f * (height[lower, x] - height[upper, x])
        if before - here > rise:
            return x, before
        nearest = r if f < 0.5 else r + 1
        if before > -math.inf and abs(row - nearest) * lines <= 0.5:
            if before - height[nearest, x] > rise:
                return x, before
            if slope_of_departure(height, nearest, x, forward, drift, step_nm) > floor:
                return x, before
        before = here
        x -= forward
    return x, before


@_compiled  # type: ignore[untyped-decorator]
def _popped(hull: I64, level: F64, edge: F64, top: int, x: int, here: float, per_nm: F64) -> tuple[int, float]:
    """The point of the hull that a point of its own line sees highest, and the slope up to there."""
    slope = (level[top] - here) * per_nm[abs(hull[top] - x)]
    while top > 0 and slope <= edge[top]:
        top -= 1
        slope = (level[top] - here) * per_nm[abs(hull[top] - x)]
    return top, slope


@_compiled  # type: ignore[untyped-decorator]
def _tangent_point(hull: I64, level: F64, top: int, x: int, own: float, per_nm: F64) -> int:
    """Steps to the point of the hull that a pixel beside the line sees highest."""
    seen = (level[top] - own) * per_nm[abs(hull[top] - x)]
    while top > 0:
        farther = (level[top - 1] - own) * per_nm[abs(hull[top - 1] - x)]
        if farther <= seen:
            break
        seen = farther
        top -= 1
    return int(abs(hull[top] - x))


@_compiled  # type: ignore[untyped-decorator]
def _settle(
    height: F64,
    y: int,
    x: int,
    away: int,
    forward: int,
    drift: float,
    step_nm: float,
    floor: float,
    tangent: F32,
    steps: F32,
) -> None:
    """Write the horizon of a pixel whose line found it so many steps away."""
    best, at = sharpened(height, y, x, float(away), forward, drift, step_nm)
    if best > floor:
        tangent[y, x] = best
        steps[y, x] = at


@_compiled  # type: ignore[untyped-decorator]
def _columns_of(line: int, across: float, lines: int, rows: int, columns: int) -> tuple[int, int]:
    """First column and end of the columns in which a line lies on the grid, or serves a pixel on its border."""
    if across == 0.0:
        return 0, columns
    margin = 0.0 if across == math.floor(across) else 0.5
    one, other = (-margin - line) / across, ((rows - 1) * lines + margin - line) / across
    low = math.ceil(min(one, other) - _ROUNDING)
    high = math.floor(max(one, other) + _ROUNDING) + 1
    return max(low, 0), min(high, columns)


@_compiled  # type: ignore[untyped-decorator]
def _tile_end(x: int, forward: int, low: int, high: int) -> int:
    """The last column of a tile that a sweep towards smaller (or larger) distances meets."""
    start = x // TILE * TILE
    return max(start, low) if forward > 0 else min(start + TILE, high) - 1
