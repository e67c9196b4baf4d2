"""The gathering transposed: from derivatives with respect to tangents in rings back to heights."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.bsesm.rays import DEPARTURE
from eclips4d.physics.vft.ways import Ways

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_SAME, _ONE = np.float32(1e-5), np.float32(1.0)
"""Tangents that near one another are the same: they were added up in another order."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def ungather(height: F32, y: int, ways: Ways, d: int, steps: int, token: F32, to_token: F32, to_height: F64) -> None:
    """Transpose of `gather` for one row and way; adds to `to_height`.

    A ring's tangent belongs to the pixel and to the place that shows it: the first step whose tangent is the ring's.
    """
    rows, columns = height.shape
    for x in range(columns):
        if to_token[0, x] != 0.0:
            _undepart(y, x, ways, d, to_token[0, x], to_height)
    for i in range(steps):
        r, c = y + ways.row[d, i], ways.column[d, i]
        other, shifted = r + ways.beside[d, 0], c + ways.beside[d, 1]
        start, end = max(0, -c, -shifted), min(columns, columns - c, columns - shifted)
        if r < 0 or other < 0 or r >= rows or other >= rows or start >= end:
            return
        ring, share, scale = ways.ring[i], ways.share[d, i], ways.per_nm[d, i]
        wanted, seen = to_token[ring], token[ring]
        for x in range(start, end):
            if wanted[x] == 0.0:
                continue
            there = height[r, x + c] + share * (height[other, x + shifted] - height[r, x + c])
            tangent = (there - height[y, x]) * scale
            if tangent >= seen[x] - _SAME * (abs(seen[x]) + _ONE):
                back = float(wanted[x]) * float(scale)
                to_height[r, x + c] += back * (1.0 - float(share))
                to_height[other, x + shifted] += back * float(share)
                to_height[y, x] -= back
                wanted[x] = 0.0


@_compiled  # type: ignore[untyped-decorator]
def _undepart(y: int, x: int, ways: Ways, d: int, to_tangent: float, to_height: F64) -> None:
    ahead_row, ahead, side_row, side = ways.cell[d]
    share, scale = float(ways.sideways[d]), float(to_tangent) * float(ways.per_nm[d, 0])
    to_ahead, to_aside, across = 1.0 - share * DEPARTURE, share * (1.0 - DEPARTURE), share * DEPARTURE
    to_height[y + ahead_row, x + ahead] += scale * to_ahead
    to_height[y + side_row, x + side] += scale * to_aside
    to_height[y + ahead_row + side_row, x + ahead + side] += scale * across
    to_height[y, x] -= scale * (to_ahead + to_aside + across)
