"""What of measured slopes no height can have, around every pixel: their circulation over its sd."""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

REACH: Final = 2
"""From a pixel to the sides of the square around which slopes are followed."""
_VARIANCE: Final = 4.0 * (2.0 * REACH - 0.5)
"""Of the way round for independent slopes of variance 1: at its corners each counts half."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})


def turned(slope: F32, slope_sd: F32, pixel_size_xy_nm: tuple[float, float], out: F32) -> None:
    """Fill `out` [y, x] with the circulation around each pixel over its sd; 0 beside the border.

    The sum of dh/dx along the upper side, dh/dy down the right one and so on is the height that is gained on the way
    round: none, but for noise and errors.

    Parameters
    ----------
    slope
        As measured, [2, y, x]: nothing that belongs to a surface already.
    slope_sd
        Of either component, independent from pixel to pixel, [y, x].
    """
    dx, dy = pixel_size_xy_nm
    per_sd = np.sqrt(2.0 / (_VARIANCE * (dx * dx + dy * dy)))
    _turned(slope[0], slope[1], slope_sd, np.float32(dx * per_sd), np.float32(dy * per_sd), out)


def flowed(slope: F32, slope_sd: F32, pixel_size_xy_nm: tuple[float, float], out: F32) -> None:
    """The same of slopes turned by a right angle: what flows out of each square, which surfaces do have."""
    dx, dy = pixel_size_xy_nm
    per_sd = np.sqrt(2.0 / (_VARIANCE * (dx * dx + dy * dy)))
    _turned(slope[1], slope[0], slope_sd, np.float32(dy * per_sd), np.float32(-dx * per_sd), out)


@_compiled  # type: ignore[untyped-decorator]
def _turned(along_x: F32, along_y: F32, slope_sd: F32, dx: np.float32, dy: np.float32, out: F32) -> None:
    rows, columns = out.shape
    half, along = np.float32(0.5), np.zeros((rows, columns), np.float32)
    for y in range(rows):
        p, sums = along_x[y], along[y]
        for x in range(REACH, columns - REACH):
            sums[x] = half * (p[x - REACH] + p[x + REACH])
        for i in range(1 - REACH, REACH):
            for x in range(REACH, columns - REACH):
                sums[x] += p[x + i]
    down = np.zeros(columns, np.float32)
    out[:] = np.float32(0.0)
    for y in range(REACH, rows - REACH):
        down[:] = np.float32(0.0)
        for i in range(-REACH, REACH + 1):
            weight, q = (half if abs(i) == REACH else np.float32(1.0)), along_y[y + i]
            for x in range(columns):
                down[x] += weight * q[x]
        above, below, noise, here = along[y - REACH], along[y + REACH], slope_sd[y], out[y]
        for x in range(REACH, columns - REACH):
            here[x] = (dy * (down[x + REACH] - down[x - REACH]) - dx * (below[x] - above[x])) / noise[x]
