"""Compiled loops of `resample`: one plane moved onto the specimen's grid.

Every source row is first moved along itself (its own constant shift), then rows are joined; a few moved rows are kept
in a ring. `place` is the source row of every output row, `shift` what to add to the columns of every source row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from eclips4d.registration.copying import copy_line
from eclips4d.registration.interpolation import (
    FRINGE_PX,
    REACH_PX,
    TAPS,
    mended,
    one,
    one_by,
    seen_range,
    six_point_into,
    weights_into,
)
from eclips4d.registration.rows import At

Plane = NDArray[np.float32]
Vector = NDArray[np.float64]
RING = 16
"""Moved rows that are kept; more than `TAPS`, and a power of two."""


def way(count: int, start: Vector, rate: Vector, rows: Vector | None = None) -> tuple[Vector, Vector]:
    """Source row of every output row, and what to add to the columns of every source row."""
    index, last = np.arange(count, dtype=np.float64), max(count - 1, 1)
    place, shift = (index + start[0]) / (1.0 - rate[0] / last), start[1] + rate[1] * index / last
    if rows is not None:
        shift += rows[:, 1]
        if rows[:, 0].any():
            place = place + along(np.ascontiguousarray(rows[:, 0], np.float64), place)
    return place, shift


@njit(cache=True, nogil=True)
def along(offset: Vector, place: Vector) -> Vector:
    """Offsets at places between the rows, by the weights that join the rows themselves."""
    out = np.zeros(place.size)
    for y in range(place.size):
        if -1.0 < place[y] < offset.size:
            out[y] = one(offset, place[y], False)
    return out


@njit(cache=True, nogil=True, fastmath={"contract"})
def _join(p: Plane, a: At, b: At, c: At, d: At, e: At, f: At, w: Plane, out: Plane, to: At, count: At) -> None:
    """Six runs of numbers, each times its weight."""
    w0, w1, w2, w3, w4, w5 = w[0], w[1], w[2], w[3], w[4], w[5]
    for x in range(count):
        near = w0 * p[a + x] + w1 * p[b + x] + w2 * p[c + x]
        out[to + x] = near + w3 * p[d + x] + w4 * p[e + x] + w5 * p[f + x]


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def _any_missing(p: Plane, at: At, count: At) -> bool:
    total = np.float32(0)
    for x in range(count):
        total += p[at + x]
    return bool(np.isnan(total))


@njit(cache=True, nogil=True)
def _copy(p: Plane, at: At, out: Plane, to: At, count: At) -> None:
    for x in range(count):
        out[to + x] = p[at + x]


@njit(cache=True, nogil=True)
def _set_missing(out: Plane, start: int, stop: int) -> None:
    for x in range(At(start), At(stop)):
        out[x] = np.nan


@njit(cache=True, nogil=True)
def _squared(weight: Plane) -> None:
    for i in range(TAPS):
        weight[i] *= weight[i]


@njit(cache=True, nogil=True)
def _move_row(plane: Plane, k: int, shift: float, square: bool, out: Plane, row: int, weight: Plane) -> None:
    """out[row · columns + x] = plane[k, x + shift]; NaN where that is outside. `weight` is room for six of them."""
    columns, whole, to = plane.shape[1], int(np.floor(shift)), row * plane.shape[1]
    start, stop = seen_range(shift, columns, FRINGE_PX)
    margin = 0 if whole == shift else 2
    inner = min(max(start, margin - whole), stop)
    outer = max(min(stop, columns - whole - (margin + 1 if margin else 0)), inner)
    _set_missing(out, to, to + start)
    _set_missing(out, to + stop, to + columns)
    line, flat = plane[k], plane.reshape(-1)
    for x in range(start, inner):
        out[to + x] = one_by(line, x + shift, square, weight)
    for x in range(outer, stop):
        out[to + x] = one_by(line, x + shift, square, weight)
    if outer <= inner:
        return
    here, at, count = At(to + inner), At(k * columns + inner + whole), At(outer - inner)
    if whole == shift:
        _copy(flat, at, out, here, count)
        return
    six_point_into(shift - whole, weight)
    if square:
        _squared(weight)
    one_on, two_on = At(1), At(2)
    _join(flat, at - two_on, at - one_on, at, at + one_on, at + two_on, at + At(3), weight, out, here, count)
    if _any_missing(out, here, count):
        for x in range(inner, outer):
            if np.isnan(out[to + x]):
                out[to + x] = mended(line, x + shift, square)


@njit(cache=True, nogil=True)
def move_smooth(plane: Plane, place: Vector, shift: Vector, square: bool, out: Plane) -> None:
    """Interpolates `plane` into `out`; NaN where nothing was seen. `square`: see `interpolation.one`."""
    rows, columns = plane.shape
    ring, held = np.empty(RING * columns, np.float32), np.full(RING, -1, np.int64)
    weight, own, made = np.empty(TAPS, np.float32), np.empty(TAPS, np.float32), out.reshape(-1)
    for y in range(rows):
        s, to = place[y], y * columns
        if not -REACH_PX <= s <= rows - 1 + REACH_PX:
            _set_missing(made, to, to + columns)
            continue
        first = weights_into(s, rows, weight)
        for i in range(TAPS):
            k = min(max(first + i, 0), rows - 1)
            if weight[i] != 0.0 and held[k % RING] != k:
                _move_row(plane, k, shift[k], square, ring, k % RING, own)
                held[k % RING] = k
        start, stop = seen_range(shift[min(max(int(np.floor(s + 0.5)), 0), rows - 1)], columns, REACH_PX)
        _set_missing(made, to, to + start)
        _set_missing(made, to + stop, to + columns)
        _join_rows(ring, columns, s, first, weight, rows, square, made, to, start, stop)


@njit(cache=True, nogil=True)
def _add_times(weight: np.float32, p: Plane, at: At, out: Plane, to: At, count: At) -> None:
    for x in range(count):
        out[to + x] += weight * p[at + x]


@njit(cache=True, nogil=True)
def _join_rows(
    ring: Plane,
    columns: int,
    s: float,
    first: int,
    weight: Plane,
    rows: int,
    square: bool,
    out: Plane,
    to: int,
    start: int,
    stop: int,
) -> None:
    """Columns `start` to `stop` of one output row, which begins at out[to], from the moved rows of the ring.

    What was not seen is left out: its NaN would have every column be asked if it is missing.
    """
    here, count = At(to + start), At(stop - start)
    if weight[2] == 1.0:
        _copy(ring, _in_ring(first + 2, columns, start), out, here, count)
        return
    if square:
        _squared(weight)
    if weight[0] != 0.0:
        a, b = _in_ring(first, columns, start), _in_ring(first + 1, columns, start)
        c, d = _in_ring(first + 2, columns, start), _in_ring(first + 3, columns, start)
        e, f = _in_ring(first + 4, columns, start), _in_ring(first + 5, columns, start)
        _join(ring, a, b, c, d, e, f, weight, out, here, count)
    else:
        for x in range(to + start, to + stop):
            out[x] = np.float32(0)
        for i in range(TAPS):
            if weight[i] != 0.0:
                _add_times(weight[i], ring, _in_ring(first + i, columns, start), out, here, count)
    if _any_missing(out, here, count):
        left = min(max(int(np.floor(s)), 0), max(rows - 2, 0))
        above, below = _in_ring(left, columns, 0), _in_ring(min(left + 1, rows - 1), columns, 0)
        pair = np.empty(2, np.float32)
        for x in range(At(start), At(stop)):
            if np.isnan(out[At(to) + x]):
                pair[0], pair[1] = ring[above + x], ring[below + x]
                out[At(to) + x] = mended(pair, s - left, square)


@njit(cache=True, nogil=True)
def _in_ring(k: int, columns: int, column: int) -> At:
    """Where a column of a moved row lies."""
    return At(k % RING * columns + column)


@njit(cache=True, nogil=True)
def move_nearest(plane: Any, place: Vector, shift: Vector, missing: Any, out: Any) -> None:
    """Takes the nearest pixel of `plane`; `missing` where nothing was seen."""
    rows, columns = plane.shape
    for y in range(rows):
        if not -REACH_PX <= place[y] <= rows - 1 + REACH_PX:
            out[y] = missing
            continue
        row = min(max(int(np.floor(place[y] + 0.5)), 0), rows - 1)
        start, stop = seen_range(shift[row], columns, REACH_PX)
        whole = int(np.floor(shift[row] + 0.5))
        out[y, :start] = missing
        out[y, stop:] = missing
        inner, outer = max(start, -whole), min(stop, columns - whole)
        out[y, start:inner] = plane[row, 0]
        out[y, outer:stop] = plane[row, columns - 1]
        copy_line(plane[row, inner + whole : outer + whole], out[y, inner:outer])
