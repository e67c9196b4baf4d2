"""Border slopes and what surrounds them, as the network sees them, row by row: what a row needs stays in the cache."""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

_FINE, _MIDDLE, _WIDE = np.float32(12.0), np.float32(12.0), np.float32(40.0)
_KEPT: Final = np.int64(32)
"""Rows of sums that are kept, at least 21: those of 25 × 25 pixels are sums of those of 5 × 5, five rows apart."""
_EIGHT, _NEXT, _FIFTH = np.int64(8), np.int64(1), np.int64(5)
"""Of NumPy: for every number of Python's that a kernel hands over, what it calls would be compiled anew."""
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def slope_planes(border: F32, weight: F32, inverse: np.float32, near: F32, far: F32, planes: F32, first: int) -> None:
    """Planes of the slopes along one direction.

    Parameters
    ----------
    border, weight
        [y, x].
    inverse
        One over the unit.
    near, far
        Become the weighted means over 5 × 5 and 25 × 25 pixels around each, edges repeated, [y, x]; where the weight is
        0 all around, the value itself is its mean.
    planes
        [C, Y, X], of which the `first`, the second and the fourth after it become what is finer than 5 × 5 pixels, than
        25 × 25, and the rest, compressed.
    """
    rows, columns = border.shape
    sums, masses = np.empty((_KEPT, columns), np.float32), np.empty((_KEPT, columns), np.float32)
    products, column = np.empty((8, columns), np.float32), np.empty(columns + 20, np.float32)
    total, mass = np.empty(columns, np.float32), np.empty(columns, np.float32)
    multiplied = summed = np.int64(0)
    for y in range(rows):
        while summed < min(y + 11, rows):
            while multiplied < min(summed + 3, rows):
                _multiply(border[multiplied], weight[multiplied], products[multiplied % 8])
                multiplied += 1
            _sums_around(products, _EIGHT, summed, rows, _NEXT, column, sums[summed % _KEPT])
            _sums_around(weight, rows, summed, rows, _NEXT, column, masses[summed % _KEPT])
            summed += 1
        _sums_around(sums, _KEPT, y, rows, _FIFTH, column, total)
        _sums_around(masses, _KEPT, y, rows, _FIFTH, column, mass)
        _divide(total, mass, border[y], far[y])
        _divide(sums[y % _KEPT], masses[y % _KEPT], border[y], near[y])
        _compressed_difference(border[y], near[y], inverse, np.float32(1.0) / _FINE, planes[first, y, :columns])
        _compressed_difference(near[y], far[y], inverse, np.float32(1.0) / _MIDDLE, planes[first + 2, y, :columns])
        _compressed(far[y], inverse, np.float32(1.0) / _WIDE, planes[first + 4, y, :columns])


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
