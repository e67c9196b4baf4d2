"""Polynomials over an image: sums against powers of x along its rows, and what is left without them.

Compiled: one pass each.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Sums may be taken in any order, which vectors need.
_compiled: Any = numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})


@_compiled  # type: ignore[untyped-decorator]
def sums_along(height: NDArray[Any], seen: Mask, powers: F64, weights: F64, heights: F64) -> None:
    """Sums over what was seen of each row.

    Parameters
    ----------
    height : [y, x]
    seen : bool [y, x]
    powers : float64 [k, x]
        Of x.
    weights : float64 [y, k]
        Out: sums of the powers.
    heights : float64 [y, j]
        Out: sums of height times power, for the first few powers.
    """
    there, row = np.empty(height.shape[1]), np.empty(height.shape[1])
    for y in range(height.shape[0]):
        seen_here, height_here = seen[y], height[y]
        for x in range(row.size):
            there[x] = 1.0 if seen_here[x] else 0.0
            row[x] = height_here[x] if seen_here[x] else 0.0
        for k in range(weights.shape[1]):
            weights[y, k] = _product(there, powers[k])
        for k in range(heights.shape[1]):
            heights[y, k] = _product(row, powers[k])


@_compiled  # type: ignore[untyped-decorator]
def _product(a: F64, b: F64) -> float:
    total = 0.0
    for x in range(a.size):
        total += a[x] * b[x]
    return total


@_compiled  # type: ignore[untyped-decorator]
def taken_off(height: NDArray[Any], seen: Mask, powers: F64, coefficients: F64) -> F64:
    """Heights less a polynomial of x whose coefficients [y, k] differ from row to row; NaN where not seen."""
    out = np.empty(height.shape)
    for y in range(height.shape[0]):
        row, before, there = out[y], height[y], seen[y]
        for x in range(row.size):
            row[x] = before[x] if there[x] else np.nan
        for k in range(coefficients.shape[1]):
            share, power = coefficients[y, k], powers[k]
            for x in range(row.size):
                row[x] -= share * power[x]
    return out
