"""Local parabolas along lines of points, evenly spaced before.

Compiled: a frame has tens of lines, too short for array expressions to pay.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def all_drawn(
    points: F64, starts: I64, closed: NDArray[np.bool_], spacing: float, half: int, least: float, kernels: F64,
    made: I64, spacings: F64, kept: NDArray[np.bool_],
) -> tuple[F64, F64, F64]:  # fmt: skip
    """Value, direction and second derivative across it along lines, for points one apart.

    Parameters
    ----------
    points : float64 [n, 2]
        Line by line.
    starts : int64 [lines + 1]
        Where each begins, and where the last ends.
    closed : bool [lines]
        Whether a line's last point is its first.
    spacing : float
        Distance of the points wanted.
    half : int
        Half of the window.
    least : float
        Shorter lines are left out.
    kernels : float64 [3, 2·half + 1]
        Value, first and second derivative.
    made : int64 [lines + 1]
        Out: points of each line, one place further on.
    spacings : float64 [lines]
        Out: distance of each line's points.
    kept : bool [lines]
        Out: which lines are long enough.
    """
    room = 0
    for line in range(closed.size):
        length = lengths_along(points[starts[line] : starts[line + 1]])[-1]
        kept[line] = length >= least
        room += max(round(length / spacing), 1) + 1 if kept[line] else 0
    smoothed, tangent, bend = np.empty((room, 2)), np.empty((room, 2)), np.empty(room)
    at = 0
    for line in range(closed.size):
        if not kept[line]:
            continue
        part = points[starts[line] : starts[line + 1]]
        places, ways, bends, spacings[line] = _drawn(part, closed[line], spacing, half, kernels)
        made[line + 1] = bends.size
        kept[line] = bends.size > 0
        smoothed[at : at + bends.size], tangent[at : at + bends.size] = places, ways
        bend[at : at + bends.size] = bends
        at += bends.size
    return smoothed[:at], tangent[:at], bend[:at]


@_compiled  # type: ignore[untyped-decorator]
def lengths_along(points: F64) -> F64:
    """Length of a line of points (x, y) from its first to each of them."""
    out = np.zeros(len(points))
    for k in range(1, len(points)):
        x, y = points[k, 0] - points[k - 1, 0], points[k, 1] - points[k - 1, 1]
        out[k] = out[k - 1] + np.hypot(x, y)
    return out


@_compiled  # type: ignore[untyped-decorator]
def _drawn(points: F64, closed: bool, spacing: float, half: int, kernels: F64) -> tuple[F64, F64, F64, float]:
    """What `_fitted` finds along a line, and how far apart its points are; none of a line shorter than the window."""
    at = lengths_along(points)
    count = max(round(at[-1] / spacing), 1)
    spacing = at[-1] / count
    even = _even(points, at, spacing, count if closed else count + 1)
    if len(even) < 2 * half + 1:
        return even[:0], even[:0], at[:0], spacing
    smoothed, tangent, bend = _fitted(_prolonged(even, half, closed), kernels)
    return smoothed, tangent, bend, spacing


@_compiled  # type: ignore[untyped-decorator]
def _even(points: F64, at: F64, spacing: float, count: int) -> F64:
    """So many points along the polygon, from its first."""
    out = np.empty((count, 2))
    k = 0
    for n in range(count):
        place = n * spacing
        while k < at.size - 2 and at[k + 1] <= place:
            k += 1
        share = min((place - at[k]) / (at[k + 1] - at[k]), 1.0) if at[k + 1] > at[k] else 0.0
        for axis in range(2):
            out[n, axis] = points[k, axis] + share * (points[k + 1, axis] - points[k, axis])
    return out


@_compiled  # type: ignore[untyped-decorator]
def _prolonged(even: F64, half: int, closed: bool) -> F64:
    """A closed line goes round, an open one is turned about each of its ends."""
    count = len(even)
    out = np.empty((count + 2 * half, 2))
    out[half : half + count] = even
    for k in range(half):
        if closed:
            out[k], out[half + count + k] = even[count - half + k], even[k]
        else:
            out[k] = 2 * even[0] - even[half - k]
            out[half + count + k] = 2 * even[count - 1] - even[count - 2 - k]
    return out


@_compiled  # type: ignore[untyped-decorator]
def _fitted(padded: F64, kernels: F64) -> tuple[F64, F64, F64]:
    """Value and direction of local parabolas, and the second derivative across that, for points one apart."""
    window = kernels.shape[1]
    count = len(padded) - window + 1
    smoothed, tangent, bend = np.empty((count, 2)), np.empty((count, 2)), np.empty(count)
    for k in range(count):
        x, y, dx, dy, ddx, ddy = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for n in range(window):
            across, down = padded[k + n, 0], padded[k + n, 1]
            x += kernels[0, n] * across
            y += kernels[0, n] * down
            dx += kernels[1, n] * across
            dy += kernels[1, n] * down
            ddx += kernels[2, n] * across
            ddy += kernels[2, n] * down
        ahead = max(np.hypot(dx, dy), 1e-300)
        smoothed[k, 0], smoothed[k, 1] = x, y
        tangent[k, 0], tangent[k, 1] = dx / ahead, dy / ahead
        bend[k] = (dx * ddy - dy * ddx) / ahead
    return smoothed, tangent, bend
