"""What `moving.move_smooth` leaves of white noise, exactly: the root of the sum of its squared weights."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from eclips4d.registration.interpolation import FRINGE_PX, REACH_PX, TAPS, six_point_into, weights_into

Plane = NDArray[np.float32]
Vector = NDArray[np.float64]


@njit(cache=True, nogil=True)
def scale_noise(sd: Plane, place: Vector, shift: Vector) -> None:
    """Multiplies a moved sd plane by what `move_smooth` leaves of white noise where no pixel is missing."""
    rows, columns = sd.shape
    inside, left, right = np.empty(rows), np.empty(rows, np.int64), np.empty(rows, np.int64)
    weight, own = np.empty(TAPS, np.float32), np.empty(TAPS, np.float32)
    for k in range(rows):
        whole = int(np.floor(shift[k]))
        six_point_into(shift[k] - whole, weight)
        inside[k] = _sum_of_squares(weight)
        left[k], right[k] = 2 - whole, columns - 3 - whole
    for y in range(rows):
        if not -REACH_PX <= place[y] <= rows - 1 + REACH_PX:
            continue
        first = weights_into(place[y], rows, weight)
        total, low, high = 0.0, 0, columns
        for i in range(TAPS):
            if weight[i] != 0.0:
                total += weight[i] ** 2 * inside[first + i]
                low, high = max(low, left[first + i]), min(high, right[first + i])
        low = min(low, columns)
        high = max(high, low)
        scale = np.float32(np.sqrt(total))
        line = sd[y]
        for x in range(low, high):
            line[x] *= scale
        _scale_one_by_one(line, 0, low, place[y], first, weight, shift, own)
        _scale_one_by_one(line, high, columns, place[y], first, weight, shift, own)


@njit(cache=True, nogil=True)
def _sum_of_squares(weight: Plane) -> np.float32:
    """As `numpy.sum` of six single precision numbers adds them."""
    total = np.float32(0)
    for i in range(TAPS):
        total += weight[i] * weight[i]
    return total


@njit(cache=True, nogil=True)
def _scale_one_by_one(
    line: Plane, start: int, stop: int, place: float, first: int, weight: Plane, shift: Vector, own: Plane
) -> None:
    """Columns beside which a row of those that are joined ends; `own` is room for six weights."""
    for x in range(start, stop):
        if line[x] == line[x]:  # false for NaN alone, where nothing was seen
            line[x] *= _left_at(x, place, first, weight, shift, line.size, own)


@njit(cache=True, nogil=True)
def _left_at(x: int, s: float, first: int, weight: Plane, shift: Vector, columns: int, room: Plane) -> np.float32:
    """What is left of white noise of sd 1 in column x; anything where nothing was seen."""
    total = 0.0
    for i in range(TAPS):
        if weight[i] != 0.0:
            across = _across(x + shift[first + i], columns, room)
            if across < 0.0:
                # A row that does not reach so far: as `mended`.
                near, left = int(np.floor(s + 0.5)), int(np.floor(s))
                near = min(max(near, 0), shift.size - 1)
                other = left + 1 if near == left else left
                own, f = _across(x + shift[near], columns, room), abs(s - near)
                beside = -1.0 if not 0 <= other < shift.size else _across(x + shift[other], columns, room)
                if beside < 0.0:
                    return np.float32(np.sqrt(max(own, 0.0)))
                return np.float32(np.sqrt((1 - f) ** 2 * own + f**2 * beside))
            total += weight[i] ** 2 * across
    return np.float32(np.sqrt(total))


@njit(cache=True, nogil=True)
def _across(place: float, columns: int, room: Plane) -> float:
    """Variance that moving a row leaves of white noise of variance 1 at a place; -1 outside."""
    if not -FRINGE_PX <= place <= columns - 1 + FRINGE_PX:
        return -1.0
    weights_into(place, columns, room)
    return float(_sum_of_squares(room))
