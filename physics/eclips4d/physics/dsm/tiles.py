"""How steep and how high a surface is, square by square."""

from __future__ import annotations

from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.bsesm.horizon import Spread
from eclips4d.physics.dsm.compiling import compiled
from eclips4d.physics.dsm.vectors import wide_and_apart

F32 = NDArray[np.float32]

TILE: Final = 8
"""Side of the squares of pixels that are told from each other."""


class Tiles(NamedTuple):
    """Squares of a surface's pixels, float32 [tiles, tiles] each.

    Attributes
    ----------
    steepest
        Upper bound of the slope between neighbouring pixels.
    steep
        Share of the pixels that are steeper than the floor of the horizon.
    highest, lowest
        Heights.
    """

    steepest: F32
    steep: F32
    highest: F32
    lowest: F32


def tiles_of(height: F32, pixel_nm: tuple[float, float], floor: float, spread: Spread) -> Tiles:
    """Of a surface [y, x]; `floor` is the tangent of the lowest elevation that counts."""
    tiles = Tiles(*np.empty((4, *(-(-side // TILE) for side in height.shape)), np.float32))
    per_nm = np.float32(1.0 / pixel_nm[0]), np.float32(1.0 / pixel_nm[1])
    spread(partial(_fill, height, *per_nm, np.float32(floor**2), *tiles), 0, len(tiles.highest))
    return tiles


@compiled  # type: ignore[untyped-decorator]
def _fill(
    height: F32,
    per_x: np.float32,
    per_y: np.float32,
    steeper: np.float32,
    steepest: F32,
    steep: F32,
    highest: F32,
    lowest: F32,
    first: int,
    last: int,
) -> None:
    rows, columns = height.shape
    of_columns = np.empty(5 * columns, np.float32)
    for b in range(first, last):
        begin, end = b * TILE, min((b + 1) * TILE, rows)
        _begin(height, begin, of_columns)
        for y in range(begin, end):
            _add_row(height, y, min(y + 1, rows - 1), per_x, per_y, steeper, of_columns)
        for a in range(steepest.shape[1]):
            along = down = count = np.float32(0.0)
            top, bottom = height[begin, a * TILE], height[begin, a * TILE]
            width = min(TILE, columns - a * TILE)
            for x in range(a * TILE, a * TILE + width):
                along, down = max(along, of_columns[x]), max(down, of_columns[columns + x])
                count += of_columns[2 * columns + x]
                top, bottom = max(top, of_columns[3 * columns + x]), min(bottom, of_columns[4 * columns + x])
            steepest[b, a] = np.sqrt(along + down)
            steep[b, a] = count / np.float32(width * (end - begin))
            highest[b, a], lowest[b, a] = top, bottom


@compiled  # type: ignore[untyped-decorator]
def _begin(height: F32, y: int, of_columns: F32) -> None:
    columns = height.shape[1]
    for x in range(columns):
        of_columns[x] = of_columns[columns + x] = of_columns[2 * columns + x] = np.float32(0.0)
        of_columns[3 * columns + x] = of_columns[4 * columns + x] = height[y, x]


@compiled  # type: ignore[untyped-decorator]
def _add_row(
    height: F32, y: int, below: int, per_x: np.float32, per_y: np.float32, steeper: np.float32, of_columns: F32
) -> None:
    """To squares of the steepest slopes along and down, how many are steep, and the highest and lowest heights."""
    wide_and_apart()
    columns = np.uint64(height.shape[1])
    downs, counts = columns, np.uint64(2) * columns
    tops, bottoms = np.uint64(3) * columns, np.uint64(4) * columns
    for n in range(height.shape[1]):
        x = np.uint64(n)
        here = height[y, x]
        along = (height[y, min(x + np.uint64(1), columns - np.uint64(1))] - here) * per_x
        down = (height[below, x] - here) * per_y
        along, down = along * along, down * down
        of_columns[x] = max(of_columns[x], along)
        of_columns[downs + x] = max(of_columns[downs + x], down)
        of_columns[counts + x] += np.float32(1.0) if along + down > steeper else np.float32(0.0)
        of_columns[tops + x] = max(of_columns[tops + x], here)
        of_columns[bottoms + x] = min(of_columns[bottoms + x], here)
