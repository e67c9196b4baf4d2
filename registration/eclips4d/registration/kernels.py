"""Sums of the fit over blocks: residuals and slopes of the frame against the reference's gradients.

A block's sums come weighted with powers of the rows' place p between the first (0) and the last row (1) of the scan:
all that a shift which is linear over the rows needs to know of them. Inner loops run over slices with plain indices:
only then does the compiler vectorise them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from eclips4d.registration.sampling import BEFORE, TAPS, weights

Plane = NDArray[np.float32]
Vector = NDArray[np.float64]


@njit(cache=True, nogil=True, fastmath={"contract"})
def _join(
    a: Plane, b: Plane, c: Plane, d: Plane, e: Plane, f: Plane, g: Plane, h: Plane, weight: Plane, out: Plane
) -> None:
    w0, w1, w2, w3 = weight[0], weight[1], weight[2], weight[3]
    w4, w5, w6, w7 = weight[4], weight[5], weight[6], weight[7]
    for x in range(out.size):
        near = w2 * c[x] + w3 * d[x] + w4 * e[x] + w5 * f[x]
        out[x] = near + w0 * a[x] + w1 * b[x] + w6 * g[x] + w7 * h[x]


@njit(cache=True, nogil=True)
def _join_rows(p: Plane, i: int, weight: Plane, out: Plane) -> None:
    _join(p[i], p[i + 1], p[i + 2], p[i + 3], p[i + 4], p[i + 5], p[i + 6], p[i + 7], weight, out)


@njit(cache=True, nogil=True)
def _join_columns(line: Plane, i: int, weight: Plane, out: Plane) -> None:
    n = i + out.size
    _join(
        line[i:n],
        line[i + 1 : n + 1],
        line[i + 2 : n + 2],
        line[i + 3 : n + 3],
        line[i + 4 : n + 4],
        line[i + 5 : n + 5],
        line[i + 6 : n + 6],
        line[i + 7 : n + 7],
        weight,
        out,
    )


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "nsz"})
def _dot(a: Plane, b: Plane) -> np.float32:
    total = np.float32(0)
    for x in range(min(a.size, b.size)):
        total += a[x] * b[x]
    return total


@njit(cache=True, nogil=True, fastmath={"contract"})
def _subtract(a: Plane, b: Plane) -> None:
    for x in range(min(a.size, b.size)):
        a[x] -= b[x]


@njit(cache=True, nogil=True)
def seen_columns(columns: int, whole: int) -> tuple[int, int]:
    """Reference columns whose content, `whole` to `whole` + 1 columns further, has all its samples in the frame."""
    start = max(0, BEFORE - whole)
    return start, max(start, min(columns, columns - (TAPS - 1 - BEFORE) - whole))


@njit(cache=True, nogil=True)
def residual_sums(
    frame: Plane, reference: Plane, gradient: Plane, shift: Vector, place: Vector, block: int
) -> tuple[Vector, Vector]:
    """Sums over blocks of p^k gradient · residual for k = 0, 1, and of residual² with its count.

    Parameters
    ----------
    frame, reference : float32 [c, y, x]
    gradient : float32 [2, c, y, x]
    shift : float64 [y, 2]
        Displacement of the content of each reference row, at which the frame is looked at: rows, columns.
    place : float64 [y]
        p of each row.
    block : int
        Rows and columns of a block.

    Returns
    -------
    float64 [by, bx, 2, 2], float64 [by, bx, 2]
        k, then rows and columns; zero where the content is outside the frame.
    """
    channels, rows, columns = reference.shape
    down, right = (rows + block - 1) // block, (columns + block - 1) // block
    moment, energy = np.zeros((down, right, 2, 2)), np.zeros((down, right, 2))
    line, space = np.empty(columns, np.float32), np.empty(columns, np.float32)
    for y in range(rows):
        whole_y, whole_x = int(np.floor(shift[y, 0])), int(np.floor(shift[y, 1]))
        first = y + whole_y - BEFORE
        start, stop = seen_columns(columns, whole_x)
        if first < 0 or first + TAPS > rows or stop <= start:
            continue
        weight_y = weights(shift[y, 0] - whole_y)[0]
        weight_x = weights(shift[y, 1] - whole_x)[0]
        seen, a = space[start:stop], y // block
        for c in range(channels):
            _join_rows(frame[c], first, weight_y, line)
            _join_columns(line, start + whole_x - BEFORE, weight_x, seen)
            _subtract(seen, reference[c, y, start:stop])
            for b in range(start // block, (stop + block - 1) // block):
                i, j = max(start, b * block), min(stop, (b + 1) * block)
                part = space[i:j]
                for q in range(2):
                    total = _dot(gradient[q, c, y, i:j], part)
                    moment[a, b, 0, q] += total
                    moment[a, b, 1, q] += place[y] * total
                energy[a, b, 0] += _dot(part, part)
                energy[a, b, 1] += j - i
    return moment, energy


@njit(cache=True, nogil=True)
def derivative_sums(frame: Plane, gradient: Plane, shift: Vector, place: Vector, block: int) -> Vector:
    """Sums over blocks of p^k gradient · (slope of the frame at x + shift), k = 0, 1, 2, [by, bx, 3, 2, 2].

    The frame's slope, not the reference's: the noise of the two frames is independent, so noise does not pose as
    structure.
    """
    channels, rows, columns = frame.shape
    cross = np.zeros(((rows + block - 1) // block, (columns + block - 1) // block, 3, 2, 2))
    line, space = np.empty(columns, np.float32), np.empty((2, columns), np.float32)
    for y in range(rows):
        whole_y, whole_x = int(np.floor(shift[y, 0])), int(np.floor(shift[y, 1]))
        first = y + whole_y - BEFORE
        start, stop = seen_columns(columns, whole_x)
        if first < 0 or first + TAPS > rows or stop <= start:
            continue
        value_y, slope_y = weights(shift[y, 0] - whole_y)
        value_x, slope_x = weights(shift[y, 1] - whole_x)
        for c in range(channels):
            _join_rows(frame[c], first, slope_y, line)
            _join_columns(line, start + whole_x - BEFORE, value_x, space[0, start:stop])
            _join_rows(frame[c], first, value_y, line)
            _join_columns(line, start + whole_x - BEFORE, slope_x, space[1, start:stop])
            for b in range(start // block, (stop + block - 1) // block):
                i, j = max(start, b * block), min(stop, (b + 1) * block)
                for p in range(2):
                    for q in range(2):
                        total = _dot(gradient[p, c, y, i:j], space[q, i:j])
                        _add_powers(cross[y // block, b, :, p, q], place[y], total)
    return cross


@njit(cache=True, nogil=True)
def square_sums(gradient: Plane, place: Vector, block: int) -> Vector:
    """Sums over blocks of p^k gradient · gradient, k = 0, 1, 2, [by, bx, 3, 2, 2]."""
    _, channels, rows, columns = gradient.shape
    square = np.zeros(((rows + block - 1) // block, (columns + block - 1) // block, 3, 2, 2))
    for y in range(rows):
        for c in range(channels):
            for b in range(square.shape[1]):
                i, j = b * block, min(columns, (b + 1) * block)
                for p in range(2):
                    for q in range(p + 1):
                        total = _dot(gradient[p, c, y, i:j], gradient[q, c, y, i:j])
                        _add_powers(square[y // block, b, :, p, q], place[y], total)
    square[:, :, :, 0, 1] = square[:, :, :, 1, 0]
    return square


@njit(cache=True, nogil=True)
def _add_powers(sums: Vector, place: float, value: Any) -> None:
    sums[0] += value
    sums[1] += place * value
    sums[2] += place * place * value


@njit(cache=True, nogil=True)
def read_rows(planes: Plane, offset: Vector, out: Plane) -> None:
    """Every row of [c, y, x] read `offset` columns further; where that is outside, as it is.

    Parameters
    ----------
    planes, out : float32 [c, y, x]
    offset : float64 [y]
    """
    channels, rows, columns = planes.shape
    for y in range(rows):
        whole = int(np.floor(offset[y]))
        start, stop = seen_columns(columns, whole)
        weight = weights(offset[y] - whole)[0]
        for c in range(channels):
            out[c, y] = planes[c, y]
            if stop > start:
                _join_columns(planes[c, y], start + whole - BEFORE, weight, out[c, y, start:stop])
