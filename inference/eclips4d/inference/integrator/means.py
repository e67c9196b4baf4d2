"""Border slopes and what surrounds them, as the network sees them, row by row: what a row needs stays in the cache."""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]

_FINE, _MIDDLE, _WIDE = np.float32(12.0), np.float32(12.0), np.float32(40.0)
_KEPT: Final = np.int64(32)
"""Rows of sums that are kept, at least 21: those of 25 × 25 pixels are sums of those of 5 × 5, five rows apart."""
_EIGHT, _NEXT, _FIFTH = np.int64(8), np.int64(1), np.int64(5)
"""Of NumPy: for every number of Python's that a kernel hands over, what it calls would be compiled anew."""
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def room_for_means(columns: int) -> tuple[F32, F32, F32, F32, I64]:
    """What `means_around` keeps from row to row of one direction, for rows of that length."""
    sums, masses = np.empty((_KEPT, columns), np.float32), np.empty((_KEPT, columns), np.float32)
    products, column = np.empty((8, columns), np.float32), np.empty((3, columns + 20), np.float32)
    return sums, masses, products, column, np.zeros(2, np.int64)


@_compiled  # type: ignore[untyped-decorator]
def begin_means(room: tuple[F32, F32, F32, F32, I64], y: int) -> None:
    """The next row is y."""
    room[4][1] = max(y - 10, 0)
    room[4][0] = max(y - 12, 0)


@_compiled  # type: ignore[untyped-decorator]
def means_around(border: F32, weight: F32, y: int, room: tuple[F32, F32, F32, F32, I64], near: F32, far: F32) -> None:
    """Weighted means around every pixel of row y; rows come one after the other.

    Parameters
    ----------
    border, weight
        [y, x].
    near, far
        Become the means over 5 × 5 and 25 × 25 pixels around each, edges repeated, [x]; where the weight is 0 all
        around, the value itself is its mean.
    """
    rows, columns = border.shape
    sums, masses, products, spare, reached = room
    column, total, mass = spare[0], spare[1, :columns], spare[2, :columns]
    while reached[1] < min(y + 11, rows):
        summed = reached[1]
        while reached[0] < min(summed + 3, rows):
            _multiply(border[reached[0]], weight[reached[0]], products[reached[0] % 8])
            reached[0] += 1
        _sums_around(products, _EIGHT, summed, rows, _NEXT, column, sums[summed % _KEPT])
        _sums_around(weight, rows, summed, rows, _NEXT, column, masses[summed % _KEPT])
        reached[1] += 1
    _sums_around(sums, _KEPT, y, rows, _FIFTH, column, total)
    _sums_around(masses, _KEPT, y, rows, _FIFTH, column, mass)
    _divide(total, mass, border[y], far)
    _divide(sums[y % _KEPT], masses[y % _KEPT], border[y], near)


@_compiled  # type: ignore[untyped-decorator]
def compressed_rows(border: F32, near: F32, far: F32, inverse: np.float32, fine: F32, middle: F32, wide: F32) -> None:
    """What is finer than 5 × 5 pixels, than 25 × 25, and the rest, compressed, in units of one over `inverse`; [x]."""
    _compressed_difference(border, near, inverse, np.float32(1.0) / _FINE, fine)
    _compressed_difference(near, far, inverse, np.float32(1.0) / _MIDDLE, middle)
    _compressed(far, inverse, np.float32(1.0) / _WIDE, wide)


@_compiled  # type: ignore[untyped-decorator]
def _sums_around(image: F32, kept: int, y: int, rows: int, apart: int, column: F32, out: F32) -> None:
    """Sum of 5 × 5 values, `apart` pixels from one to the next, around each pixel of row y; edges repeat.

    Row i of `rows` is `image[i % kept]`; `column` is work space.
    """
    columns, reach, last = out.size, 2 * apart, rows - 1
    a, b = image[max(y - reach, 0) % kept], image[max(y - apart, 0) % kept]
    c, d, e = image[y % kept], image[min(y + apart, last) % kept], image[min(y + reach, last) % kept]
    middle = column[reach : reach + columns]
    for x in range(columns):
        middle[x] = a[x] + b[x] + c[x] + d[x] + e[x]
    column[:reach] = column[reach]
    column[columns + reach : columns + 2 * reach] = column[columns + reach - 1]
    first, second, fourth, fifth = column, column[apart:], column[3 * apart :], column[4 * apart :]
    for x in range(columns):
        out[x] = first[x] + second[x] + middle[x] + fourth[x] + fifth[x]


@_compiled  # type: ignore[untyped-decorator]
def _multiply(a: F32, b: F32, out: F32) -> None:
    for x in range(out.size):
        out[x] = a[x] * b[x]


@_compiled  # type: ignore[untyped-decorator]
def _divide(total: F32, mass: F32, instead: F32, out: F32) -> None:
    tiny = np.float32(1e-20)
    for x in range(out.size):
        mean = total[x] / mass[x]
        out[x] = mean if mass[x] > tiny else instead[x]


@_compiled  # type: ignore[untyped-decorator]
def _compressed_difference(a: F32, b: F32, inverse: np.float32, per: np.float32, out: F32) -> None:
    one = np.float32(1.0)
    for x in range(a.size):
        value = (a[x] - b[x]) * inverse
        out[x] = value / (one + abs(value) * per)


@_compiled  # type: ignore[untyped-decorator]
def _compressed(a: F32, inverse: np.float32, per: np.float32, out: F32) -> None:
    one = np.float32(1.0)
    for x in range(a.size):
        value = a[x] * inverse
        out[x] = value / (one + abs(value) * per)
