"""Where a surface is steep enough to shade anything, and what it can shade."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from eclips4d.physics.bsesm.horizon import Spread
from eclips4d.physics.dsm.compiling import compiled
from eclips4d.physics.dsm.ground import BENEATH
from eclips4d.physics.dsm.lanes import LANES, every, higher, load, mark_higher, store
from eclips4d.physics.dsm.tiles import TILE, Tiles

F32 = NDArray[np.float32]

_STEEP: Final = 0.25
"""Share of a tile's pixels that are steep from which on all of them are taken for overtopped."""
_BENEATH = np.float32(BENEATH)


def overtopped(
    height: F32, tiles: Tiles, pixel_nm: tuple[float, float], floor: float, spread: Spread, bands: int = 1
) -> NDArray[np.bool_] | None:
    """Pixels that anything may overtop by more than the tangent `floor`, [y, x]; None where nothing is steep enough.

    Cones are let down from all heights, along rows, columns and diagonals. Between two of these directions a way is
    longer by up to 1/cos of half the angle, and the surface between two pixels steeper by as much: cones are
    less steep than the floor by both. Between a pixel and what overtops it the surface is steeper than the floor, so
    only what lies within the relief's reach of a steep tile is looked at. For the same reason bands of rows are looked
    at on their own, with as many rows beside them as the relief reaches. Where a tile is steep all over hardly a pixel
    is not overtopped, and none is asked.

    Parameters
    ----------
    bands
        Into how many the rows are divided, for as many threads.
    """
    steep = tiles.steepest > floor
    if not steep.any():
        return None
    dx, dy = pixel_nm
    widest = max(np.arctan2(dy, dx), np.arctan2(dx, dy))
    slope = floor * float(np.cos(widest / 2.0)) ** 2
    reach = int((float(tiles.highest.max()) - float(tiles.lowest.min())) / (slope * min(dx, dy))) + 1
    beside = reach // TILE + 1
    everywhere = tiles.steep > _STEEP
    asked = maximum_filter(steep, size=2 * beside + 1) & ~everywhere
    within = maximum_filter(asked, size=2 * beside + 1)
    over = np.zeros(height.shape, np.bool_)
    falls = tuple(np.float32(slope * step) for step in (dx, dy, float(np.hypot(dx, dy))))
    count = len(steep)

    def of_bands(first: int, last: int) -> None:
        for band in range(first, last):
            begin, end = count * band // bands, count * (band + 1) // bands
            low, high = max(begin - beside, 0), min(end + beside, count)
            rows = slice(begin * TILE, end * TILE)
            _mark(everywhere[begin:end], over[rows])
            if asked[begin:end].any():
                summit = height[low * TILE : high * TILE].copy()
                _let_down(summit, within[low:high], *falls, reach)
                _compare(summit[(begin - low) * TILE :], height[rows], asked[begin:end], over[rows])

    spread(of_bands, 0, bands)
    return over


@compiled  # type: ignore[untyped-decorator]
def _let_down(
    summit: F32, within: NDArray[np.bool_], per_x: np.float32, per_y: np.float32, per_diagonal: np.float32, longest: int
) -> None:
    """The highest cone over every pixel, in place: along rows, then downwards and upwards from row to row.

    The shortest way from a summit to a pixel goes along the summit's row first, then along diagonals and columns.
    """
    rows, columns = summit.shape
    room = np.full(6 * (columns + LANES), _BENEATH)
    for y in range(rows):
        stop = 0
        while stop < columns:
            left, stop = _next_run(within, y, stop, columns)
            _along(summit, y, left, stop, per_x, longest, room)
    for turn in range(2):
        for n in range(1, rows):
            y, before = (n, n - 1) if turn == 0 else (rows - 1 - n, rows - n)
            stop = 0
            while stop < columns:
                left, stop = _next_run(within, y, stop, columns)
                _from_row(summit, before, y, left, stop, per_y, per_diagonal)


@compiled  # type: ignore[untyped-decorator]
def _next_run(tiles: NDArray[np.bool_], y: int, left: int, columns: int) -> tuple[int, int]:
    """The next columns from the tile's border `left` on that lie in marked tiles; none at the end of the row."""
    row = y // TILE
    while left < columns and not tiles[row, left // TILE]:
        left += TILE
    left = min(left, columns)
    stop = left
    while stop < columns and tiles[row, stop // TILE]:
        stop += TILE
    return left, min(stop, columns)


@compiled  # type: ignore[untyped-decorator]
def _along(summit: F32, y: int, left: int, stop: int, per_x: np.float32, longest: int, room: F32) -> None:
    """Raise part of a row to its own cones, by 1, 2, 4, … pixels, from one half of `room` to the other and back.

    Both are BENEATH when it begins and when it ends, and as much on either side as the row is wide: no step asks where
    the row begins. Cones may go beyond its end and come back lower.
    """
    columns, half = stop - left, room.size // 2
    source, target = half // 3, half + half // 3
    for x in range(columns):
        room[source + x] = summit[y, left + x]
    for doubled in range(64):
        step = 1 << doubled
        if step >= min(longest, columns):
            break
        less = every(np.float32(step) * per_x)
        for x in range(0, columns, LANES):
            at = source + x
            beside = higher(load(room, at - step), load(room, at + step)) - less
            store(higher(load(room, at), beside), room, target + x)
        source, target = target, source
    for x in range(columns):
        summit[y, left + x] = room[source + x]
    for x in range(0, columns, LANES):
        store(every(_BENEATH), room, source + x)
        store(every(_BENEATH), room, target + x)


@compiled  # type: ignore[untyped-decorator]
def _from_row(
    summit: F32, before: int, y: int, left: int, stop: int, per_y: np.float32, per_diagonal: np.float32
) -> None:
    """Raise part of a row to the cones of the row beside it."""
    last = summit.shape[1] - 1
    there, here = summit[before], summit[y]
    begin = max(left, 1)
    for n in range(min(stop, last) - begin):
        x = np.uint64(begin) + np.uint64(n)
        aside = max(there[x - np.uint64(1)], there[x + np.uint64(1)]) - per_diagonal
        here[x] = max(here[x], max(there[x] - per_y, aside))
    if left == 0:
        here[0] = max(here[0], max(there[0] - per_y, there[min(1, last)] - per_diagonal))
    if stop == last + 1:
        here[last] = max(here[last], max(there[last] - per_y, there[max(last - 1, 0)] - per_diagonal))


@compiled  # type: ignore[untyped-decorator]
def _compare(summit: F32, height: F32, within: NDArray[np.bool_], over: NDArray[np.bool_]) -> None:
    columns, summits, heights = height.shape[1], summit.reshape(summit.size), height.reshape(height.size)
    overs = over.reshape(over.size)
    for y in range(height.shape[0]):
        stop = 0
        while stop < columns:
            left, stop = _next_run(within, y, stop, columns)
            begin, whole = y * columns, stop - (stop - left) % LANES
            for x in range(left, whole, LANES):
                mark_higher(load(summits, begin + x), load(heights, begin + x), overs, begin + x)
            for x in range(whole, stop):
                over[y, x] = summit[y, x] > height[y, x]


@compiled  # type: ignore[untyped-decorator]
def _mark(tiles: NDArray[np.bool_], over: NDArray[np.bool_]) -> None:
    for y in range(over.shape[0]):
        stop = 0
        while stop < over.shape[1]:
            left, stop = _next_run(tiles, y, stop, over.shape[1])
            over[y, left:stop] = True
