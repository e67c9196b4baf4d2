"""Down the columns of an image: one tridiagonal system each, solved by elimination there and back.

After a cosine transform along x, every column of the Laplacian's equation stands alone. Elimination takes a third of
the time of the transforms along y that would do the same: those run across memory.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

STIFF: Final = 1.0 / 256.0
"""What is added to the second difference of a column, below which errors add up over many rows: its elimination is in
double precision."""
WIDTH: Final = 512
"""Columns of a block: rows long enough to stream, and blocks enough for every thread."""
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


class Columns:
    """Inverse of `added − second difference down the column`, free at both ends, for columns of one length.

    Parameters
    ----------
    rows
        Length of the columns.
    added
        To every column, at least 0 and rising; where it is 0 nothing determines the mean, which comes out as 0.
    """

    def __init__(self, rows: int, added: F64) -> None:
        soft = int(np.searchsorted(added, STIFF))
        self._soft = _pivots(rows, added[:soft])
        self._free = bool(soft) and bool(added[0] == 0.0)
        self._blocks = [
            (slice(start, start + WIDTH), _pivots(rows, added[start : start + WIDTH]).astype(np.float32))
            for start in range(soft, len(added), WIDTH)
        ]

    def solve(self, image: F32, factor: float, part: int, parts: int) -> None:
        """Solution for `factor·image` [y, x], in place: its `part` of `parts`, which share no columns."""
        if part == 0:
            self._solve_soft(image[:, : self._soft.shape[1]], factor)
        for where, pivots in self._blocks[parts - 1 - part :: parts]:
            _eliminated(image[:, where], np.float32(factor), pivots)

    def _solve_soft(self, image: F32, factor: float) -> None:
        work = image.astype(np.float64)
        if self._free:
            work[:, 0] -= work[:, 0].mean()
        _eliminated(work, factor, self._soft)
        if self._free:
            work[:, 0] -= work[:, 0].mean()
        image[:] = work


def _pivots(rows: int, added: F64) -> F64:
    """One over the diagonal after elimination, [rows, columns]; 0 where a column is undetermined."""
    out = np.zeros((rows, len(added)))
    for y in range(rows):
        neighbours = (y > 0) + (y + 1 < rows)
        diagonal = neighbours + added - (out[y - 1] if y > 0 else 0.0)
        np.divide(1.0, diagonal, out=out[y], where=diagonal > 0.0)
    if rows and len(added) and added[0] == 0.0:
        out[-1, 0] = 0.0
    return out


@_compiled  # type: ignore[untyped-decorator]
def _eliminated(image: Any, factor: Any, pivots: Any) -> None:
    """Solves all columns in place, [y, x], in the precision given."""
    rows, columns = image.shape
    for y in range(rows):
        line, pivot = image[y], pivots[y]
        if y == 0:
            for x in range(columns):
                line[x] = factor * line[x] * pivot[x]
        else:
            before = image[y - 1]
            for x in range(columns):
                line[x] = (factor * line[x] + before[x]) * pivot[x]
    for y in range(rows - 2, -1, -1):
        line, pivot, beyond = image[y], pivots[y], image[y + 1]
        for x in range(columns):
            line[x] += pivot[x] * beyond[x]
