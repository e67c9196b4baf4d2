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
    seen_range,
    six_point,
    weights_at,
)

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
def _join(a: Plane, b: Plane, c: Plane, d: Plane, e: Plane, f: Plane, w: Plane, out: Plane) -> None:
    w0, w1, w2, w3, w4, w5 = w[0], w[1], w[2], w[3], w[4], w[5]
    for x in range(out.size):
        out[x] = w0 * a[x] + w1 * b[x] + w2 * c[x] + w3 * d[x] + w4 * e[x] + w5 * f[x]


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def _any_missing(line: Plane) -> bool:
    total = np.float32(0)
    for x in range(line.size):
        total += line[x]
    return bool(np.isnan(total))


@njit(cache=True, nogil=True)
def _move_row(line: Plane, shift: float, square: bool, out: Plane) -> None:
    """out[x] = line[x + shift]; NaN where that is outside."""
    columns, whole = line.size, int(np.floor(shift))
    start, stop = seen_range(shift, columns, FRINGE_PX)
    margin = 0 if whole == shift else 2
    inner = min(max(start, margin - whole), stop)
    outer = max(min(stop, columns - whole - (margin + 1 if margin else 0)), inner)
    out[:start] = np.nan
    out[stop:] = np.nan
    for x in range(start, inner):
        out[x] = one(line, x + shift, square)
    for x in range(outer, stop):
        out[x] = one(line, x + shift, square)
    if whole == shift:
        copy_line(line[inner + whole : outer + whole], out[inner:outer])
    elif outer > inner:
        _join_columns(line, inner + whole - 2, shift - whole, square, out[inner:outer])
        if _any_missing(out[inner:outer]):
            for x in range(inner, outer):
                if np.isnan(out[x]):
                    out[x] = mended(line, x + shift, square)


@njit(cache=True, nogil=True)
def _join_columns(line: Plane, i: int, f: float, square: bool, out: Plane) -> None:
    weight, n = six_point(f), i + out.size
    if square:
        weight = weight * weight
    a, b, c = line[i:n], line[i + 1 : n + 1], line[i + 2 : n + 2]
    _join(a, b, c, line[i + 3 : n + 3], line[i + 4 : n + 4], line[i + 5 : n + 5], weight, out)


@njit(cache=True, nogil=True)
def move_smooth(plane: Plane, place: Vector, shift: Vector, square: bool, out: Plane) -> None:
    """Interpolates `plane` into `out`; NaN where nothing was seen. `square`: see `interpolation.one`."""
    rows, columns = plane.shape
    ring, held = np.empty((RING, columns), np.float32), np.full(RING, -1, np.int64)
    for y in range(rows):
        s = place[y]
        if not -REACH_PX <= s <= rows - 1 + REACH_PX:
            out[y] = np.nan
            continue
        first, weight = weights_at(s, rows)
        for i in range(TAPS):
            k = min(max(first + i, 0), rows - 1)
            if weight[i] != 0.0 and held[k % RING] != k:
                _move_row(plane[k], shift[k], square, ring[k % RING])
                held[k % RING] = k
        _join_rows(ring, s, first, weight, rows, square, out[y])
        start, stop = seen_range(shift[min(max(int(np.floor(s + 0.5)), 0), rows - 1)], columns, REACH_PX)
        out[y, :start] = np.nan
        out[y, stop:] = np.nan


@njit(cache=True, nogil=True)
def _add_times(weight: np.float32, line: Plane, out: Plane) -> None:
    for x in range(out.size):
        out[x] += weight * line[x]


@njit(cache=True, nogil=True)
def _join_rows(ring: Plane, s: float, first: int, weight: Plane, rows: int, square: bool, out: Plane) -> None:
    """One output row from the moved rows of the ring."""
    if weight[2] == 1.0:
        copy_line(ring[(first + 2) % RING], out)
        return
    if square:
        weight = weight * weight
    if weight[0] != 0.0:
        a, b, c = ring[first % RING], ring[(first + 1) % RING], ring[(first + 2) % RING]
        d, e, f = ring[(first + 3) % RING], ring[(first + 4) % RING], ring[(first + 5) % RING]
        _join(a, b, c, d, e, f, weight, out)
    else:
        out[:] = np.float32(0)
        for i in range(TAPS):
            if weight[i] != 0.0:
                _add_times(weight[i], ring[(first + i) % RING], out)
    if _any_missing(out):
        left = min(max(int(np.floor(s)), 0), max(rows - 2, 0))
        pair = np.empty(2, np.float32)
        for x in range(out.size):
            if np.isnan(out[x]):
                pair[0], pair[1] = ring[left % RING, x], ring[min(left + 1, rows - 1) % RING, x]
                out[x] = mended(pair, s - left, square)


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
