"""Where shadows begin: all lines of one direction at once, column by column.

A shadow begins where the surface, followed from far to near, falls by more than `floor` allows in one step. Finding
these places takes a subtraction per point; hulls are needed only inside shadows (`shadow`). And a tile of the surface
without a slope above `floor` cannot begin a shadow, so it is not even looked at. Neither changes any result.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.bsesm.rays import DEPARTURE
from eclips4d.physics.bsesm.shadow import ROUNDING, follow_shadow

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Flags = NDArray[np.bool_]

TILE = 32

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def sweep_lines(
    height: F64,
    columnwise: F64,
    steep: Flags,
    bend: F32,
    forward: int,
    drift: float,
    lines: int,
    across: float,
    step_nm: float,
    floor: float,
    tangent: F32,
    steps: F32,
    first: int,
    last: int,
) -> None:
    """Write tangents above `floor`, and how many steps away they touch the surface, for some bundles of lines.

    Line p of bundle i lies at row `i + (p + across·column)/lines`. What stays at or below `floor` is not written. Steps
    are 0 where the slope at the pixel itself is the horizon.

    Parameters
    ----------
    columnwise : float64 [x, y]
        The heights, transposed.
    first, last
        Bundles.
    steep : bool [tiles, tiles]
        Whether a tile or one beside it has a slope above `floor`.
    bend : float32 [blocks, blocks]
        See `steepness.Steepness`.
    """
    rows, columns = height.shape
    hull, level, edge = np.empty(columns, np.int64), np.empty(columns), np.empty(columns)
    per_nm = 1.0 / (np.maximum(np.arange(columns + 1), 1) * step_nm)
    done = np.full((lines, last - first), columns, np.int64)
    fall = np.empty(last - first)
    rise = floor * step_nm
    for i in range(1, columns):
        x = columns - 1 - i if forward > 0 else i
        for p in range(lines):
            r, f, start, stop = _bundles_on_grid(p, x, lines, across, rows, first, last)
            r_before, f_before, low, high = _bundles_on_grid(p, x + forward, lines, across, rows, first, last)
            start, stop = max(start, low), min(stop, high)
            beside = min(f, 1.0 - f) * lines
            while start < stop:
                start, end = _steep_run(steep, start + r, stop + r, x)
                start, end = start - r, end - r
                falls = _falls(columnwise[x], columnwise[x + forward], start, end, r, f, r_before, f_before, rise, fall)
                if end > start and beside <= 0.5:
                    nearest = r if f < 0.5 else r + 1
                    falls += _leaves(columnwise, x, start, end, nearest, forward, drift, rise, fall)
                if falls > 0:
                    for at in range(start, end):
                        if fall[at - start] > rise and x * forward < done[p, at - first]:
                            done[p, at - first] = forward * follow_shadow(
                                height,
                                bend,
                                at * lines + p,
                                x,
                                forward,
                                drift,
                                lines,
                                across,
                                step_nm,
                                floor,
                                per_nm,
                                hull,
                                level,
                                edge,
                                tangent,
                                steps,
                            )
                start = end


@_compiled  # type: ignore[untyped-decorator]
def _bundles_on_grid(
    p: int, x: int, lines: int, across: float, rows: int, first: int, last: int
) -> tuple[int, float, int, int]:
    """Row (whole and share) of bundle 0's line p in a column, and the bundles of which that line is on the grid."""
    row = (p + across * x) / lines
    r = math.floor(row + ROUNDING)
    f = row - r if row - r > ROUNDING else 0.0
    return r, f, max(first, -r), min(last, rows - r - (1 if f > 0.0 else 0))


@_compiled  # type: ignore[untyped-decorator]
def _steep_run(steep: Flags, start: int, stop: int, x: int) -> tuple[int, int]:
    """The first rows in a row of steep tiles, from `start`; empty at `stop` when there are none."""
    tile = x // TILE
    while start < stop and not steep[start // TILE, tile]:
        start = (start // TILE + 1) * TILE
    if start >= stop:
        return stop, stop
    end = start
    while end < stop and steep[end // TILE, tile]:
        end = (end // TILE + 1) * TILE
    return start, min(end, stop)


@_compiled  # type: ignore[untyped-decorator]
def _falls(
    here: F64,
    farther: F64,
    start: int,
    end: int,
    r: int,
    f: float,
    r_farther: int,
    f_farther: float,
    rise: float,
    fall: F64,
) -> int:
    """By how much bundles' lines fall from the column before, into `fall`; in how many by more than `rise`."""
    count = 0
    upper, lower = here[start + r : end + r], here[start + r + (f > 0.0) : end + r + (f > 0.0)]
    r, other = r_farther, r_farther + (f_farther > 0.0)
    upper_farther, lower_farther = farther[start + r : end + r], farther[start + other : end + other]
    for i in range(end - start):
        level = upper_farther[i] + f_farther * (lower_farther[i] - upper_farther[i])
        fall[i] = level - (upper[i] + f * (lower[i] - upper[i]))
        count += fall[i] > rise
    return count


@_compiled  # type: ignore[untyped-decorator]
def _leaves(
    columnwise: F64, x: int, start: int, end: int, nearest: int, forward: int, drift: float, rise: float, fall: F64
) -> int:
    """Raise `fall` to what rises where the ray leaves a pixel, as `slope_of_departure`; how many exceed `rise`."""
    count = 0
    side = 0 if drift == 0.0 else (1 if drift > 0.0 else -1)
    low, high = max(start, -nearest - min(side, 0)), min(end, columnwise.shape[1] - nearest - max(side, 0))
    here, farther = columnwise[x], columnwise[x + forward]
    for i in range(low, high):
        y = i + nearest
        along, across = farther[y] - here[y], here[y + side] - here[y]
        twist = farther[y + side] - here[y] - along - across
        leaving = along + abs(drift) * (across + DEPARTURE * twist)
        fall[i - start] = max(fall[i - start], leaving)
        count += leaving > rise
    return count
