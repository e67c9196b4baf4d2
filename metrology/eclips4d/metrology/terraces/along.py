"""What maps show along an edge: gaps closed, slopes averaged over the window, the usual value of many.

Compiled: a run has tens of edges per frame, too short for array expressions to pay.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import FloatArray

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def median(values: F64) -> float:
    """Of values that are all finite or none; NaN of none."""
    return np.median(values) if values.size else np.nan


@_compiled  # type: ignore[untyped-decorator]
def medians(values: F64, starts: I64) -> F64:
    """Of each line; `starts` [lines + 1] says where each begins among all points, and where the last ends."""
    out = np.empty(starts.size - 1)
    for k in range(out.size):
        out[k] = np.median(values[starts[k] : starts[k + 1]])
    return out


@_compiled  # type: ignore[untyped-decorator]
def read(image: FloatArray, pixels: I64, starts: I64) -> F64:
    """Values of pixels (row, column) [n, 2]; where nothing is known, what is known beside along the same line."""
    out = np.empty(len(pixels))
    for k in range(len(pixels)):
        out[k] = image[pixels[k, 0], pixels[k, 1]]
    _fill(out, starts)
    return out


@_compiled  # type: ignore[untyped-decorator]
def rises(slope: FloatArray, shared: tuple[float, float], pixels: I64, normal: F64, starts: I64) -> F64:
    """Slopes [2, y, x] along the normals of lines, without the slope that terraces share; gaps closed."""
    out = np.empty(len(pixels))
    for k in range(len(pixels)):
        row, column = pixels[k]
        p, q = slope[0, row, column] - shared[0], slope[1, row, column] - shared[1]
        out[k] = normal[k, 0] * p + normal[k, 1] * q
    _fill(out, starts)
    return out


@_compiled  # type: ignore[untyped-decorator]
def averaged(values: F64, half: int, closed: NDArray[np.bool_], starts: I64) -> F64:
    """Running means over 2·half + 1 values; a closed line goes round, an open one goes on with its last value."""
    out = np.zeros(values.size)
    for line in range(closed.size):
        first, count = starts[line], starts[line + 1] - starts[line]
        for k in range(count):
            for near in range(k - half, k + half + 1):
                at = near % count if closed[line] else min(max(near, 0), count - 1)
                out[first + k] += values[first + at]
            out[first + k] /= 2 * half + 1
    return out


@_compiled  # type: ignore[untyped-decorator]
def _fill(values: F64, starts: I64) -> None:
    """Close gaps between known values of a line by a straight line; its ends go on as they are."""
    for line in range(starts.size - 1):
        last = -1
        part = values[starts[line] : starts[line + 1]]
        for k in range(part.size):
            if not np.isfinite(part[k]):
                continue
            for gap in range(last + 1, k):
                share = (gap - last) / (k - last)
                part[gap] = part[k] if last < 0 else part[last] + share * (part[k] - part[last])
            last = k
        if last >= 0:
            part[last + 1 :] = part[last]
