"""What of measured slopes no height can have, around every pixel: their circulation over its sd.

The sum of dh/dx along the upper side of a square, dh/dy down the right one and so on is the height that is gained on
the way round: none, but for noise and errors. Of slopes turned by a right angle it is what flows out of the square,
which surfaces do have.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

REACH: Final = 2
"""From a pixel to the sides of the square around which slopes are followed; rows are written out for it."""
_VARIANCE: Final = 4.0 * (2.0 * REACH - 0.5)
"""Of the way round for independent slopes of variance 1: at its corners each counts half."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})


def steps_per_sd(pixel_size_xy_nm: tuple[float, float]) -> tuple[np.float32, np.float32]:
    """Sides of a pixel over the sd of the way round for slopes of sd 1."""
    dx, dy = pixel_size_xy_nm
    per_sd = np.sqrt(2.0 / (_VARIANCE * (dx * dx + dy * dy)))
    return np.float32(dx * per_sd), np.float32(dy * per_sd)


def flowed(slope: F32, slope_sd: F32, pixel_size_xy_nm: tuple[float, float], every: int) -> F32:
    """What flows out around one pixel in `every` rows and columns, over its sd; 0 beside the border.

    Parameters
    ----------
    slope
        As measured, [2, y, x]: nothing that belongs to a surface already.
    slope_sd
        Of either component, independent from pixel to pixel, [y, x].
    """
    dx, dy = steps_per_sd(pixel_size_xy_nm)
    return np.asarray(_around(slope[1], slope[0], slope_sd, dy, -dx, every), dtype=np.float32)


@_compiled  # type: ignore[untyped-decorator]
def _around(along_x: F32, along_y: F32, slope_sd: F32, dx: np.float32, dy: np.float32, every: int) -> F32:
    rows, columns = slope_sd.shape
    half = np.float32(0.5)
    out = np.zeros(((rows - 1) // every + 1, (columns - 1) // every + 1), np.float32)
    for j in range(out.shape[0]):
        for i in range(out.shape[1]):
            y, x = j * every, i * every
            if min(y, x) < REACH or y >= rows - REACH or x >= columns - REACH:
                continue
            down = across = np.float32(0.0)
            for k in range(-REACH, REACH + 1):
                weight = half if abs(k) == REACH else np.float32(1.0)
                down += weight * (along_y[y + k, x + REACH] - along_y[y + k, x - REACH])
                across += weight * (along_x[y + REACH, x + k] - along_x[y - REACH, x + k])
            out[j, i] = (dy * down - dx * across) / slope_sd[y, x]
    return out


@_compiled  # type: ignore[untyped-decorator]
def along_row(p: F32, out: F32) -> None:
    """Slopes p along pieces of a row from REACH before each pixel to REACH behind, into `out` [x]; none at its ends."""
    half = np.float32(0.5)
    for x in range(p.size - 2 * REACH):
        out[x + REACH] = half * (p[x] + p[x + 4]) + (p[x + 1] + p[x + 2] + p[x + 3])


@_compiled  # type: ignore[untyped-decorator]
def turned_row(
    q: F32, y: int, above: F32, below: F32, noise: F32, dx: np.float32, dy: np.float32, down: F32, out: F32
) -> None:
    """Circulation around the pixels of row y over its sd, into `out` [x]; 0 beside the image's border.

    Parameters
    ----------
    q
        Slopes dh/dy as measured, [y, x].
    above, below
        Of `along_row`, REACH rows before and behind.
    noise
        Sd of slopes, [x].
    dx, dy
        Of `steps_per_sd`.
    down
        Room for a row.
    """
    rows, columns = q.shape
    out[:] = np.float32(0.0)
    if not REACH <= y < rows - REACH:
        return
    half = np.float32(0.5)
    a, b, c, d, e = q[y - 2], q[y - 1], q[y], q[y + 1], q[y + 2]
    for x in range(columns):
        down[x] = half * (a[x] + e[x]) + (b[x] + c[x] + d[x])
    for x in range(columns - 2 * REACH):
        round_ = dy * (down[x + 2 * REACH] - down[x]) - dx * (below[x + REACH] - above[x + REACH])
        out[x + REACH] = round_ / noise[x + REACH]
