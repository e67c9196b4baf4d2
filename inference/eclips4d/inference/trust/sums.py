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
MARGIN: Final = LINE // 2
_MOST: Final = np.float32(3.0)
"""A pixel counts for no more deviation than this, so that none speaks for all around it."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})


@_compiled  # type: ignore[untyped-decorator]
def sums_row(deviation: F32, work: F32, square: F32, line: F32) -> None:
    """Sums of SQUARE neighbours of a row, and of LINE, the latter over the root of that.

    By sums of 1, 2, 4, … neighbours. Beyond the border there is nothing to add, which makes sums beside it smaller.

    Parameters
    ----------
    deviation
        In units of its sd, [x]; made smaller where it is very large.
    work
        Room for 4 rows with MARGIN on either side, of noughts in the margins.
    """
    columns, start, scale = deviation.size, MARGIN - SQUARE // 2, np.float32(1.0 / np.sqrt(LINE))
    one, two, four, eight = work[0], work[1], work[2], work[3]
    for x in range(columns):
        held = min(max(deviation[x], -_MOST), _MOST)
        one[MARGIN + x] = held if held == held else np.float32(0.0)  # false for NaN alone
    for x in range(one.size - 1):
        two[x] = one[x] + one[x + 1]
    for x in range(one.size - 3):
        four[x] = two[x] + two[x + 2]
    for x in range(one.size - 7):
        eight[x] = four[x] + four[x + 4]
    for x in range(columns):
        square[x] = four[start + x] + one[start + x + 4]
    for x in range(columns):
        line[x] = scale * (eight[x] + eight[x + 8] + four[x + 16] + one[x + 20])


@_compiled  # type: ignore[untyped-decorator]
def squares_row(ring: F32, y: int, out: F32) -> None:
    """The sums over squares around row y over their side, into `out` [x]; row s of sums is in place s % SQUARE."""
    scale = np.float32(1.0 / SQUARE)
    a, b, c = ring[(y - 2) % SQUARE], ring[(y - 1) % SQUARE], ring[y % SQUARE]
    d, e = ring[(y + 1) % SQUARE], ring[(y + 2) % SQUARE]
    for x in range(out.size):
        out[x] = scale * (a[x] + b[x] + c[x] + d[x] + e[x])
