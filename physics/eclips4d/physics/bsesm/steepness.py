"""Where a surface is too gentle to throw a shadow: tiles whose steepest slope stays below the horizon that matters."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from eclips4d.physics.bsesm.sweep import TILE

F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def steepest_of_tiles(height: F64, pixel_nm: tuple[float, float]) -> F64:
    """Upper bound of the slope, whatever its direction, in every tile and the tiles beside it, float64 [tiles, tiles].

    The slope of a bilinear cell nowhere exceeds what its steepest edges along x and y make together.
    """
    rows, columns = height.shape
    steepest = np.zeros((-(-rows // TILE), -(-columns // TILE)))
    _fill(height, TILE, pixel_nm[0], pixel_nm[1], steepest)
    return np.asarray(maximum_filter(np.sqrt(steepest), size=3, mode="constant"))


@_compiled  # type: ignore[untyped-decorator]
def _fill(height: F64, side: int, pixel_x: float, pixel_y: float, steepest: F64) -> None:
    rows, columns = height.shape
    for y in range(rows - 1):
        for tile in range(steepest.shape[1]):
            most = 0.0
            for x in range(tile * side, min(tile * side + side, columns - 1)):
                a, b, c, d = height[y, x], height[y, x + 1], height[y + 1, x], height[y + 1, x + 1]
                along_x = max(abs(b - a), abs(d - c)) / pixel_x
                along_y = max(abs(c - a), abs(d - b)) / pixel_y
                most = max(most, along_x * along_x + along_y * along_y)
            steepest[y // side, tile] = max(steepest[y // side, tile], most)
