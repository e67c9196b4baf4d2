"""Dynamic programming over two sequences, compiled: it is asked for with every displacement that is tried."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def cheapest(moves: I64, costs: F64) -> tuple[float, I64]:
    """The cheapest way from the beginning of two sequences to their end.

    Parameters
    ----------
    moves : int64 [p, 2]
        By how many members of the first and of the second each move goes on.
    costs : float64 [p, m + 1, n + 1]
        Of each move from each pair of places; infinite where it is not allowed.

    Returns
    -------
    float, int64 [m + 1, n + 1]
        The cost, and the move by which each pair of places is reached best, the first of equally good ones.
    """
    rows, columns = costs.shape[1], costs.shape[2]
    best, how = np.full((rows, columns), np.inf), np.zeros((rows, columns), np.int64)
    best[0, 0] = 0.0
    for i in range(rows):
        for j in range(columns):
            for k in range(moves.shape[0]):
                a, b = i - moves[k, 0], j - moves[k, 1]
                if a >= 0 and b >= 0 and best[a, b] + costs[k, a, b] < best[i, j]:
                    best[i, j], how[i, j] = best[a, b] + costs[k, a, b], k
    return best[rows - 1, columns - 1], how
