"""Products with the curvature row by row: what is done to one sub-pixel is done to many of its row at a time."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})


@_compiled  # type: ignore[untyped-decorator]
def add_told(told: F32, supersample: int, v: F32, per_x: np.float32, per_y: np.float32, out: F32) -> None:
    """Down to what is told of every pixel, and back to the corners.

    Parameters
    ----------
    told : float32 [sums, 2, Y, X]
        See `Curvature`.
    v, out : float32 [Y + 1, X + 1]
        A change of the corners, and what is added to.
    """
    rows, columns = told.shape[2:]
    p, q = np.empty((supersample, columns), np.float32), np.empty((supersample, columns), np.float32)
    to_p, to_q = np.empty((supersample, columns), np.float32), np.empty((supersample, columns), np.float32)
    line = np.empty(columns, np.float32)
    for y in range(0, rows, supersample):
        for j in range(supersample):
            _slopes(v[y + j], v[y + j + 1], per_x, per_y, p[j], q[j])
        to_p[:] = np.float32(0.0)
        to_q[:] = np.float32(0.0)
        for m in range(told.shape[0]):
            line[:] = np.float32(0.0)
            for j in range(supersample):
                _add_told(told[m, 0, y + j], told[m, 1, y + j], p[j], q[j], line)
            _sum_over_pixels(line, supersample)
            for j in range(supersample):
                _add_back(told[m, 0, y + j], told[m, 1, y + j], line, to_p[j], to_q[j])
        for j in range(supersample):
            _to_corners(to_p[j], to_q[j], per_x, per_y, out[y + j], out[y + j + 1])


@_compiled  # type: ignore[untyped-decorator]
def _slopes(upper: F32, lower: F32, per_x: np.float32, per_y: np.float32, p: F32, q: F32) -> None:
    half_x, half_y = np.float32(0.5) * per_x, np.float32(0.5) * per_y
    upper_right, lower_right = upper[1:], lower[1:]
    for i in range(p.size):
        down, down_right = lower[i] - upper[i], lower_right[i] - upper_right[i]
        p[i] = half_x * (upper_right[i] - upper[i] + lower_right[i] - lower[i])
        q[i] = half_y * (down + down_right)


@_compiled  # type: ignore[untyped-decorator]
def _add_told(per_p: F32, per_q: F32, p: F32, q: F32, line: F32) -> None:
    for i in range(line.size):
        line[i] += per_p[i] * p[i] + per_q[i] * q[i]


@_compiled  # type: ignore[untyped-decorator]
def _sum_over_pixels(line: F32, supersample: int) -> None:
    """Every sub-pixel then holds its pixel's sum."""
    if supersample == 2:
        for x in range(line.size // 2):
            both = line[2 * x] + line[2 * x + 1]
            line[2 * x], line[2 * x + 1] = both, both
        return
    for x in range(0, line.size, supersample):
        line[x : x + supersample] = line[x : x + supersample].sum()


@_compiled  # type: ignore[untyped-decorator]
def _add_back(per_p: F32, per_q: F32, line: F32, to_p: F32, to_q: F32) -> None:
    for i in range(line.size):
        to_p[i] += per_p[i] * line[i]
        to_q[i] += per_q[i] * line[i]


@_compiled  # type: ignore[untyped-decorator]
def _to_corners(to_p: F32, to_q: F32, per_x: np.float32, per_y: np.float32, upper: F32, lower: F32) -> None:
    """Transpose of `_slopes`, added."""
    half_x, half_y = np.float32(0.5) * per_x, np.float32(0.5) * per_y
    last = to_p.size - 1
    upper[0] -= half_x * to_p[0] + half_y * to_q[0]
    lower[0] += half_y * to_q[0] - half_x * to_p[0]
    upper[last + 1] += half_x * to_p[last] - half_y * to_q[last]
    lower[last + 1] += half_x * to_p[last] + half_y * to_q[last]
    p, q, upper_inner, lower_inner = to_p[1:], to_q[1:], upper[1:], lower[1:]
    for i in range(last):
        along, across = half_x * (to_p[i] - p[i]), half_y * (to_q[i] + q[i])
        upper_inner[i] += along - across
        lower_inner[i] += along + across


@_compiled  # type: ignore[untyped-decorator]
def add_stiff(weight: F32, v: F32, per_x: np.float32, per_y: np.float32, out: F32) -> None:
    """The transposed second differences times the second differences, weighted; the same ones as `bending` has."""
    columns = v.shape[1]
    a, b = np.zeros(columns, np.float32), np.zeros(columns, np.float32)
    c, d = np.zeros(columns, np.float32), np.zeros(columns, np.float32)
    for y in range(1, v.shape[0] - 1):
        _bent(weight[y], v[y - 1], v[y], v[y + 1], per_x, per_y, a, b, c, d)
        _add_bent(a, b, c, d, out[y - 1], out[y], out[y + 1])


@_compiled  # type: ignore[untyped-decorator]
def _bent(
    weight: F32, above: F32, v: F32, below: F32, per_x: np.float32, per_y: np.float32, a: F32, b: F32, c: F32, d: F32
) -> None:
    """Along x, along y, and mixed below right and above left, of all but the row's ends, which stay 0."""
    half, two = np.float32(0.5), np.float32(2.0)
    xx, yy, mixed = per_x * per_x, per_y * per_y, half * (per_x + per_y)
    xy = mixed * mixed
    w, left, here, right = weight[1:], v, v[1:], v[2:]
    left_above, just_above, just_below, right_below = above, above[1:], below[1:], below[2:]
    a_, b_, c_, d_ = a[1:], b[1:], c[1:], d[1:]
    for i in range(v.size - 2):
        twice = two * here[i]
        a_[i] = w[i] * xx * (left[i] - twice + right[i])
        b_[i] = w[i] * yy * (just_above[i] - twice + just_below[i])
        c_[i] = w[i] * xy * (right_below[i] - just_below[i] - right[i] + here[i])
        d_[i] = w[i] * xy * (here[i] - left[i] - just_above[i] + left_above[i])


@_compiled  # type: ignore[untyped-decorator]
def _add_bent(a: F32, b: F32, c: F32, d: F32, above: F32, out: F32, below: F32) -> None:
    """Each to the corners that it is made of; where it is 0 nothing is added."""
    two, n = np.float32(2.0), a.size - 1
    a_, d_ = a[1:], d[1:]
    out_, below_ = out[1:], below[1:]
    for i in range(a.size):
        out[i] += c[i] + d[i] - two * (a[i] + b[i])
        above[i] += b[i] - d[i]
        below[i] += b[i] - c[i]
    for i in range(n):
        out[i] += a_[i] - d_[i]
        above[i] += d_[i]
    for i in range(n):
        out_[i] += a[i] - c[i]
        below_[i] += c[i]
