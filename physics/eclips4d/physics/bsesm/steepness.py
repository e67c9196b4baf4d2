"""Bounds of a surface's slope and bend: where it is too gentle for shadows, and too plane for crests between steps."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from eclips4d.physics.bsesm.rays import BLOCK
from eclips4d.physics.bsesm.sweep import TILE

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


class Steepness(NamedTuple):
    """Upper bounds.

    Attributes
    ----------
    tiles : float32 [tiles, tiles]
        Of the slope, whatever its direction, in every tile and the tiles beside it.
    bend : float32 [blocks, blocks]
        Of the height (nm) by which the surface along a ray rises above its chord from step to step, in every block and
        one step around it.
    """

    tiles: F32
    bend: F32


def steepness(height: F64, pixel_nm: tuple[float, float]) -> Steepness:
    """Bounds for a surface [y, x].

    The slope of a bilinear cell nowhere exceeds what its steepest edges along x and y make together. Over one step a
    ray crosses one row at most, with a kink of the second difference there, and two cells, with their twists.
    """
    rows, columns = height.shape
    blocks = np.zeros((2, -(-rows // BLOCK), -(-columns // BLOCK)), np.float32)
    _fill(height, BLOCK, pixel_nm[0], pixel_nm[1], blocks)
    blocks *= 1.0 + 1e-6  # float32 rounds; these remain bounds
    slope, bend = np.sqrt(blocks[0]), blocks[1]
    side = TILE // BLOCK
    padded = np.pad(slope, [(0, -len(slope) % side), (0, -slope.shape[1] % side)])
    tiles = padded.reshape(len(padded) // side, side, -1, side).max((1, 3))
    return Steepness(maximum_filter(tiles, size=3, mode="constant"), np.ascontiguousarray(bend))


@_compiled  # type: ignore[untyped-decorator]
def _fill(height: F64, side: int, pixel_x: float, pixel_y: float, bounds: F32) -> None:
    """Squared slope and bend of every block."""
    rows, columns = height.shape
    for y in range(rows - 1):
        for x in range(columns - 1):
            a, b, c, d = height[y, x], height[y, x + 1], height[y + 1, x], height[y + 1, x + 1]
            along_x = max(abs(b - a), abs(d - c)) / pixel_x
            along_y = max(abs(c - a), abs(d - b)) / pixel_y
            slope = along_x * along_x + along_y * along_y
            kink_x = abs(b - 2.0 * a + height[y, max(x - 1, 0)])
            kink_y = abs(c - 2.0 * a + height[max(y - 1, 0), x])
            bend = 0.25 * max(kink_x, kink_y) + abs(a + d - b - c)
            bounds[0, y // side, x // side] = max(bounds[0, y // side, x // side], slope)
            if bend > 0.0:
                for row in range(max(y - 2, 0) // side, min((y + 2) // side, bounds.shape[1] - 1) + 1):
                    for column in range(max(x - 2, 0) // side, min((x + 2) // side, bounds.shape[2] - 1) + 1):
                        bounds[1, row, column] = max(bounds[1, row, column], bend)
