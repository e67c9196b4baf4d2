"""What surroundings hide: the nearer or the farther horizon of every direction, looked up and taken off the signal."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.dsm.hidden_table import HiddenTables
from eclips4d.physics.dsm.near import raise_by_departure, raise_by_steps
from eclips4d.physics.dsm.rays import Rays

F32 = NDArray[np.float32]

TILE = 16
"""Side of the squares that are shaded or not looked at."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})


class Far(NamedTuple):
    """What the means of square blocks of pixels see.

    Attributes
    ----------
    block : int
        Their side, pixels.
    height : float32 [y, x]
    tangent, distance : float32 [D, y, x]
        Distance in nm; the tangent is the floor where nothing is seen.
    along_nm : float32 [D, 2]
        By how many nm a pixel farther down, or to the right, lies ahead.
    """

    block: int
    height: F32
    tangent: F32
    distance: F32
    along_nm: F32


class Looks(NamedTuple):
    """Directions that are looked up: M of them, among the D that rays follow.

    Attributes
    ----------
    before, after : int64 [M]
        The rays' directions on either side.
    share : float32 [M]
        How far from the one to the other; horizons are linear in between.
    toward : float32 [M, 2]
        A slope along a direction is `toward[0]·dh/dx + toward[1]·dh/dy`.
    """

    before: NDArray[np.int64]
    after: NDArray[np.int64]
    share: F32
    toward: F32


@_compiled  # type: ignore[untyped-decorator]
def shade_rows(
    height: F32,
    slope: F32,
    looked_at: NDArray[np.bool_],
    rays: Rays,
    steps: NDArray[np.int64],
    far: Far,
    floor: float,
    looks: Looks,
    tables: HiddenTables,
    signal: F32,
    first: int,
    last: int,
) -> None:
    """Take what is hidden off the signals of rows `first` to `last`, never below 0.

    Parameters
    ----------
    looked_at : bool [tiles, tiles]
        Where anything may be shaded.
    steps : int64 [D]
        Of the near rays, as many as relief can matter.
    floor
        Tangent of the lowest elevation that counts anywhere.
    """
    columns, directions = height.shape[1], rays.sideways.size
    horizon, between = np.empty((directions, columns), np.float32), np.empty(columns, np.float32)
    for y in range(first, last):
        tiles, left = looked_at[y // TILE], np.int64(0)
        while left < columns:
            if not tiles[left // TILE]:
                left += TILE
                continue
            stop = left
            while stop < columns and tiles[stop // TILE]:
                stop += TILE
            stop = min(stop, columns)
            for d in range(directions):
                _look_around(height, y, left, stop, rays, d, steps[d], far, np.float32(floor), horizon[d])
            for m in range(looks.before.size):
                share = looks.share[m]
                before, after = horizon[looks.before[m], left:stop], horizon[looks.after[m], left:stop]
                for x in range(stop - left):
                    between[left + x] = before[x] + share * (after[x] - before[x])
                _hide(slope, y, left, stop, looks.toward[m], tables, m, between, signal)
            for k in range(signal.shape[0]):
                for x in range(left, stop):
                    signal[k, y, x] = max(signal[k, y, x], np.float32(0.0))
            left = stop


@_compiled  # type: ignore[untyped-decorator]
def _look_around(
    height: F32, y: int, left: int, stop: int, rays: Rays, d: int, few: int, far: Far, floor: float, horizon: F32
) -> None:
    """The horizon of one direction, from near and from far."""
    horizon[left:stop] = floor
    if rays.sideways[d] > 0.0:
        raise_by_departure(height, y, left, stop, rays.cell[d], rays.sideways[d], rays.per_nm[d, 0], horizon)
    ray = (rays.row[d, :few], rays.column[d, :few], rays.beside[d], rays.share[d, :few], rays.per_nm[d, :few])
    raise_by_steps(height, y, left, stop, *ray, horizon)
    _raise_by_far(height, y, left, stop, far, d, floor, horizon)


@_compiled  # type: ignore[untyped-decorator]
def _raise_by_far(height: F32, y: int, left: int, stop: int, far: Far, d: int, floor: float, horizon: F32) -> None:
    """A pixel sees what the four blocks around it see, from its own height and place; linear between the blocks."""
    side, (rows, columns) = far.block, far.height.shape
    down = (np.float32(y) + np.float32(0.5)) / np.float32(side) - np.float32(0.5)
    b = min(max(int(np.floor(down)), 0), rows - 2)
    g = min(max(down - np.float32(b), np.float32(0.0)), np.float32(1.0))
    tangent = far.tangent[d, b : b + 2]
    for x in range(left, stop):
        right = (np.float32(x) + np.float32(0.5)) / np.float32(side) - np.float32(0.5)
        a = min(max(int(np.floor(right)), 0), columns - 2)
        if max(max(tangent[0, a], tangent[0, a + 1]), max(tangent[1, a], tangent[1, a + 1])) <= floor:
            continue
        f = min(max(right - np.float32(a), np.float32(0.0)), np.float32(1.0))
        seen = np.float32(0.0)
        for j in range(2):
            for i in range(2):
                weight = (g if j else np.float32(1.0) - g) * (f if i else np.float32(1.0) - f)
                away = far.distance[d, b + j, a + i]
                if away > 0.0:
                    ahead = far.along_nm[d, 0] * (down - np.float32(b + j)) + far.along_nm[d, 1] * (
                        right - np.float32(a + i)
                    )
                    crest = tangent[j, a + i] * away + far.height[b + j, a + i]
                    seen += weight * (crest - height[y, x]) / (away - side * ahead)
                else:
                    seen += weight * floor
        horizon[x] = max(horizon[x], seen)


@_compiled  # type: ignore[untyped-decorator]
def _hide(
    slope: F32, y: int, left: int, stop: int, toward: F32, tables: HiddenTables, d: int, horizon: F32, signal: F32
) -> None:
    """Take off what lies between the facet's own horizon, which its signal knows already, and a higher one."""
    floor, one = tables.floor[d], np.float32(1.0)
    table, segment = tables.hidden[d], tables.segment[d]
    half, top = np.float32(0.5 * (table.shape[1] - 1)), np.float32(table.shape[1] - 1.001)
    for x in range(left, stop):
        rise = horizon[x]
        if rise <= floor:
            continue
        along = toward[0] * slope[0, y, x] + toward[1] * slope[1, y, x]
        own = max(along, floor)
        if not rise > own:
            continue
        across = toward[1] * slope[0, y, x] - toward[0] * slope[1, y, x]
        per_slope = half / np.sqrt(one + along * along + across * across)
        a, b = min(half + along * per_slope, top), min(half + across * per_slope, top)
        i, j = int(a), int(b)
        f, g = a - np.float32(i), b - np.float32(j)
        for sign, tangent in ((-one, rise), (one, own)):
            at = (tangent / np.sqrt(one + tangent * tangent) - tables.low[d]) * tables.per_entry[d]
            at = min(max(at, np.float32(0.0)), np.float32(table.shape[0] - 1.001))
            h = int(at)
            later = at - np.float32(h)
            for s in range(segment.size):
                if segment[s] >= 0:
                    low = _bilinear(table[h], i, j, s, f, g)
                    signal[segment[s], y, x] += sign * (low + later * (_bilinear(table[h + 1], i, j, s, f, g) - low))


@_compiled  # type: ignore[untyped-decorator]
def _bilinear(table: F32, i: int, j: int, s: int, f: float, g: float) -> float:
    upper = table[i, j, s] + g * (table[i, j + 1, s] - table[i, j, s])
    lower = table[i + 1, j, s] + g * (table[i + 1, j + 1, s] - table[i + 1, j, s])
    return float(upper + f * (lower - upper))
