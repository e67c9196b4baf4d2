"""How far anything that could rise above the floor may lie, direction by direction, from the highest points there."""

from __future__ import annotations

from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from eclips4d.physics.bsesm.course import Course
from eclips4d.physics.bsesm.horizon import Spread
from eclips4d.physics.dsm.compiling import compiled
from eclips4d.physics.dsm.ground import BENEATH, ROWS
from eclips4d.physics.dsm.horizons import COURSES
from eclips4d.physics.dsm.lanes import LANES
from eclips4d.physics.dsm.rays import RINGS
from eclips4d.physics.dsm.tiles import TILE, Tiles
from eclips4d.physics.dsm.vectors import wide_and_apart

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]

_EDGES: Final = (0.7, 6.0, 8.4, 11.0, 13.4, 16.0, 20.0, 28.0, 40.0)
"""Pixels between which a highest point is sought in every direction. A ray leaves on a slope across a cell, which may
be steeper than from centre to centre."""
_AROUND: Final = (16, 8)
"""Tiles to every side that a highest point is taken over beyond the last edge, from far to near."""
_WIDE: Final = 8
"""Pixels of a row of which a highest point is known, in as many rows."""
_ASIDE, _ASIDE_OF_SQUARES, _SQUARES_FROM = 1, 3, 16.0
"""Pixels by which what a ray looks at may lie beside it, and where it is squares that are looked at."""
_SQUARE: Final = max(side for side, _ in RINGS)
"""Pixels by which what is looked at may reach beyond where it is seen."""
_RUN: Final = LANES // _WIDE


class Sight(NamedTuple):
    """How far runs of pixels must look.

    Attributes
    ----------
    floor : float
        Tangent of the lowest elevation that counts.
    away_nm : float32 [y / ROWS, runs, COURSES]
        Beyond it nothing rises above the floor, seen from any pixel of a run in any of these rows; or all of them have
        left the surface.
    """

    floor: float
    away_nm: F32


def sight(
    height: F32, tiles: Tiles, courses: list[Course], pixel_nm: tuple[float, float], floor: float, spread: Spread
) -> Sight:
    """Of a surface [y, x] and its tiles."""
    rows, runs, nm = -(-height.shape[0] // ROWS), -(-height.shape[1] // LANES), min(pixel_nm)
    boxes = _boxes(courses, pixel_nm)
    margin = int(np.abs(boxes).max()) // _RUN * _RUN + 2 * _RUN
    tops = np.full((rows + 2 * margin, _RUN * runs + 2 * margin), BENEATH, np.float32)
    lowest = np.empty((rows, runs), np.float32)
    spread(partial(_fill, height, margin, tops, lowest), 0, rows)
    tops[:, :-1] = np.maximum(tops[:, :-1], tops[:, 1:])
    tops[:-1] = np.maximum(tops[:-1], tops[1:])
    by_place = np.ascontiguousarray(np.stack([tops[:, n::_RUN] for n in range(_RUN)]))
    around, edges = _around(tiles, lowest, nm, floor), np.array(_EDGES, np.float32) * np.float32(nm)
    away = np.empty((rows, runs, COURSES), np.float32)
    given = (lowest, around, boxes, edges, np.float32(floor), *_leaving(courses, pixel_nm, height.shape))
    spread(partial(_look, by_place, margin, *given, away), 0, rows)
    return Sight(floor, away)


def _around(tiles: Tiles, lowest: F32, nm: float, floor: float) -> F32:
    """The same for all directions, from highest points within squares, [y / ROWS, runs]."""
    away = (tiles.highest.max() - lowest) / np.float32(floor)
    row = np.arange(len(lowest)) * ROWS // TILE
    first = np.arange(lowest.shape[1]) * (LANES // TILE)
    last = np.minimum(first + LANES // TILE - 1, tiles.highest.shape[1] - 1)
    for count in _AROUND:
        highest = maximum_filter(tiles.highest, 2 * count + 1, mode="nearest")
        nearer = (np.maximum(highest[:, first], highest[:, last])[row] - lowest) / np.float32(floor)
        away = np.where(away <= (count * TILE - _SQUARE) * nm, np.minimum(away, nearer), away)
    return np.ascontiguousarray(away, dtype=np.float32)


def _leaving(courses: list[Course], pixel_nm: tuple[float, float], shape: tuple[int, int]) -> tuple[F32, F32]:
    """After how many nm the last columns of runs, [runs, D], and the last of ROWS rows, [y / ROWS, D], have left."""
    azimuth = np.array([course.azimuth for course in courses])

    def left(toward: NDArray[np.float64], size: int, together: int, nm: float) -> F32:
        first = np.arange(0, size, together)[:, None]
        last = np.minimum(first + together, size) - 1
        pixels = np.where(toward > 0.0, size - 1 - first, last) + 0.5
        return np.asarray(pixels * nm / np.maximum(np.abs(toward), 1e-6), np.float32)

    return left(np.cos(azimuth), shape[1], LANES, pixel_nm[0]), left(-np.sin(azimuth), shape[0], ROWS, pixel_nm[1])


def _boxes(courses: list[Course], pixel_nm: tuple[float, float]) -> I64:
    """Of a run, the highest points between two edges: first and last row, first and last column, [D, B, 4]."""
    azimuth = np.array([course.azimuth for course in courses])[:, None]
    nm = np.array(_EDGES) * min(pixel_nm)
    right, down = np.cos(azimuth) * nm / pixel_nm[0], -np.sin(azimuth) * nm / pixel_nm[1]
    aside = np.where(np.array(_EDGES[1:]) > _SQUARES_FROM, _ASIDE_OF_SQUARES, _ASIDE)

    def between(place: NDArray[np.float64], own: int, size: int) -> list[NDArray[np.float64]]:
        low, high = np.minimum(place[:, :-1], place[:, 1:]), np.maximum(place[:, :-1], place[:, 1:])
        return [np.floor((low - aside) / size), np.floor((high + own - 1 + aside) / size)]

    return np.stack([*between(down, ROWS, ROWS), *between(right, LANES, _WIDE)], axis=-1).astype(np.int64)


@compiled  # type: ignore[untyped-decorator]
def _fill(height: F32, margin: int, tops: F32, lowest: F32, first: int, last: int) -> None:
    """Highest points, behind a margin, and the lowest ones of whole runs."""
    rows, columns = height.shape
    top, bottom = np.empty(columns, np.float32), np.empty(columns, np.float32)
    for b in range(first, last):
        top[:], bottom[:] = np.float32(BENEATH), np.float32(-BENEATH)
        for y in range(b * ROWS, min((b + 1) * ROWS, rows)):
            _add(height, y, top, bottom)
        for x in range(columns):
            place = margin + x // _WIDE
            tops[margin + b, place] = max(tops[margin + b, place], top[x])
        for run in range(lowest.shape[1]):
            least = bottom[run * LANES]
            for x in range(run * LANES, min((run + 1) * LANES, columns)):
                least = min(least, bottom[x])
            lowest[b, run] = least


@compiled  # type: ignore[untyped-decorator]
def _add(height: F32, y: int, top: F32, bottom: F32) -> None:
    wide_and_apart()
    for n in range(top.size):
        x = np.uint64(n)
        top[x], bottom[x] = max(top[x], height[y, x]), min(bottom[x], height[y, x])


@compiled  # type: ignore[untyped-decorator]
def _look(
    tops: F32,
    margin: int,
    lowest: F32,
    around: F32,
    boxes: I64,
    edges: F32,
    floor: np.float32,
    of_columns: F32,
    of_rows: F32,
    away: F32,
    first: int,
    last: int,
) -> None:
    """Rows `first` to `last` of ROWS pixels.

    Parameters
    ----------
    tops
        The highest of four points: of those that begin with a run's first one, its second one, …, with a margin.
    """
    runs = lowest.shape[1]
    top, seen = np.empty(runs, np.float32), np.empty(runs, np.float32)
    for y in range(first, last):
        for d in range(boxes.shape[0]):
            seen[:] = np.float32(0.0)
            for b in range(boxes.shape[1]):
                top[:] = np.float32(BENEATH)
                low, high, left, right = boxes[d, b]
                for row in range(low, high + 1, 2):
                    at_row = margin + y + min(row, max(high - 1, low))
                    for column in range(left, right + 1, 2):
                        place = margin + min(column, max(right - 1, left))
                        _raise(tops, place % _RUN, at_row, place // _RUN, top)
                _reach(top, lowest, y, floor * edges[b], edges[b + 1], seen)
            for run in range(runs):
                farthest = min(seen[run], around[y, run]) if around[y, run] <= edges[-1] else around[y, run]
                away[y, run, d] = min(farthest, min(of_columns[run, d], of_rows[y, d]))


@compiled  # type: ignore[untyped-decorator]
def _raise(tops: F32, plane: int, row: int, column: int, top: F32) -> None:
    wide_and_apart()
    for n in range(top.size):
        x = np.uint64(n)
        top[x] = max(top[x], tops[plane, row, np.uint64(column) + x])


@compiled  # type: ignore[untyped-decorator]
def _reach(top: F32, lowest: F32, y: int, rise: np.float32, edge: np.float32, seen: F32) -> None:
    wide_and_apart()
    for n in range(top.size):
        x = np.uint64(n)
        seen[x] = edge if top[x] - lowest[y, x] > rise else seen[x]
