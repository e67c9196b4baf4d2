"""Means of points within a circle, in one pass."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
# Sums may be taken in any order, which vectors need.
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})


@_compiled  # type: ignore[untyped-decorator]
def clipped(p: F64, q: F64, centre_p: float, centre_q: float, radius: float) -> tuple[int, float, float, float]:
    """Of the points (p, q) within a circle: their number, means of p and q, and mean squared distance from these."""
    count, sum_p, sum_q, square = 0, 0.0, 0.0, 0.0
    for k in range(p.size):
        a, b = p[k] - centre_p, q[k] - centre_q
        far = a * a + b * b
        inside = far <= radius * radius
        count += inside
        sum_p += a if inside else 0.0
        sum_q += b if inside else 0.0
        square += far if inside else 0.0
    mean_p, mean_q = sum_p / count, sum_q / count
    spread = square / count - mean_p * mean_p - mean_q * mean_q
    return count, centre_p + mean_p, centre_q + mean_q, spread
