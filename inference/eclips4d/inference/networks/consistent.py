"""Slopes that belong to one surface: what of them has curl is error, and is taken out.

The height integrates the slopes as well as a surface can. Where its steps differ from the slopes, at a border between
two pixels, no surface has these slopes; half of the difference goes back to either pixel. For white errors that halves
their variance, as only one of the two parts of a vector field, gradient and curl, can be a surface's. Corrections stay
within a few of the slopes' own sd, so that jumps of the height, whose walls have no slope that a detector could see,
leave slopes beside them alone.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.integrate import INNER, OUTER

F32 = NDArray[np.float32]

MOST_SD: Final = 2.0
"""Largest correction, in sd of the slope."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def consistent(slope: F32, slope_sd: F32, height: F32, pixel_size_xy_nm: tuple[float, float]) -> F32:
    """Slopes with the height's own steps, as far as their sd allows.

    Parameters
    ----------
    slope
        dh/dx, dh/dy, [2, y, x].
    slope_sd
        [y, x].
    height
        That integrates them, nm, [y, x].

    Returns
    -------
    float32 [2, y, x]
    """
    found = np.empty_like(slope)
    dx, dy = pixel_size_xy_nm
    _along_rows(slope[0], slope_sd, height, np.float32(1.0 / dx), found[0])
    _along_columns(slope[1], slope_sd, height, np.float32(1.0 / dy), found[1])
    return found


@_compiled  # type: ignore[untyped-decorator]
def _along_rows(p: F32, sd: F32, height: F32, per_dx: np.float32, out: F32) -> None:
    rows, columns = p.shape
    inner, outer, half = np.float32(INNER), np.float32(OUTER), np.float32(0.5)
    left = np.empty(columns + 1, np.float32)
    for y in range(rows):
        for x in range(1, columns):
            border = half * (p[y, x - 1] + p[y, x])
            if 1 < x < columns - 1:
                border = inner * (p[y, x - 1] + p[y, x]) + outer * (p[y, x - 2] + p[y, x + 1])
            left[x] = (height[y, x] - height[y, x - 1]) * per_dx - border
        left[0] = left[1] if columns > 1 else np.float32(0.0)
        left[columns] = left[columns - 1] if columns > 1 else np.float32(0.0)
        for x in range(columns):
            out[y, x] = p[y, x] + _held(half * (left[x] + left[x + 1]), sd[y, x])


@_compiled  # type: ignore[untyped-decorator]
def _along_columns(q: F32, sd: F32, height: F32, per_dy: np.float32, out: F32) -> None:
    rows, columns = q.shape
    inner, outer, half = np.float32(INNER), np.float32(OUTER), np.float32(0.5)
    above, below = np.zeros(columns, np.float32), np.zeros(columns, np.float32)
    for y in range(rows):
        if y + 1 < rows:
            whole = 0 < y < rows - 2
            for x in range(columns):
                border = half * (q[y, x] + q[y + 1, x])
                if whole:
                    border = inner * (q[y, x] + q[y + 1, x]) + outer * (q[y - 1, x] + q[y + 2, x])
                below[x] = (height[y + 1, x] - height[y, x]) * per_dy - border
            if y == 0:
                above[:] = below
        for x in range(columns):
            out[y, x] = q[y, x] + _held(half * (above[x] + below[x]), sd[y, x])
        above[:] = below


@_compiled  # type: ignore[untyped-decorator]
def _held(correction: np.float32, sd: np.float32) -> np.float32:
    most = np.float32(MOST_SD) * sd
    return min(max(correction, -most), most)
