"""Horizons from farther away, on means of blocks of pixels: what is far is seen as well from a block."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.dsm.rays import Rays

F32 = NDArray[np.float32]

_NOUGHT = np.float32(0.0)

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"nnan", "nsz", "contract"})


@_compiled  # type: ignore[untyped-decorator]
def look_far(
    blocks: F32,
    rays: Rays,
    floor: float,
    nearest: int,
    steps: NDArray[np.int64],
    tangent: F32,
    distance: F32,
    first: int,
    last: int,
) -> None:
    """Fill the tangents above `floor` and distances (nm) that blocks' middles see, rows `first` to `last`.

    Parameters
    ----------
    nearest
        First step, from 0, that is looked at.
    steps : int64 [D]
        How many there are at most.
    tangent, distance : float32 [D, y, x]
    """
    rows, columns = blocks.shape
    for d in range(rays.sideways.size):
        beside_row, beside = rays.beside[d]
        for y in range(first, last):
            here, highest, place = blocks[y], tangent[d, y], distance[d, y]
            highest[:] = floor
            place[:] = 0.0
            for i in range(nearest, steps[d]):
                r, c = y + rays.row[d, i], rays.column[d, i]
                other, shifted = r + beside_row, c + beside
                start, end = max(0, -c, -shifted), min(columns, columns - c, columns - shifted)
                if r < 0 or other < 0 or r >= rows or other >= rows or start >= end:
                    break
                share, scale = rays.share[d, i], rays.per_nm[d, i]
                away = np.float32(1.0) / scale
                seen, next_to = blocks[r, start + c : end + c], blocks[other, start + shifted : end + shifted]
                own, best, at = here[start:end], highest[start:end], place[start:end]
                for x in range(end - start):
                    found = (seen[x] + share * (next_to[x] - seen[x]) - own[x]) * scale
                    more = found - best[x]
                    at[x] += away - at[x] if more > _NOUGHT else _NOUGHT
                    best[x] += max(more, _NOUGHT)
