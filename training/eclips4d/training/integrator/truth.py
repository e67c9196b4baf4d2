"""Heights and slopes as pixel means, from a surface on a grid finer than the image, and as a detector reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True, slots=True)
class Truth:
    """One patch, in units of the pixel size.

    Attributes
    ----------
    height : float32 [y, x]
        Pixel means.
    slope : float32 [2, y, x]
        Pixel means as read: steep parts saturate.
    steepest : float32 [y, x]
        Rms slope within the pixel, as read.
    """

    height: F32
    slope: F32
    steepest: F32


def pixel_means(height: F32, fine: int, saturation: float) -> Truth:
    """Means over pixels of `fine` × `fine` points.

    Parameters
    ----------
    height
        In pixel sizes, [y·fine, x·fine].
    saturation
        Slope s beyond which what is read stays behind what is there, g/(1 + (g/s)⁴)^¼; infinite for exact slopes.
    """
    rows, columns = height.shape[0] // fine, height.shape[1] // fine
    out = np.zeros((4, rows, columns), np.float32)
    limit = np.float32(0.0 if np.isinf(saturation) else 1.0 / saturation**2)
    _pixel_means(np.ascontiguousarray(height, dtype=np.float32), fine, limit, out)
    return Truth(out[0], out[1:3], np.sqrt(out[3]))


@_compiled  # type: ignore[untyped-decorator]
def _pixel_means(height: F32, fine: int, per_square: np.float32, out: F32) -> None:
    """A central difference per point: its pixel mean is the difference of the heights at the pixel's borders."""
    rows, columns = out.shape[1] * fine, out.shape[2] * fine
    half, one, share = np.float32(0.5 * fine), np.float32(1.0), np.float32(1.0 / fine**2)
    for y in range(rows):
        above, below, j = max(y - 1, 0), min(y + 1, rows - 1), y // fine
        down = half * np.float32(2 // (below - above))
        for x in range(columns):
            left, right, i = max(x - 1, 0), min(x + 1, columns - 1), x // fine
            p = (height[y, right] - height[y, left]) * half * np.float32(2 // (right - left))
            q = (height[below, x] - height[above, x]) * down
            square = p * p + q * q
            if per_square > np.float32(0.0) and square * per_square > np.float32(0.02):
                shrink = one / np.sqrt(np.sqrt(one + (square * per_square) ** 2))
                p, q, square = p * shrink, q * shrink, square * shrink * shrink
            out[0, j, i] += share * height[y, x]
            out[1, j, i] += share * p
            out[2, j, i] += share * q
            out[3, j, i] += share * square
