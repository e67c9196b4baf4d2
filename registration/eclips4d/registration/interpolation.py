"""Compiled loops of `resample`: one plane moved onto the specimen's grid, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Vector = NDArray[np.float64]
TAPS = 4
REACH_PX = 0.5
"""How far beyond the outermost pixel centres a place still counts as seen: to the edge of the pixel."""


@njit(cache=True, nogil=True)
def cubic(f: float) -> Plane:
    """Keys' weights (1981, a = -1/2) of the samples at -1, 0, 1, 2 for a place at 0 <= f < 1."""
    weight = np.empty(TAPS, np.float32)
    weight[0] = -0.5 * f + f * f - 0.5 * f * f * f
    weight[1] = 1.0 - 2.5 * f * f + 1.5 * f * f * f
    weight[2] = 0.5 * f + 2.0 * f * f - 1.5 * f * f * f
    weight[3] = -0.5 * f * f + 0.5 * f * f * f
    return weight


@njit(cache=True, nogil=True)
def weights_at(place: float, size: int) -> tuple[int, Plane]:
    """First of four neighbouring samples and their weights for a place on an axis of `size` samples.

    On a sample: that sample. In the outermost cells: linear, and extrapolating. Elsewhere cubic. Samples that are
    not there have weight zero.
    """
    whole = int(np.floor(place))
    if whole >= 1 and whole + 2 < size and whole != place:
        return whole - 1, cubic(place - whole)
    weight = np.zeros(TAPS, np.float32)
    if whole == place and 0 <= whole < size:
        weight[1] = 1.0
    elif size == 1:
        whole, weight[1] = 0, 1.0
    else:
        whole = min(max(whole, 0), size - 2)
        weight[1], weight[2] = 1.0 - (place - whole), place - whole
    return whole - 1, weight


@njit(cache=True, nogil=True)
def source(y: int, rows: int, columns: int, start: Vector, rate: Vector) -> tuple[float, float, int, int]:
    """Source row of output row y, what to add to its columns, and the range of columns that were seen."""
    n = max(rows - 1, 1)
    s = (y + start[0]) / (1.0 - rate[0] / n)
    shift = start[1] + rate[1] * s / n
    first = max(0, int(np.ceil(-shift - REACH_PX)))
    last = min(columns, int(np.floor(columns - 1 + REACH_PX - shift)) + 1)
    seen = -REACH_PX <= s <= rows - 1 + REACH_PX
    return s, shift, first, (max(first, last) if seen else first)


@njit(cache=True, nogil=True, fastmath={"contract"})
def _join_rows(plane: Plane, first: int, weight: Plane, line: Plane) -> None:
    if weight[0] == 0.0 and weight[3] == 0.0:
        line[:] = plane[first + 1]
        if weight[1] != 1.0:
            for x in range(line.size):
                line[x] = weight[1] * line[x] + weight[2] * plane[first + 2, x]
        return
    for x in range(line.size):
        line[x] = (
            weight[0] * plane[first, x]
            + weight[1] * plane[first + 1, x]
            + weight[2] * plane[first + 2, x]
            + weight[3] * plane[first + 3, x]
        )


@njit(cache=True, nogil=True)
def _one(line: Plane, place: float) -> float:
    first, weight = weights_at(place, line.size)
    total = 0.0
    for i in range(TAPS):
        if weight[i] != 0.0:
            total += weight[i] * line[first + i]
    return total


@njit(cache=True, nogil=True, fastmath={"contract"})
def _join_columns(line: Plane, shift: float, start: int, stop: int, out: Plane) -> None:
    whole = int(np.floor(shift))
    if whole == shift:
        out[start:stop] = line[start + whole : stop + whole]
        return
    inner = min(max(start, 1 - whole), stop)
    outer = max(min(stop, line.size - 2 - whole), inner)
    weight = cubic(shift - whole)
    for x in range(inner, outer):
        i = x + whole - 1
        out[x] = weight[0] * line[i] + weight[1] * line[i + 1] + weight[2] * line[i + 2] + weight[3] * line[i + 3]
    for x in range(start, inner):
        out[x] = _one(line, x + shift)
    for x in range(outer, stop):
        out[x] = _one(line, x + shift)


@njit(cache=True, nogil=True)
def move_smooth(plane: Plane, start: Vector, rate: Vector, out: Plane) -> None:
    """Interpolates `plane` into `out`; places that were not seen are left as they are."""
    rows, columns = plane.shape
    line = np.empty(columns, np.float32)
    for y in range(rows):
        s, shift, begin, end = source(y, rows, columns, start, rate)
        if end > begin:
            first, weight = weights_at(s, rows)
            _join_rows(plane, first, weight, line)
            _join_columns(line, shift, begin, end, out[y])


@njit(cache=True, nogil=True)
def move_nearest(plane: Any, start: Vector, rate: Vector, out: Any) -> None:
    """Takes the nearest pixel of `plane`; places that were not seen are left as they are."""
    rows, columns = plane.shape
    for y in range(rows):
        s, shift, begin, end = source(y, rows, columns, start, rate)
        row, whole = min(max(int(np.floor(s + 0.5)), 0), rows - 1), int(np.floor(shift + 0.5))
        for x in range(begin, end):
            out[y, x] = plane[row, min(max(x + whole, 0), columns - 1)]


@njit(cache=True, nogil=True)
def scale_noise(sd: Plane, start: Vector, rate: Vector) -> None:
    """Multiplies a moved sd plane by what the interpolation of `move_smooth` leaves of white noise."""
    rows, columns = sd.shape
    for y in range(rows):
        s, shift, begin, end = source(y, rows, columns, start, rate)
        if end > begin:
            across = _norm(weights_at(s, rows)[1])
            inside = across * _norm(weights_at(shift - np.floor(shift) + 1.0, 4)[1])
            whole = int(np.floor(shift))
            for x in range(begin, end):
                if 1 <= x + whole < columns - 2:
                    sd[y, x] *= inside
                else:
                    sd[y, x] *= across * _norm(weights_at(x + shift, columns)[1])


@njit(cache=True, nogil=True)
def _norm(weight: Plane) -> np.float32:
    return np.float32(np.sqrt(np.sum(weight * weight)))
