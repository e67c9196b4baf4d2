"""How much of each cell of a grid lies inside an outline that is known by a signed function at the grid's nodes."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True)


@_compiled  # type: ignore[untyped-decorator]
def coverage(signed: F64) -> F64:
    """Share of every cell in which the function is positive, exact for a function linear on both halves of the cell.

    The error for a curved outline falls with the square of the cell's size. An outline along the cells' edges, where
    the function is 0 at the nodes, has none.

    Parameters
    ----------
    signed
        Positive inside, [P, A + 1] at the nodes; the first axis is periodic, so that row P is row 0.

    Returns
    -------
    float64 [P, A]
    """
    rows, columns = signed.shape[0], signed.shape[1] - 1
    share = np.empty((rows, columns))
    for i in range(rows):
        after = (i + 1) % rows
        for j in range(columns):
            a, b = signed[i, j], signed[i, j + 1]
            c, d = signed[after, j], signed[after, j + 1]
            share[i, j] = (_positive(a, b, d) + _positive(a, d, c)) / 2.0
    return share


@_compiled  # type: ignore[untyped-decorator]
def _positive(a: float, b: float, c: float) -> float:
    """Share of a triangle in which the linear function with these corner values is positive."""
    low, high = min(a, b, c), max(a, b, c)
    if low >= 0.0:
        return 1.0 if high > 0.0 else 0.0
    if high <= 0.0:
        return 0.0
    middle = a + b + c - low - high
    if middle > 0.0:
        return 1.0 - low * low / ((low - high) * (low - middle))
    return high * high / ((high - low) * (high - middle))
