"""Horizons of low relief by marching: 64 pixels of a row at once, one whole step of all their rays per pass.

Rays of all pixels of a row cross the rows at the same share of a cell, so that one weight interpolates a whole strip,
and passes are additions and comparisons of neighbours in memory. A strip is done when the highest point of the surface
within reach cannot rise above what its pixels have seen already. So time grows with the relief's height over `floor`,
and deep relief is better swept (`sweep`). What lies between whole steps is looked for as there (`rays.sharpened`).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from eclips4d.physics.bsesm.rays import DEPARTURE, NEAR
from eclips4d.physics.bsesm.sweep import TILE

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
Flags = NDArray[np.bool_]

WIDTH = 64
"""Pixels of a strip, and steps for which the highest point nearby bounds what can be seen."""
_ROWS = 16
_CHECK = 4
"""Steps from one look whether a strip is done to the next."""
_ROUNDING = 1e-6
_CLOSEST = np.float32(0.1)
"""Nearer than so many steps, rounded heights would make tangents; the slope of departure stands for them."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"nnan", "nsz", "contract"})


class Strips(NamedTuple):
    """A surface in one orientation.

    Attributes
    ----------
    height : float32 [y, x]
        Above the middle of the relief.
    near : float32 [blocks of rows, strips]
        Highest point fewer than `WIDTH` + 1 rows and columns from a strip.
    highest : float
    """

    height: F32
    near: F32
    highest: float


def strips(height: F64) -> Strips:
    """Prepare heights (nm) for marching."""
    low, high = float(height.min()), float(height.max())
    centred = np.ascontiguousarray(height - (low + high) / 2.0, dtype=np.float32)
    rows, columns = height.shape
    padded = np.pad(centred, [(0, -rows % _ROWS), (0, -columns % WIDTH)], mode="edge")
    blocks = padded.reshape(len(padded) // _ROWS, _ROWS, -1, WIDTH).max((1, 3))
    around = (2 * (WIDTH // _ROWS) + 1, 3)
    return Strips(centred, maximum_filter(blocks, size=around, mode="nearest"), float(centred.max()))


@_compiled  # type: ignore[untyped-decorator]
def march_rows(
    centred: F32,
    near: F32,
    highest: float,
    steep: Flags,
    forward: int,
    drift: float,
    step_nm: float,
    floor: float,
    tangent: F32,
    steps: F32,
    first: int,
    last: int,
) -> None:
    """Write tangents above `floor`, and how many steps away they touch the surface, of rows `first` to `last`.

    Parameters
    ----------
    steep : bool [tiles, tiles]
        Whether anything in a tile may be shaded.
    """
    rows, columns = centred.shape
    lowest = np.float32(floor * step_nm)
    own, best = np.empty(WIDTH, np.float32), np.empty(WIDTH, np.float32)
    at, whole = np.empty(WIDTH, np.float32), np.empty(WIDTH, np.float32)
    columns_of, seen = np.empty(WIDTH, np.int32), np.empty((4, WIDTH), np.float32)
    flat, per_step = centred.reshape(-1), np.float32(1.0 / step_nm)
    for y in range(first, last):
        for left in range(0, columns, WIDTH):
            count = min(WIDTH, columns - left)
            if not steep[y // TILE, left // TILE : left // TILE + WIDTH // TILE].any():
                continue
            _copy(centred[y, left : left + count], own)
            best[:] = lowest
            at[:] = 0.0
            _departures(centred, y, left, count, forward, drift, own, best)
            _whole_steps(
                centred, y, left, count, forward, drift, near[y // _ROWS, left // WIDTH], highest, own, best, at
            )
            if not _any_above(best, lowest):
                continue
            _copy(at, whole)
            _near_crests(centred, y, left, count, forward, drift, own, best, at)
            shaded = _gathered(best, at, whole, own, left, lowest, columns_of, seen)
            _beside(flat, rows, columns, y, shaded, forward, drift, columns_of, seen)
            for i in range(shaded):
                x = columns_of[i]
                tangent[y, x], steps[y, x] = seen[0, i] * per_step, seen[1, i]


@_compiled  # type: ignore[untyped-decorator]
def _copy(line: F32, out: F32) -> None:
    """Not `out[:] = line`, which takes longer to compile than all the rest of a strip."""
    for i in range(line.size):
        out[i] = line[i]


@_compiled  # type: ignore[untyped-decorator]
def _gathered(best: F32, at: F32, whole: F32, own: F32, left: int, lowest: float, columns_of: I32, seen: F32) -> int:
    """Put the pixels that see something side by side; how many there are."""
    shaded = 0
    for i in range(best.size):
        if best[i] > lowest:
            columns_of[shaded] = left + i
            seen[0, shaded], seen[1, shaded] = best[i], at[i]
            seen[2, shaded], seen[3, shaded] = max(whole[i], np.float32(1.0)), own[i]
            shaded += 1
    return shaded


@_compiled  # type: ignore[untyped-decorator]
def _beside(
    flat: F32, rows: int, columns: int, y: int, count: int, forward: int, drift: float, columns_of: I32, seen: F32
) -> None:
    """Look beside the highest whole step and the best place so far, as `sharpened`."""
    places = np.empty(WIDTH, np.float32)
    per_row = 1.0 / max(abs(drift), 1e-9)
    for later in range(2):
        for i in range(count):
            places[i] = np.float32((math.floor(seen[2, i] * abs(drift) + 1e-5) + later) * per_row)
            if abs(places[i] - seen[2, i]) >= 1.0:
                places[i] = 0.0
        _look(flat, rows, columns, y, count, forward, drift, columns_of, places, seen)
    for width in (0.5, 0.25):
        middle = seen[1, :count].copy()
        for way in (-1.0, 1.0):
            for i in range(count):
                places[i] = middle[i] + np.float32(way * width)
            _look(flat, rows, columns, y, count, forward, drift, columns_of, places, seen)


@_compiled  # type: ignore[untyped-decorator]
def _look(
    flat: F32,
    rows: int,
    columns: int,
    y: int,
    count: int,
    forward: int,
    drift: float,
    columns_of: I32,
    places: F32,
    seen: F32,
) -> None:
    """Raise what pixels see to what a place of each one's ray shows, if it lies on the grid and beyond 0."""
    best, at, own = seen[0], seen[1], seen[3]
    ahead, down = np.float32(forward), np.float32(drift)
    for i in range(count):
        step = places[i]
        off_x, off_y = ahead * step, down * step
        whole_x, whole_y = np.floor(off_x), np.floor(off_y)
        fx, fy = off_x - whole_x, off_y - whole_y
        x, row = np.int32(columns_of[i] + np.int32(whole_x)), np.int32(y + np.int32(whole_y))
        inside = (step > _CLOSEST) & (x >= 0) & (x + (fx > 0.0) < columns) & (row >= 0) & (row + (fy > 0.0) < rows)
        corner = np.uint32(row * columns + x) if inside else np.uint32(0)
        right = np.uint32(fx > 0.0)
        below = np.uint32(columns) if fy > 0.0 else np.uint32(0)
        upper = flat[corner] + fx * (flat[corner + right] - flat[corner])
        lower = flat[corner + below] + fx * (flat[corner + below + right] - flat[corner + below])
        rise = upper + fy * (lower - upper) - own[i]
        higher = inside & (rise > best[i] * step)
        best[i] = rise / max(step, _CLOSEST) if higher else best[i]
        at[i] = step if higher else at[i]


@_compiled  # type: ignore[untyped-decorator]
def _any_above(best: F32, lowest: float) -> bool:
    above = False
    for i in range(best.size):
        above |= best[i] > lowest
    return above


@_compiled  # type: ignore[untyped-decorator]
def _near_crests(
    centred: F32, y: int, left: int, count: int, forward: int, drift: float, own: F32, best: F32, at: F32
) -> None:
    """Look at the middles of the first steps and at the first crossings of rows, as `sharpened`."""
    per_row = 1.0 / max(abs(drift), 1e-9)
    for i in range(NEAR):
        _between_steps(centred, y, left, count, i + 0.5, forward, drift, own, best, at)
        crossing = math.ceil(i * abs(drift) + 1e-9) * per_row
        if crossing < i + 1.0 - 1e-9 and abs(crossing - i) > 1e-9:
            _between_steps(centred, y, left, count, crossing, forward, drift, own, best, at)


@_compiled  # type: ignore[untyped-decorator]
def _between_steps(
    centred: F32,
    y: int,
    left: int,
    count: int,
    step: float,
    forward: int,
    drift: float,
    own: F32,
    best: F32,
    at: F32,
) -> None:
    """What rays of a strip show at a place that is no whole step."""
    rows, columns = centred.shape
    r, f = _split(y + drift * step)
    c, g = _split(forward * step)
    other = r + (f > 0.0)
    start, stop = max(0, -c - left), min(count, columns - 1 - c - left)
    if r < 0 or other >= rows or start >= stop:
        return
    moved = left + c
    a, b = centred[r, moved + start : moved + stop], centred[r, moved + start + 1 : moved + stop + 1]
    c_, d = centred[other, moved + start : moved + stop], centred[other, moved + start + 1 : moved + stop + 1]
    here, most, place = own[start:stop], best[start:stop], at[start:stop]
    down, right, per_step, now = np.float32(f), np.float32(g), np.float32(1.0 / step), np.float32(step)
    for i in range(stop - start):
        upper, lower = a[i] + right * (b[i] - a[i]), c_[i] + right * (d[i] - c_[i])
        seen = (upper + down * (lower - upper) - here[i]) * per_step
        higher = seen > most[i]
        most[i] = seen if higher else most[i]
        place[i] = now if higher else place[i]


@_compiled  # type: ignore[untyped-decorator]
def _split(place: float) -> tuple[int, float]:
    """Whole part and share."""
    whole = math.floor(place + _ROUNDING)
    return whole, place - whole if place - whole > _ROUNDING else 0.0


@_compiled  # type: ignore[untyped-decorator]
def _departures(centred: F32, y: int, left: int, count: int, forward: int, drift: float, own: F32, best: F32) -> None:
    """Raise `best` to what rises where rays leave their pixels, as `slope_of_departure`."""
    beside = y + (1 if drift > 0.0 else -1) if drift != 0.0 else y
    start, stop = max(0, -forward - left), min(count, centred.shape[1] - forward - left)
    if beside < 0 or beside >= centred.shape[0] or start >= stop:
        return
    share, twisted = np.float32(abs(drift)), np.float32(abs(drift) * DEPARTURE)
    ahead = centred[y, left + forward + start : left + forward + stop]
    side = centred[beside, left + start : left + stop]
    across = centred[beside, left + forward + start : left + forward + stop]
    here, highest = own[start:stop], best[start:stop]
    for i in range(stop - start):
        along, up = ahead[i] - here[i], side[i] - here[i]
        leaving = along + share * up + twisted * (across[i] - here[i] - along - up)
        highest[i] = leaving if leaving > highest[i] else highest[i]


@_compiled  # type: ignore[untyped-decorator]
def _whole_steps(
    centred: F32,
    y: int,
    left: int,
    count: int,
    forward: int,
    drift: float,
    near: float,
    highest: float,
    own: F32,
    best: F32,
    at: F32,
) -> None:
    """Follow all rays of a strip step by step; the highest rise per step and where."""
    rows, columns = centred.shape
    step = 0
    while True:
        step += 1
        if step % _CHECK == 1 and not _may_rise(near, highest, step, count, own, best):
            return
        r, f = _split(y + drift * step)
        other = r + (f > 0.0)
        if forward > 0:
            start, stop = 0, min(count, columns - step - left)
        else:
            start, stop = max(0, step - left), count
        if r < 0 or other >= rows or start >= stop:
            return
        moved = left + forward * step
        upper, lower = centred[r, moved + start : moved + stop], centred[other, moved + start : moved + stop]
        here, most, place = own[start:stop], best[start:stop], at[start:stop]
        share, per_step, now = np.float32(f), np.float32(1.0 / step), np.float32(step)
        for i in range(stop - start):
            seen = (upper[i] + share * (lower[i] - upper[i]) - here[i]) * per_step
            higher = seen > most[i]
            most[i] = seen if higher else most[i]
            place[i] = now if higher else place[i]


@_compiled  # type: ignore[untyped-decorator]
def _may_rise(near: float, highest: float, step: int, count: int, own: F32, best: F32) -> bool:
    """Whether any pixel of a strip can see something higher so many steps away or farther."""
    by_near = np.float32(step) if step <= WIDTH else np.float32(1e30)
    beyond = np.float32(max(step, WIDTH + 1))
    level, top = np.float32(near), np.float32(highest)
    if step > WIDTH:
        level = np.float32(-1e30)
        by_near = np.float32(0.0)
    more = False
    for i in range(count):
        more |= (level - own[i] > best[i] * by_near) | (top - own[i] > best[i] * beyond)
    return more
