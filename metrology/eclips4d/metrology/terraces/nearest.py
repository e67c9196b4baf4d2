"""The nearest of many points that have a direction, found through cells of a grid.

Compiled: nearly always the nearest lies in the same cell or the next, where a tree would be climbed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Points sorted into square cells.

    Attributes
    ----------
    places : float64 [n, d]
        Cell by cell; the first two coordinates make the cells, all of them the distance.
    order : int64 [n]
        Their numbers before sorting.
    start : int64 [cell + 1]
        Where each cell begins among them.
    shape : (int, int)
        Cells along the first and the second coordinate.
    low : (float, float)
        Corner of the first cell.
    size : float
        Of a cell.
    """

    places: F64
    order: I64
    start: I64
    shape: tuple[int, int]
    low: tuple[float, float]
    size: float


def sorted_into_cells(places: F64, size: float) -> Cells:
    """Sort points, at least one, into cells of a size."""
    low = places[:, :2].min(axis=0)
    cell = ((places[:, :2] - low) / size).astype(np.int64)
    first, second = (int(n) for n in cell.max(axis=0) + 1)
    number = cell[:, 0] * second + cell[:, 1]
    order = np.argsort(number, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(number, minlength=first * second))])
    return Cells(places[order], order, start, (first, second), (float(low[0]), float(low[1])), size)


def nearest(cells: Cells, at: F64, reach: float) -> I64:
    """Number of the point nearest to each place [n, d]; -1 where none is within reach."""
    found = _nearest(cells.places, cells.start, cells.shape, cells.low, cells.size, at, reach)
    return np.where(found < 0, -1, cells.order[found])


def any_nearer(cells: Cells, at: F64, than: F64) -> NDArray[np.bool_]:
    """Whether any point lies nearer to each place [n, d] than so far [n]."""
    near = _any_nearer(cells.places, cells.start, cells.shape, cells.low, cells.size, at, than)
    return np.asarray(near, np.bool_)


@_compiled  # type: ignore[untyped-decorator]
def _nearest(
    places: F64, start: I64, shape: tuple[int, int], low: tuple[float, float], size: float, at: F64, reach: float
) -> I64:
    out = np.full(len(at), -1, np.int64)
    rings = int(reach / size) + 2
    for k in range(len(at)):
        across, down = (at[k, 0] - low[0]) / size, (at[k, 1] - low[1]) / size
        row, column = int(np.floor(across)), int(np.floor(down))
        # To the nearest side of the own cell: so far away is what lies in the next ring of cells.
        inner = size * min(across - row, row + 1.0 - across, down - column, column + 1.0 - down)
        best = reach * reach
        for ring in range(rings):
            if ring and best <= (inner + (ring - 1) * size) ** 2:
                break
            for i in range(max(row - ring, 0), min(row + ring + 1, shape[0])):
                stride = 1 if abs(i - row) == ring else 2 * ring
                for j in range(column - ring, column + ring + 1, stride):
                    if j < 0 or j >= shape[1]:
                        continue
                    cell = i * shape[1] + j
                    for n in range(start[cell], start[cell + 1]):
                        far = _square(places, n, at, k)
                        if far < best:
                            best, out[k] = far, n
    return out


@_compiled  # type: ignore[untyped-decorator]
def _any_nearer(
    places: F64, start: I64, shape: tuple[int, int], low: tuple[float, float], size: float, at: F64, than: F64
) -> NDArray[np.bool_]:
    out = np.zeros(len(at), np.bool_)
    for k in range(len(at)):
        first, last = int(np.floor((at[k, 0] - than[k] - low[0]) / size)), (at[k, 0] + than[k] - low[0]) / size
        left, right = int(np.floor((at[k, 1] - than[k] - low[1]) / size)), (at[k, 1] + than[k] - low[1]) / size
        for i in range(max(first, 0), min(int(np.floor(last)) + 1, shape[0])):
            for j in range(max(left, 0), min(int(np.floor(right)) + 1, shape[1])):
                cell = i * shape[1] + j
                for n in range(start[cell], start[cell + 1]):
                    out[k] |= _square(places, n, at, k) < than[k] * than[k]
            if out[k]:
                break
    return out


@_compiled  # type: ignore[untyped-decorator]
def _square(places: F64, n: int, at: F64, k: int) -> float:
    total = 0.0
    for axis in range(places.shape[1]):
        total += (places[n, axis] - at[k, axis]) ** 2
    return total
