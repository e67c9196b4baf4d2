"""Where between the steps a frame lies near its expectation: where values differ least.

A fit finds its way by the slopes of the roughness, so from no further than that is wide. Where the expectation is
less certain, all places within reach are tried first, every other one, and then those beside the best.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from eclips4d.registration.rows import At

Plane = NDArray[np.float32]
EVERY_ROW = 2
"""Every so manieth row says enough."""


def nearest(parts: Sequence[tuple[Plane, Plane, Plane, tuple[int, int]]], reach: int) -> tuple[float, float]:
    """How many rows and columns beyond the expectation the parts differ least from the frame.

    Parameters
    ----------
    parts : sequence of (float32 [c, y, x], float32 [y, x], float32 [c, y', x'], tuple of int)
        Of the reference: values, and where they count. Of the frame: values, and the row and column of them at which
        the part is expected to begin.
    reach : int
        How far to look.
    """
    tried: dict[tuple[int, int], float] = {}
    coarse = range(-(reach // 2) * 2, reach + 1, 2)
    _try(parts, [(y, x) for y in coarse for x in coarse], reach + 1, tried)
    best = min(tried, key=lambda place: tried[place])
    _try(parts, [(best[0] + y, best[1] + x) for y in (-1, 0, 1) for x in (-1, 0, 1)], reach + 1, tried)
    y, x = min(tried, key=lambda place: tried[place])
    down, right = (tuple(tried.get(place) for place in line) for line in _lines_through(y, x))
    return y + _vertex(*down), x + _vertex(*right)


def _lines_through(y: int, x: int) -> tuple[tuple[tuple[int, int], ...], ...]:
    return ((y - 1, x), (y, x), (y + 1, x)), ((y, x - 1), (y, x), (y, x + 1))


def _vertex(before: float | None, here: float | None, after: float | None) -> float:
    """Where the parabola through three neighbours is least, none where one was not tried."""
    if before is None or here is None or after is None or before + after <= 2.0 * here:
        return 0.0
    return 0.5 * (before - after) / (before + after - 2.0 * here)


def _try(
    parts: Sequence[tuple[Plane, Plane, Plane, tuple[int, int]]],
    places: list[tuple[int, int]],
    reach: int,
    tried: dict[tuple[int, int], float],
) -> None:
    new = [place for place in places if place not in tried]
    total, asked = np.zeros(len(new)), np.array(new, np.int64)
    for values, weight, frame, begin in parts:
        _unlike(values, weight, frame, begin[0], begin[1], asked, reach, total)
    tried.update(zip(new, total.tolist(), strict=True))


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "nsz"})
def _difference(values: Plane, i: At, weight: Plane, w: At, frame: Plane, j: At, count: At) -> np.float32:
    total = np.float32(0)
    for x in range(count):
        d = values[i + x] - frame[j + x]
        total += weight[w + x] * d * d
    return total


@njit(cache=True, nogil=True)
def _unlike(
    values: Plane,
    weight: Plane,
    frame: Plane,
    row: int,
    column: int,
    places: NDArray[np.int64],
    reach: int,
    total: NDArray[np.float64],
) -> None:
    """Adds to each place the weighted squares of what is different, over the pixels that all places show."""
    channels, rows, columns = values.shape
    top, bottom = max(0, reach - row), min(rows, frame.shape[1] - reach - row)
    left, right = max(0, reach - column), min(columns, frame.shape[2] - reach - column)
    if right <= left:
        return
    shown, high, wide = frame.reshape(-1), frame.shape[1], frame.shape[2]
    flat, count, counts = values.reshape(-1), At(right - left), weight.reshape(-1)
    for k in range(places.shape[0]):
        y, x = row + places[k, 0], column + places[k, 1]
        for c in range(channels):
            for i in range(top, bottom, EVERY_ROW):
                here, there = At((c * rows + i) * columns + left), At((c * high + i + y) * wide + left + x)
                total[k] += _difference(flat, here, counts, At(i * columns + left), shown, there, count)
