"""Deviations of single pixels added up over their surroundings: faults are areas and lines, noise is neither."""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

SQUARE: Final = 5
"""Side of the squares that are added up, pixels."""
LINE: Final = 21
"""Length of the pieces of rows: what goes wrong in time goes wrong along rows."""
_MOST: Final = np.float32(3.0)
"""A pixel counts for no more deviation than this, so that none speaks for all around it."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})


def around(deviation: F32, out: F32) -> None:
    """Fill `out` [2, y, x] with the sums over squares and over lines, each over the root of its number of pixels.

    Beyond the border there is nothing to add, which makes sums beside it smaller.

    Parameters
    ----------
    deviation
        In units of its sd, [y, x]; made smaller where it is very large.
    """
    rows, columns = deviation.shape
    across = np.zeros((rows + SQUARE - 1, columns), np.float32)
    _along_rows(deviation, across[SQUARE // 2 : SQUARE // 2 + rows], out[1])
    _along_columns(across, np.float32(1.0 / SQUARE), out[0])


@_compiled  # type: ignore[untyped-decorator]
def _along_rows(deviation: F32, square: F32, line: F32) -> None:
    """Sums of SQUARE neighbours of a row, and of LINE, the latter scaled: by sums of 1, 2, 4, … neighbours."""
    rows, columns = deviation.shape
    scale = np.float32(1.0 / np.sqrt(LINE))
    margin = LINE // 2
    one = np.zeros(columns + 2 * margin, np.float32)
    two, four, eight = np.zeros_like(one), np.zeros_like(one), np.zeros_like(one)
    for y in range(rows):
        source, wide, long = deviation[y], square[y], line[y]
        for x in range(columns):
            held = min(max(source[x], -_MOST), _MOST)
            one[margin + x] = held if held == held else np.float32(0.0)  # false for NaN alone
        for x in range(one.size - 1):
            two[x] = one[x] + one[x + 1]
        for x in range(one.size - 3):
            four[x] = two[x] + two[x + 2]
        for x in range(one.size - 7):
            eight[x] = four[x] + four[x + 4]
        start = margin - SQUARE // 2
        for x in range(columns):
            wide[x] = four[start + x] + one[start + x + 4]
        for x in range(columns):
            long[x] = scale * (eight[x] + eight[x + 8] + four[x + 16] + one[x + 20])


@_compiled  # type: ignore[untyped-decorator]
def _along_columns(across: F32, scale: np.float32, out: F32) -> None:
    for y in range(out.shape[0]):
        a, b, c, d, e, here = across[y], across[y + 1], across[y + 2], across[y + 3], across[y + 4], out[y]
        for x in range(out.shape[1]):
            here[x] = scale * (a[x] + b[x] + c[x] + d[x] + e[x])
