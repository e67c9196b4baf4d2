"""Where a surface is steep enough to shade anything."""

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
