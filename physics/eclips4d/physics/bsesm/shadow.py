"""Horizons inside a shadow, by the upper convex hull of what lies beyond.

Along a line every point's horizon is the tangent to the upper hull of the points beyond it. The hull is a stack: going
from the far end to the near end each point is pushed at most once and popped at most once. Only points to which the
surface rises by more than `floor` (the lowest elevation that any electron that counts can have) can be seen above it,
so the others are not pushed. A pixel's own point removes what it sees below its horizon: whoever is nearer cannot see
that above both. Where a pixel sees nothing above `floor` the shadow ends, and the line is free until the next begins.
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

ROUNDING = 1e-9

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def follow_shadow(
    height: F64,
    bend: F32,
    line: int,
    x: int,
    forward: int,
    drift: float,
    lines: int,
    across: float,
    step_nm: float,
    floor: float,
    per_nm: F64,
    hull: I64,
    level: F64,
    edge: F64,
    tangent: F32,
    steps: F32,
) -> int:
    """Settle the pixels of a line from column `x`, which the point one step farther overtops, to the shadow's end.

    Returns
    -------
    int
        Last column of the shadow; `hull`, `level` and `edge` are scratch.
    """
    rows, columns = height.shape
    per_line, rise = 1.0 / lines, floor * step_nm
    x += forward
    r = math.floor((line + across * x) * per_line + ROUNDING)
    behind = line + across * x - r * lines  # lines by which this one lies below row r
    top = -1
    before = -math.inf
    while True:
        here = height[r, x]
        if behind > ROUNDING:
            here += behind * per_line * (height[r + 1, x] - here)
        if before - here > rise or top < 0:
            top = _pushed(hull, level, edge, top, x + forward, before, per_nm)
        before = here
        beside = min(abs(behind), abs(lines - behind))
        if beside <= 0.5 and top >= 0:
            nearest = r if behind < 0.5 * lines else r + 1
            at = _tangent_point(hull, level, top, x, height[nearest, x], per_nm)
            away = abs(hull[at] - x)
            seen = (level[at] - height[nearest, x]) * per_nm[away]
            _settle(height, bend, nearest, x, seen, away, forward, drift, step_nm, floor, tangent, steps)
            top = at if beside <= ROUNDING else _tangent_point(hull, level, top, x, here, per_nm)
        if top == 0 and level[0] - here <= rise * abs(hull[0] - x):
            return x
        x -= forward
        behind -= forward * across
        if behind < -ROUNDING:
            behind, r = behind + lines, r - 1
        elif behind >= lines - ROUNDING:
            behind, r = behind - lines, r + 1
        if not 0 <= x < columns or r < 0 or r + (behind > ROUNDING) > rows - 1:
            return x + forward


@_compiled  # type: ignore[untyped-decorator]
def _settle(
    height: F64,
    bend: F32,
    y: int,
    x: int,
    seen: float,
    away: int,
    forward: int,
    drift: float,
    step_nm: float,
    floor: float,
    tangent: F32,
    steps: F32,
) -> None:
    """Write the horizon of a pixel that sees the hull of its line so high and so many steps away."""
    if seen <= floor and slope_of_departure(height, y, x, forward, drift, step_nm) <= floor:
        return
    best, at = sharpened(height, bend, y, x, away, forward, drift, step_nm)
    if best > floor:
        tangent[y, x] = best
        steps[y, x] = at


@_compiled  # type: ignore[untyped-decorator]
def _pushed(hull: I64, level: F64, edge: F64, top: int, x: int, here: float, per_nm: F64) -> int:
    """Put a point on the stack, in place of those that it hides."""
    if here == -math.inf:
        return top
    slope = -math.inf
    if top >= 0:
        slope = (level[top] - here) * per_nm[abs(hull[top] - x)]
        while top > 0 and slope <= edge[top]:
            top -= 1
            slope = (level[top] - here) * per_nm[abs(hull[top] - x)]
    top += 1
    hull[top], level[top], edge[top] = x, here, slope
    return top


@_compiled  # type: ignore[untyped-decorator]
def _tangent_point(hull: I64, level: F64, top: int, x: int, own: float, per_nm: F64) -> int:
    """The point of the hull that a pixel sees highest."""
    seen = (level[top] - own) * per_nm[abs(hull[top] - x)]
    while top > 0:
        farther = (level[top - 1] - own) * per_nm[abs(hull[top - 1] - x)]
        if farther <= seen:
            break
        seen = farther
        top -= 1
    return top
