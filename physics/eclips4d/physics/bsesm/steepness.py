"""Bounds of a surface's slope: where it is too gentle to throw a shadow, and how much can hide close by."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from eclips4d.physics.bsesm.rays import BLOCK, NEAR
from eclips4d.physics.bsesm.sweep import TILE

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


class Steepness(NamedTuple):
    """Upper bounds of the slope, whatever its direction.

    Attributes
    ----------
    tiles : float32 [tiles, tiles]
        In every tile and the tiles beside it.
    nearby : float32 [blocks, blocks]
        Within the first steps of the rays of every block's pixels.
    """

    tiles: F32
    nearby: F32


def steepness(height: F64, pixel_nm: tuple[float, float]) -> Steepness:
    """Bounds for a surface [y, x].

    The slope of a bilinear cell nowhere exceeds what its steepest edges along x and y make together.
    """
    rows, columns = height.shape
    blocks = np.zeros((-(-rows // BLOCK), -(-columns // BLOCK)), np.float32)
    _fill(height, BLOCK, pixel_nm[0], pixel_nm[1], blocks)
    np.sqrt(blocks, out=blocks)
    blocks *= 1.0 + 1e-6  # float32 rounds; this remains a bound
    side = TILE // BLOCK
    padded = np.pad(blocks, [(0, -len(blocks) % side), (0, -blocks.shape[1] % side)])
    tiles = padded.reshape(len(padded) // side, side, -1, side).max((1, 3))
    reach = 2 * (-(-NEAR // BLOCK) + 1) + 1
    return Steepness(
        maximum_filter(tiles, size=3, mode="constant"), maximum_filter(blocks, size=reach, mode="constant")
    )


@_compiled  # type: ignore[untyped-decorator]
def _fill(height: F64, side: int, pixel_x: float, pixel_y: float, steepest: F32) -> None:
    rows, columns = height.shape
    for y in range(rows - 1):
        for block in range(steepest.shape[1]):
            most = 0.0
            for x in range(block * side, min(block * side + side, columns - 1)):
                a, b, c, d = height[y, x], height[y, x + 1], height[y + 1, x], height[y + 1, x + 1]
                along_x = max(abs(b - a), abs(d - c)) / pixel_x
                along_y = max(abs(c - a), abs(d - b)) / pixel_y
                most = max(most, along_x * along_x + along_y * along_y)
            steepest[y // side, block] = max(steepest[y // side, block], most)
