"""Places of a riser whose own way leads to no terrace take those of the nearest place that found its own."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.terraces.rays import FOUND

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def lenders_of(label: NDArray[np.int32], places: NDArray[np.int32], state: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Numbers [y, x] of the places that found their terraces; -1 elsewhere."""
    out = np.full(label.shape, -1, np.int32)
    for k in range(places.shape[0]):
        if state[k] == FOUND:
            out[places[k, 0], places[k, 1]] = k
    return out


@_compiled  # type: ignore[untyped-decorator]
def borrow(
    places: NDArray[np.int32],
    index: NDArray[np.int32],
    direction: NDArray[np.float32],
    borrower: int,
    reach: int,
    least: int,
    ends: NDArray[np.float32],
    found_label: NDArray[np.int32],
    state: NDArray[np.uint8],
) -> None:
    """Give places in the state `borrower` the terraces of the nearest place that found them and faces alike.

    Only where at least `least` such places lie within `reach` px. States of the borrowers become `FOUND`, and `index`
    [y, x], as `lenders_of` gives it, holds them afterwards.
    """
    lent = np.full(places.shape[0], -1, np.int32)
    near = _numbers(index)
    for k in range(places.shape[0]):
        # Whatever way they face: mostly there are none, which is soon told.
        if state[k] == borrower and _within(near, places[k], reach) >= least:
            lent[k] = _lender(places[k], direction[k], index, direction, reach, least)
    for k in range(places.shape[0]):
        if lent[k] >= 0:
            state[k] = FOUND
            index[places[k, 0], places[k, 1]] = k
            ends[k] = ends[lent[k]]
            found_label[k] = found_label[lent[k]]


@_compiled  # type: ignore[untyped-decorator]
def _numbers(index: NDArray[np.int32]) -> NDArray[np.int32]:
    """How many lenders there are above and to the left of each corner of the pixels, [y + 1, x + 1]."""
    rows, columns = index.shape
    out = np.zeros((rows + 1, columns + 1), np.int32)
    for y in range(rows):
        total, row, above, here = 0, index[y], out[y, 1:], out[y + 1, 1:]
        for x in range(columns):
            total += row[x] >= 0
            here[x] = above[x] + total
    return out


@_compiled  # type: ignore[untyped-decorator]
def _within(numbers: NDArray[np.int32], place: NDArray[np.int32], reach: int) -> int:
    """Lenders in the square around a place."""
    rows, columns = numbers.shape
    top, bottom = max(place[0] - reach, 0), min(place[0] + reach + 1, rows - 1)
    left, right = max(place[1] - reach, 0), min(place[1] + reach + 1, columns - 1)
    return int(numbers[bottom, right] - numbers[top, right] - numbers[bottom, left] + numbers[top, left])


@_compiled  # type: ignore[untyped-decorator]
def _lender(
    place: NDArray[np.int32],
    facing: NDArray[np.float32],
    index: NDArray[np.int32],
    direction: NDArray[np.float32],
    reach: int,
    least: int,
) -> int:
    """The nearest place that faces alike, or -1."""
    rows, columns = index.shape
    best, nearest, count = reach * reach + 1, -1, 0
    for ring in range(1, reach + 1):
        if count >= least and best < ring * ring:
            break
        for y in range(max(place[0] - ring, 0), min(place[0] + ring + 1, rows)):
            stride = 1 if abs(y - place[0]) == ring else 2 * ring
            for x in range(place[1] - ring, place[1] + ring + 1, stride):
                other = index[y, x] if 0 <= x < columns else -1
                if other < 0:
                    continue
                if facing[0] * direction[other, 0] + facing[1] * direction[other, 1] <= 0.7:
                    continue
                count += 1
                far = (y - place[0]) ** 2 + (x - place[1]) ** 2
                # Of places equally near the one that comes first.
                if far < best or (far == best and other < nearest):
                    best, nearest = far, other
    return nearest if count >= least else -1
