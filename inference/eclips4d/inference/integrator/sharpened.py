"""Waves of a few pixels, as high as they are: means over two pixels' slopes do not see all of a step between them.

The slope of a border is a mean over its neighbours, exact to fourth order; shorter waves come out too low. With e for
minus the second difference, which is 4 sin²(w/2) for waves of w per pixel, what is missing is the series
11/720 e² + 19/10080 e³ + …: a tenth at four pixels, a third at three. So fourth and sixth differences of the height
along either axis are added to it, as far as they stand out of the noise: what is not seen is not sharpened.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.integrator.twice import for_both

F32 = NDArray[np.float32]

FOURTH: Final = 11.0 / 720.0
SIXTH: Final = 1.0 / 200.0
"""More than the series has, for the terms that are left out: right to a hundredth down to 3.5 pixels."""
STANDING_OUT: Final = 0.2
"""What is missing over the noise of a step from which half of it is added."""
REACH: Final = 3
"""Pixels on either side that a sixth difference takes."""
_LEAST: Final = 1e-30
"""Noise of a step, nm, where there is none."""
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def sharpened(height: F32, noise_nm: tuple[float, float]) -> F32:
    """A height [y, x] of the same mean, nm.

    Parameters
    ----------
    height
        By least squares from border slopes; finite.
    noise_nm
        Sd of a height step between neighbours as it was measured, (x, y).
    """
    rows, columns = height.shape
    per_x, per_y = (np.float32(1.0 / (STANDING_OUT * max(noise, _LEAST))) for noise in noise_nm)
    out, added = np.empty_like(height), np.zeros((2, columns), np.float32)

    def half(part: int) -> None:
        _rows(height, per_x, per_y, part * rows // 2, (part + 1) * rows // 2, out, added[part])

    for_both(half, height.size)
    out -= np.float32(added.sum(dtype=np.float64) / height.size)
    return out


@_compiled  # type: ignore[untyped-decorator]
def _rows(height: F32, per_x: np.float32, per_y: np.float32, first: int, last: int, out: F32, added: F32) -> None:
    """Rows `first` to `last` of the sharpened height; `added` is raised by what was added in each column."""
    rows, columns = height.shape
    line = np.empty(columns + 2 * REACH, np.float32)
    for y in range(first, last):
        middle = height[y]
        line[REACH : columns + REACH] = middle
        for k in range(REACH):
            line[REACH - 1 - k] = middle[_mirrored(-1 - k, columns)]
            line[columns + REACH + k] = middle[_mirrored(columns + k, columns)]
        a, b, c = height[_mirrored(y - 3, rows)], height[_mirrored(y - 2, rows)], height[_mirrored(y - 1, rows)]
        e, f, g = height[_mirrored(y + 1, rows)], height[_mirrored(y + 2, rows)], height[_mirrored(y + 3, rows)]
        for x in range(columns):
            along = _missing(line[x] + line[x + 6], line[x + 1] + line[x + 5], line[x + 2] + line[x + 4], middle[x])
            down = _missing(a[x] + g[x], b[x] + f[x], c[x] + e[x], middle[x])
            more = _seen(along, per_x) + _seen(down, per_y)
            out[y, x] = middle[x] + more
            added[x] += more


@_compiled  # type: ignore[untyped-decorator]
def _mirrored(at: int, count: int) -> int:
    """Beyond the edge an image goes on as its mirror image, as far as there is one."""
    at = -1 - at if at < 0 else at
    at = 2 * count - 1 - at if at >= count else at
    return min(max(at, 0), count - 1)


@_compiled  # type: ignore[untyped-decorator]
def _missing(third: np.float32, second: np.float32, first: np.float32, here: np.float32) -> np.float32:
    """From the sums of both neighbours so many pixels away."""
    return (
        np.float32(6.0 * FOURTH + 20.0 * SIXTH) * here
        - np.float32(4.0 * FOURTH + 15.0 * SIXTH) * first
        + np.float32(FOURTH + 6.0 * SIXTH) * second
        - np.float32(SIXTH) * third
    )


@_compiled  # type: ignore[untyped-decorator]
def _seen(missing: np.float32, per: np.float32) -> np.float32:
    """What of it stands out of the noise."""
    ratio = missing * per
    return missing * (np.float32(1.0) - np.float32(1.0) / (np.float32(1.0) + ratio * ratio))
