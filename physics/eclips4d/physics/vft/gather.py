"""What a pixel sees along one way: the highest tangent in every ring. Additions and comparisons of neighbours."""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.bsesm.rays import DEPARTURE
from eclips4d.physics.vft.ways import Ways

F32 = NDArray[np.float32]

NOTHING: Final = np.float32(-8.0)
"""In a ring of which nothing lies within the image or within reach; no lower, as tangents are
added to it, and pits are no horizons."""
_TWIST, _NOUGHT = np.float32(DEPARTURE), np.float32(0.0)

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"nnan", "nsz", "contract"})


@_compiled  # type: ignore[untyped-decorator]
def gather(height: F32, y: int, left: int, stop: int, ways: Ways, d: int, steps: int, token: F32) -> None:
    """Fill the tokens [rings, columns] of row y, columns `left` to `stop`, along way d as far as `steps`.

    Tangents are raised by what is missing: written as a maximum, compilers store lane by lane.
    """
    rows, columns = height.shape
    token[:, left:stop] = NOTHING
    _depart(height, y, left, stop, ways, d, token[0])
    for i in range(steps):
        r, c = y + ways.row[d, i], ways.column[d, i]
        other, shifted = r + ways.beside[d, 0], c + ways.beside[d, 1]
        start, end = max(left, -c, -shifted), min(stop, columns - c, columns - shifted)
        if r < 0 or other < 0 or r >= rows or other >= rows or start >= end:
            return
        here, highest = height[y, start:end], token[ways.ring[i], start:end]
        seen, next_to = height[r, start + c : end + c], height[other, start + shifted : end + shifted]
        towards, scale = ways.share[d, i], ways.per_nm[d, i]
        if towards == _NOUGHT:
            for x in range(end - start):
                tangent = (seen[x] - here[x]) * scale
                highest[x] += max(tangent - highest[x], _NOUGHT)
        else:
            for x in range(end - start):
                tangent = (seen[x] + towards * (next_to[x] - seen[x]) - here[x]) * scale
                highest[x] += max(tangent - highest[x], _NOUGHT)


@_compiled  # type: ignore[untyped-decorator]
def _depart(height: F32, y: int, left: int, stop: int, ways: Ways, d: int, token: F32) -> None:
    """The slope on which the way leaves its pixel, as the exact simulator takes it; along axes the first step's."""
    rows, columns = height.shape
    ahead_row, ahead, side_row, side = ways.cell[d]
    lowest, most = (
        min(y, y + ahead_row, y + side_row, y + ahead_row + side_row),
        max(y, y + ahead_row, y + side_row, y + ahead_row + side_row),
    )
    start, end = max(left, -ahead, -side, -ahead - side), min(stop, columns - max(ahead, side, ahead + side, 0))
    if lowest < 0 or most >= rows or start >= end:
        return
    here, tangents = height[y, start:end], token[start:end]
    forward = height[y + ahead_row, start + ahead : end + ahead]
    aside = height[y + side_row, start + side : end + side]
    across = height[y + ahead_row + side_row, start + ahead + side : end + ahead + side]
    share, scale = ways.sideways[d], ways.per_nm[d, 0]
    for x in range(end - start):
        along, up = forward[x] - here[x], aside[x] - here[x]
        tangents[x] = (along + share * (up + _TWIST * (across[x] - here[x] - along - up))) * scale
