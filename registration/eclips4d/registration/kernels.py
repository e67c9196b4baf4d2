"""Row-wise sums of the fit: residuals and slopes of the frame against the reference's gradients.

Inner loops run over slices with plain indices: only then does the compiler vectorise them.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Vector = NDArray[np.float64]
TAPS = 6


@njit(cache=True, nogil=True)
def lagrange(fraction: float) -> tuple[Plane, Plane]:
    """Weights of the value and of its derivative at 0 <= fraction < 1 between six samples at -2 … 3."""
    value, slope = np.empty(TAPS, np.float32), np.empty(TAPS, np.float32)
    for i in range(TAPS):
        product, derivative = 1.0, 0.0
        for j in range(TAPS):
            if j != i:
                derivative = (derivative * (fraction - (j - 2)) + product) / (i - j)
                product = product * (fraction - (j - 2)) / (i - j)
        value[i], slope[i] = product, derivative
    return value, slope


@njit(cache=True, nogil=True, fastmath={"contract"})
def _join(a: Plane, b: Plane, c: Plane, d: Plane, e: Plane, f: Plane, w: Plane, out: Plane) -> None:
    w0, w1, w2, w3, w4, w5 = w[0], w[1], w[2], w[3], w[4], w[5]
    for x in range(out.size):
        out[x] = w0 * a[x] + w1 * b[x] + w2 * c[x] + w3 * d[x] + w4 * e[x] + w5 * f[x]


@njit(cache=True, nogil=True)
def _join_rows(plane: Plane, i: int, w: Plane, out: Plane) -> None:
    _join(plane[i], plane[i + 1], plane[i + 2], plane[i + 3], plane[i + 4], plane[i + 5], w, out)


@njit(cache=True, nogil=True)
def _join_columns(line: Plane, i: int, w: Plane, out: Plane) -> None:
    n = i + out.size
    _join(
        line[i:n],
        line[i + 1 : n + 1],
        line[i + 2 : n + 2],
        line[i + 3 : n + 3],
        line[i + 4 : n + 4],
        line[i + 5 : n + 5],
        w,
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
    start = max(0, 2 - whole)
    return start, max(start, min(columns, columns - 3 - whole))


@njit(cache=True, nogil=True)
def residual_sums(frame: Plane, reference: Plane, gradient: Plane, shift: Vector) -> tuple[Vector, Vector]:
    """Sums over each row of gradient · residual, and residual² with its count; the frame is seen at x + shift.

    Parameters
    ----------
    frame, reference : float32 [c, y, x]
    gradient : float32 [2, c, y, x]
    shift : float64 [y, 2]
        Displacement of the content of each reference row: rows, columns.

    Returns
    -------
    float64 [y, 2], float64 [y, 2]
        Rows whose content is outside the frame are zero.
    """
    channels, rows, columns = reference.shape
    moment, energy = np.zeros((rows, 2)), np.zeros((rows, 2))
    line, space = np.empty(columns, np.float32), np.empty(columns, np.float32)
    for y in range(rows):
        whole_y, whole_x = int(np.floor(shift[y, 0])), int(np.floor(shift[y, 1]))
        first = y + whole_y - 2
        start, stop = seen_columns(columns, whole_x)
        if first < 0 or first + TAPS > rows or stop <= start:
            continue
        weight_y = lagrange(shift[y, 0] - whole_y)[0]
        weight_x = lagrange(shift[y, 1] - whole_x)[0]
        seen = space[: stop - start]
        for c in range(channels):
            _join_rows(frame[c], first, weight_y, line)
            _join_columns(line, start + whole_x - 2, weight_x, seen)
            _subtract(seen, reference[c, y, start:stop])
            moment[y, 0] += _dot(gradient[0, c, y, start:stop], seen)
            moment[y, 1] += _dot(gradient[1, c, y, start:stop], seen)
            energy[y, 0] += _dot(seen, seen)
        energy[y, 1] = channels * (stop - start)
    return moment, energy


@njit(cache=True, nogil=True)
def derivative_sums(frame: Plane, gradient: Plane, shift: Vector) -> Vector:
    """Sums over each row of gradient · (slope of the frame at x + shift), [y, 2, 2].

    The frame's slope, not the reference's: the noise of the two frames is independent, so noise does not pose as
    structure.
    """
    channels, rows, columns = frame.shape
    cross = np.zeros((rows, 2, 2))
    line, space = np.empty(columns, np.float32), np.empty((2, columns), np.float32)
    for y in range(rows):
        whole_y, whole_x = int(np.floor(shift[y, 0])), int(np.floor(shift[y, 1]))
        first = y + whole_y - 2
        start, stop = seen_columns(columns, whole_x)
        if first < 0 or first + TAPS > rows or stop <= start:
            continue
        value_y, slope_y = lagrange(shift[y, 0] - whole_y)
        value_x, slope_x = lagrange(shift[y, 1] - whole_x)
        seen = space[:, : stop - start]
        for c in range(channels):
            _join_rows(frame[c], first, slope_y, line)
            _join_columns(line, start + whole_x - 2, value_x, seen[0])
            _join_rows(frame[c], first, value_y, line)
            _join_columns(line, start + whole_x - 2, slope_x, seen[1])
            for i in range(2):
                for j in range(2):
                    cross[y, i, j] += _dot(gradient[i, c, y, start:stop], seen[j])
    return cross
