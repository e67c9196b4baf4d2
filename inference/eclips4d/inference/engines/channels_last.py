"""Channels beside each other, as convolutions on processors have them: from planes one after another, and back.

Blocks of pixels become channels on the way; numbers may be bf16, the upper half of a float32. What lies side by side in
both is moved as one word: pixels of a row of a block, or a channel and the next.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.integrator.twice import for_both

F32 = NDArray[np.float32]
U16 = NDArray[np.uint16]
U32 = NDArray[np.uint32]

_BLOCK: Final = 64
"""Pixels that stay in the cache while their channels come one after the other."""
_APART: Final = 16
"""Values between rows: rows that lie a power of two apart push each other out of the cache."""
_ROUND, _HALF, _HIGH = np.uint32(0x7FFF), np.uint32(16), np.uint32(0xFFFF0000)
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def to_blocks(planes: F32, side: int, blocks: Any) -> None:
    """Fill `blocks` [Y/side, X/side, C·side²] from `planes` [C, Y, X]; of channels the pixels of a block come last.

    Parameters
    ----------
    blocks
        float32, or uint16: bf16, rounded to the nearest, even ones where there are two. Only if `side` is 2 or 4.
    """
    rows, words = blocks.shape[0], words_of(blocks, side)
    short = blocks.dtype == np.uint16
    for_both(lambda k: _moved(planes, side, k * rows // 2, (k + 1) * rows // 2, short, words), planes[0].size)


def words_of(blocks: Any, side: int) -> Any:
    """Blocks [Y, X, C] as what is moved at once: a row of pixels of a block, or half of one."""
    return blocks.view(np.uint32 if side * blocks.itemsize == 4 else np.uint64)


def to_planes(pixels: Any, planes: F32) -> None:
    """Fill `planes` [C, Y, X] from `pixels` [Y, X, C], float32 or, as uint16, bf16."""
    rows, columns, channels = pixels.shape
    count = rows * columns
    flat, beside = planes.reshape(channels, count), pixels.reshape(count, channels)
    move: Any = _spread
    if pixels.dtype == np.uint16:
        pairs = channels % 2 == 0
        move, beside, flat = _spread_pairs if pairs else _spread_halves, beside, flat.view(np.uint32)
        beside = beside.view(np.uint32) if pairs else beside
    for_both(lambda k: move(beside, k * count // 2, (k + 1) * count // 2, flat), count)


@_compiled  # type: ignore[untyped-decorator]
def room_for_rows(channels: int, side: int, columns: int) -> F32:
    """For a row of blocks as planes, [C, side, columns], with room behind each row that nobody reads."""
    return np.empty((channels, side, columns + _APART), np.float32)


@_compiled  # type: ignore[untyped-decorator]
def exact_blocks(held: F32, words: Any) -> None:
    """A row of blocks as float32: from rows as of `room_for_rows` to `words` [x, words of a block]."""
    _beside(held.reshape(held.shape[0] * held.shape[1], held.shape[2]).view(words.dtype), words)


@_compiled  # type: ignore[untyped-decorator]
def rounded_blocks(held: F32, words: Any) -> None:
    """The same as bf16."""
    channels, side, columns = held.shape
    short = np.empty((channels * side, columns + _APART), np.uint16)
    bits = held.view(np.uint32)
    for c in range(channels):
        for j in range(side):
            _rounded(bits[c, j], short[c * side + j, :columns])
    _beside(short.view(words.dtype), words)


@_compiled  # type: ignore[untyped-decorator]
def _beside(lines: Any, words: Any) -> None:
    """Words one after another along lines become words beside each other: those of all lines, pixel by pixel."""
    count = lines.shape[0]
    if words.shape[1] == count:
        for x in range(words.shape[0]):
            pixel = words[x]
            for k in range(count):
                pixel[k] = lines[k, x]
    else:
        for x in range(words.shape[0]):
            pixel = words[x]
            for k in range(count):
                pixel[2 * k], pixel[2 * k + 1] = lines[k, 2 * x], lines[k, 2 * x + 1]


@_compiled  # type: ignore[untyped-decorator]
def _moved(planes: F32, side: int, first: int, last: int, short: bool, words: Any) -> None:
    """The rows `first` to `last` of blocks."""
    channels, columns = planes.shape[0], planes.shape[2]
    held = room_for_rows(channels, side, columns)
    for y in range(first, last):
        held[:, :, :columns] = planes[:, y * side : (y + 1) * side]
        if short:
            rounded_blocks(held, words[y])
        else:
            exact_blocks(held, words[y])


@_compiled  # type: ignore[untyped-decorator]
def _rounded(row: U32, short: U16) -> None:
    one = np.uint32(1)
    for x in range(row.size):
        bits = row[x]
        short[x] = np.uint16((bits + (_ROUND + ((bits >> _HALF) & one))) >> _HALF)


@_compiled  # type: ignore[untyped-decorator]
def _spread(pixels: F32, first: int, last: int, planes: F32) -> None:
    for start in range(first, last, _BLOCK):
        stop = min(start + _BLOCK, last)
        for c in range(planes.shape[0]):
            plane = planes[c]
            for p in range(start, stop):
                plane[p] = pixels[p, c]


@_compiled  # type: ignore[untyped-decorator]
def _spread_pairs(pixels: U32, first: int, last: int, planes: U32) -> None:
    for start in range(first, last, _BLOCK):
        stop = min(start + _BLOCK, last)
        for c in range(pixels.shape[1]):
            low, high = planes[2 * c], planes[2 * c + 1]
            for p in range(start, stop):
                pair = pixels[p, c]
                low[p], high[p] = pair << _HALF, pair & _HIGH


@_compiled  # type: ignore[untyped-decorator]
def _spread_halves(pixels: U16, first: int, last: int, planes: U32) -> None:
    for start in range(first, last, _BLOCK):
        stop = min(start + _BLOCK, last)
        for c in range(planes.shape[0]):
            plane = planes[c]
            for p in range(start, stop):
                plane[p] = np.uint32(pixels[p, c]) << _HALF
