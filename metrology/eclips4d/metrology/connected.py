"""Connected places of a mask, in runs along the rows."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.labels import Labels, by_size

Mask = NDArray[np.bool_]
Numbers = NDArray[np.int64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def connected(mask: Mask, least: float, corners: bool = False) -> tuple[Labels, int]:
    """Label the connected places of a mask.

    Parameters
    ----------
    mask : bool [y, x]
    least : float
        Places of fewer pixels are left out.
    corners : bool
        Whether pixels that meet in a corner only are connected.

    Returns
    -------
    int32 [y, x]
        Labels from 1, the largest first, of equal size the one that begins first; 0 elsewhere.
    int
        How many there are.
    """
    rows, columns = mask.shape
    most = rows * ((columns + 1) // 2)
    runs, parents = np.empty((most, 3), np.int32), np.empty(most, np.int32)
    found = _joined(mask, int(corners), runs, parents)
    sizes = np.zeros(found + 1, np.int64)
    _gather(runs[:found], parents[:found], sizes)
    new, count = by_size(sizes, least)
    labels = np.empty(mask.shape, np.int32)
    _fill(runs[:found], parents[:found], new, labels)
    return labels, count


@_compiled  # type: ignore[untyped-decorator]
def _root(parents: Labels, k: int) -> int:
    while parents[k] != k:
        parents[k] = parents[parents[k]]
        k = parents[k]
    return k


@_compiled  # type: ignore[untyped-decorator]
def _joined(mask: Mask, corner: int, runs: Labels, parents: Labels) -> int:
    """Runs (row, first and behind the last column) of a mask; the parent of each is one of its place before it."""
    rows, columns = mask.shape
    found, above, above_end = 0, 0, 0
    for y in range(rows):
        row = mask[y]
        first, x = found, 0
        while x < columns:
            if not row[x]:
                x += 1
                continue
            start = x
            while x < columns and row[x]:
                x += 1
            runs[found, 0], runs[found, 1], runs[found, 2] = y, start, x
            parents[found] = found
            while above < above_end and runs[above, 2] + corner <= start:
                above += 1
            k = above
            while k < above_end and runs[k, 1] < x + corner:
                a, b = _root(parents, k), _root(parents, found)
                parents[max(a, b)] = min(a, b)
                k += 1
            found += 1
        above, above_end = first, found
    return found


@_compiled  # type: ignore[untyped-decorator]
def _gather(runs: Labels, parents: Labels, sizes: Numbers) -> None:
    """Make every run's parent the first run of its place; sizes of places by the first run's number + 1."""
    for k in range(len(runs)):
        parents[k] = _root(parents, k)
        sizes[parents[k] + 1] += runs[k, 2] - runs[k, 1]


@_compiled  # type: ignore[untyped-decorator]
def _fill(runs: Labels, parents: Labels, new: Labels, labels: Labels) -> None:
    labels[:] = 0
    for k in range(len(runs)):
        number, row = new[parents[k] + 1], labels[runs[k, 0]]
        if number:
            for x in range(runs[k, 1], runs[k, 2]):
                row[x] = number
