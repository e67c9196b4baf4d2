"""Horizons from the first steps of rays, a run of a row at a time: additions and comparisons of neighbours.

Tangents are raised by what is missing: written as a maximum, compilers store lane by lane.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.bsesm.rays import DEPARTURE

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]

_TWIST, _NOUGHT = np.float32(DEPARTURE), np.float32(0.0)

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"nnan", "nsz", "contract"})


@_compiled  # type: ignore[untyped-decorator]
def raise_by_steps(
    height: F32, y: int, left: int, stop: int, row: I64, column: I64, beside: I64, share: F32, per_nm: F32, horizon: F32
) -> None:
    """Raise the tangents of row y, columns `left` to `stop`, to what the steps of one direction show."""
    rows, columns = height.shape
    for i in range(row.size):
        r, c = y + row[i], column[i]
        other, shifted = r + beside[0], c + beside[1]
        start, end = max(left, -c, -shifted), min(stop, columns - c, columns - shifted)
        if r < 0 or other < 0 or r >= rows or other >= rows or start >= end:
            return
        here, highest = height[y, start:end], horizon[start:end]
        seen, next_to = height[r, start + c : end + c], height[other, start + shifted : end + shifted]
        towards, scale = share[i], per_nm[i]
        if towards == 0.0:
            for x in range(end - start):
                tangent = (seen[x] - here[x]) * scale
                highest[x] += max(tangent - highest[x], _NOUGHT)
        else:
            for x in range(end - start):
                tangent = (seen[x] + towards * (next_to[x] - seen[x]) - here[x]) * scale
                highest[x] += max(tangent - highest[x], _NOUGHT)


@_compiled  # type: ignore[untyped-decorator]
def raise_by_departure(
    height: F32, y: int, left: int, stop: int, cell: I64, sideways: float, per_nm: float, horizon: F32
) -> None:
    """The same by the slope on which rays leave their pixels, as the exact simulator takes it."""
    rows, columns = height.shape
    ahead_row, ahead, side_row, side = cell
    lowest, highest_row = (
        min(y, y + ahead_row, y + side_row, y + ahead_row + side_row),
        max(y, y + ahead_row, y + side_row, y + ahead_row + side_row),
    )
    start, end = max(left, -ahead, -side, -ahead - side), min(stop, columns - max(ahead, side, ahead + side, 0))
    if lowest < 0 or highest_row >= rows or start >= end:
        return
    here, tangents = height[y, start:end], horizon[start:end]
    forward = height[y + ahead_row, start + ahead : end + ahead]
    aside = height[y + side_row, start + side : end + side]
    across = height[y + ahead_row + side_row, start + ahead + side : end + ahead + side]
    share, scale = np.float32(sideways), np.float32(per_nm)
    for x in range(end - start):
        along, up = forward[x] - here[x], aside[x] - here[x]
        tangent = (along + share * (up + _TWIST * (across[x] - here[x] - along - up))) * scale
        tangents[x] += max(tangent - tangents[x], _NOUGHT)
