"""A surface as rays look at it: its pixels and the means of squares of them, with ground around that no ray sees."""

from __future__ import annotations

from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.bsesm.horizon import Spread
from eclips4d.physics.dsm.compiling import compiled
from eclips4d.physics.dsm.lanes import LANES, every, load, store

F32 = NDArray[np.float32]

BENEATH: Final = -1e20
"""Height of the ground around the surface, nm."""
ROWS: Final = 4
"""Rows of pixels that look together, LANES of each."""
_ABOVE, _BESIDE = 12, 2 * LANES
"""Rows and columns of ground on every side: a ray is followed until all pixels that look together have left."""
_ALIGNED: Final = 64


class Ground(NamedTuple):
    """Levels of a surface, one after the other.

    Attributes
    ----------
    flat : float32
        Rows of the pixels, then rows of the means of 2×2, 4×4 and 8×8 pixels that begin at each of them; nm.
    columns, level : int
        Places of a row, and of a level.
    first : int
        Place of the first pixel.
    """

    flat: F32
    columns: int
    level: int
    first: int


def ground_shape(shape: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of each level of a ground, of a surface [y, x]."""
    return shape[0] + 2 * _ABOVE, shape[1] + -shape[1] % LANES + 2 * _BESIDE


def ground_of(height: F32, levels: int, spread: Spread) -> Ground:
    """Of a surface [y, x], up to the last one of so many levels."""
    rows, columns = ground_shape(height.shape)
    size = rows * columns
    room = np.empty(levels * size + _ALIGNED // 4, np.float32)
    begin = -room.ctypes.data % _ALIGNED // 4  # many loads then lie in one line of the cache
    flat = room[begin : begin + levels * size]
    spread(partial(_fill, height, flat, columns), 0, rows)
    for level in range(1, levels):
        spread(partial(_fill_means, flat, level * size, rows, columns, 1 << (level - 1)), 0, rows)
    return Ground(flat, columns, size, _ABOVE * columns + _BESIDE)


@compiled  # type: ignore[untyped-decorator]
def _fill(height: F32, flat: F32, columns: int, first: int, last: int) -> None:
    for row in range(first, last):
        begin, y = row * columns, row - _ABOVE
        if 0 <= y < height.shape[0]:
            for x in range(_BESIDE):
                flat[begin + x] = BENEATH
            for x in range(height.shape[1]):
                flat[begin + _BESIDE + x] = height[y, x]
            for x in range(_BESIDE + height.shape[1], columns):
                flat[begin + x] = BENEATH
        else:
            for x in range(columns):
                flat[begin + x] = BENEATH


@compiled  # type: ignore[untyped-decorator]
def _fill_means(flat: F32, begin: int, rows: int, columns: int, half: int, first: int, last: int) -> None:
    """Of squares twice as wide as those of the level before."""
    quarter, before = every(np.float32(0.25)), begin - rows * columns
    for row in range(first, last):
        one, other, out = before + row * columns, before + min(row + half, rows - 1) * columns, begin + row * columns
        for x in range(0, columns, LANES):  # what lies beyond a row is the ground before the next one
            upper = load(flat, one + x) + load(flat, one + x + half)
            store(quarter * (upper + (load(flat, other + x) + load(flat, other + x + half))), flat, out + x)


def means_transposed(of_levels: NDArray[np.float64], ground: Ground, shape: tuple[int, int]) -> NDArray[np.float64]:
    """What derivatives with the levels [L, places] say of the pixels [y, x]."""
    rows = ground.level // ground.columns
    levels = of_levels.reshape(-1, rows, ground.columns).copy()
    for level in range(len(levels) - 1, 0, -1):
        half, given, into = 1 << (level - 1), 0.25 * levels[level], levels[level - 1]
        into += given
        into[half:] += given[:-half]
        into[:, half:] += given[:, :-half]
        into[half:, half:] += given[:-half, :-half]
    return np.ascontiguousarray(levels[0, _ABOVE : _ABOVE + shape[0], _BESIDE : _BESIDE + shape[1]])
