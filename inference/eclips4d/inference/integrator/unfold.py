"""Rows of pixels from what a network says of blocks."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def spread(blocks: F32, fold: int, out: F32) -> None:
    """Every value `fold` times, one after the other."""
    if fold == 4:  # a constant stride, which processors shuffle in registers
        for i in range(blocks.size):
            value = blocks[i]
            out[4 * i], out[4 * i + 1], out[4 * i + 2], out[4 * i + 3] = value, value, value, value
    else:
        for within in range(fold):
            for i in range(blocks.size):
                out[i * fold + within] = blocks[i]


@_compiled  # type: ignore[untyped-decorator]
def interleaved(planes: F32, channel: int, row: int, fold: int, out: F32) -> None:
    """Block by block the row `row` of `fold` planes, from `channel` on, in one row.

    Of planes [k, y, x], not of parts of them: of rows that are known to be contiguous a register is read at once.
    """
    count = out.size // fold
    if fold == 4:
        first, second = planes[channel, row], planes[channel + 1, row]
        third, fourth = planes[channel + 2, row], planes[channel + 3, row]
        for i in range(count):
            out[4 * i], out[4 * i + 1] = first[i], second[i]
            out[4 * i + 2], out[4 * i + 3] = third[i], fourth[i]
    elif fold == 2:
        first, second = planes[channel, row], planes[channel + 1, row]
        for i in range(count):
            out[2 * i], out[2 * i + 1] = first[i], second[i]
    else:
        for within in range(fold):
            for i in range(count):
                out[i * fold + within] = planes[channel + within, row, i]
