"""Weights that read an image between its pixels, as one sparse matrix for all places."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_array

from eclips4d.registration.interpolation import REACH_PX, TAPS, weights_at

F64 = NDArray[np.float64]
SparseArray = Any
"""`scipy.sparse.csr_array`, which has no types of its own."""


class Taps(NamedTuple):
    """Which pixels make a place, and with what weights.

    Attributes
    ----------
    matrix : sparse float64 [place, pixel]
        Rows of places that are outside the image are empty; all others add up to 1.
    pixels : int64 [pixel]
        Their places in the flattened image.
    seen : bool [place]
        Whether the place lies on the image.
    """

    matrix: SparseArray
    pixels: NDArray[np.int64]
    seen: NDArray[np.bool_]


def taps(row: F64, column: F64, shape: tuple[int, int]) -> Taps:
    """Weights for places between pixels, six samples each way: those by which frames are moved onto the grid.

    Parameters
    ----------
    row, column : float64 [place]
        In pixels.
    shape : (int, int)
        Rows and columns of the image.
    """
    seen = _on(row, shape[0]) & _on(column, shape[1])
    index, weight = _products(row[seen], column[seen], shape[0], shape[1])
    used = weight != 0.0
    pixels, inverse = np.unique(index[used], return_inverse=True)
    counts = np.zeros(row.size, np.int64)
    counts[seen] = used.sum(axis=1)
    start = np.concatenate([[0], np.cumsum(counts)])
    matrix = csr_array((weight[used], inverse.ravel(), start), shape=(row.size, pixels.size))
    return Taps(matrix, pixels, seen)


def _on(place: F64, size: int) -> NDArray[np.bool_]:
    return np.asarray((place >= -REACH_PX) & (place <= size - 1 + REACH_PX), np.bool_)


@njit(cache=True, nogil=True)
def _products(row: F64, column: F64, rows: int, columns: int) -> tuple[NDArray[np.int64], F64]:
    count = row.size
    index, weight = np.zeros((count, TAPS * TAPS), np.int64), np.zeros((count, TAPS * TAPS))
    for k in range(count):
        first_y, w_y = weights_at(row[k], rows)
        first_x, w_x = weights_at(column[k], columns)
        total = np.sum(w_y.astype(np.float64)) * np.sum(w_x.astype(np.float64))
        for i in range(TAPS):
            for j in range(TAPS):
                w = float(w_y[i]) * float(w_x[j])
                if w != 0.0:
                    index[k, i * TAPS + j] = (first_y + i) * columns + first_x + j
                    weight[k, i * TAPS + j] = w / total
    return index, weight
