"""Where a surface is steep enough to shade anything, and what it can shade."""

from __future__ import annotations

from functools import partial
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.bsesm.horizon import Spread
from eclips4d.physics.dsm.shade import TILE

F32 = NDArray[np.float32]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"nnan", "nsz", "contract"})


def steepest_of_tiles(height: F32, pixel_nm: tuple[float, float], spread: Spread) -> F32:
    """Upper bound of the slope between neighbouring pixels in every tile, [tiles, tiles]."""
    rows, columns = (-(-side // TILE) for side in height.shape)
    bound = np.zeros((rows, columns), np.float32)
    spread(partial(_fill, height, np.float32(1.0 / pixel_nm[0]), np.float32(1.0 / pixel_nm[1]), bound), 0, rows)
    return bound


@_compiled  # type: ignore[untyped-decorator]
def _fill(height: F32, per_x: float, per_y: float, bound: F32, first: int, last: int) -> None:
    rows, columns = height.shape
    for b in range(first, last):
        for a in range(bound.shape[1]):
            left, right = a * TILE, min((a + 1) * TILE, columns - 1)
            along, down = np.float32(0.0), np.float32(0.0)
            for y in range(b * TILE, min((b + 1) * TILE, rows - 1)):
                here, ahead, below = height[y, left:right], height[y, left + 1 : right + 1], height[y + 1, left:right]
                for x in range(right - left):
                    along = max(along, abs(ahead[x] - here[x]))
                    down = max(down, abs(below[x] - here[x]))
            bound[b, a] = np.sqrt((along * per_x) ** 2 + (down * per_y) ** 2)


def overtopped_tiles(height: F32, pixel_nm: tuple[float, float], floor: float) -> NDArray[np.bool_]:
    """Tiles with a pixel that anything may overtop by more than the tangent `floor`, [tiles, tiles].

    Cones are let down from all heights, along rows, columns and diagonals. Between two of these directions a way is
    longer by up to 1/cos of half the angle, and the surface between two pixels steeper by as much: cones are
    less steep than the floor by both.
    """
    dx, dy = pixel_nm
    widest = max(np.arctan2(dy, dx), np.arctan2(dx, dy))
    slope = floor * float(np.cos(widest / 2.0)) ** 2
    summit = height.copy()
    longest = int(np.ptp(height) / (slope * dx)) + 1
    _let_down(summit, *(np.float32(slope * step) for step in (dx, dy, float(np.hypot(dx, dy)))), longest)
    rows, columns = (-(-side // TILE) for side in height.shape)
    over = np.zeros((rows * TILE, columns * TILE), np.bool_)
    over[: height.shape[0], : height.shape[1]] = summit > height
    return np.asarray(over.reshape(rows, TILE, columns, TILE).any((1, 3)))


@_compiled  # type: ignore[untyped-decorator]
def _let_down(summit: F32, per_x: np.float32, per_y: np.float32, per_diagonal: np.float32, longest: int) -> None:
    """The highest cone over every pixel, in place: downwards, then upwards, each row from the one before it."""
    rows, columns = summit.shape
    for turn in range(2):
        for n in range(rows):
            y, before = (n, n - 1) if turn == 0 else (rows - 1 - n, rows - n)
            here = summit[y]
            if n > 0:
                there = summit[before]
                for x in range(columns):
                    here[x] = max(here[x], there[x] - per_y)
                for x in range(1, columns):
                    here[x] = max(here[x], there[x - 1] - per_diagonal)
                for x in range(columns - 1):
                    here[x] = max(here[x], there[x + 1] - per_diagonal)
            step = 1
            while step < min(longest, columns):
                less = np.float32(step) * per_x
                for x in range(columns - 1, step - 1, -1):
                    here[x] = max(here[x], here[x - step] - less)
                for x in range(columns - step):
                    here[x] = max(here[x], here[x + step] - less)
                step *= 2
