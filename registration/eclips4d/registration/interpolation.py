"""Weights of `resample`: six samples along an axis, fewer at its ends, and what to do beside a missing one.

Lagrange's weights of six samples reproduce polynomials of the fifth degree but lose contrast from a fifth of a cycle
per pixel on. Two fourth differences, which vanish for cubics, lift the response where it begins to fall: least squares
over the frequencies up to a quarter of a cycle per pixel. What is lost there is 1 %, not 9 % as with four samples.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Plane = NDArray[np.float32]
TAPS = 6
FOURTH = (1.0, -4.0, 6.0, -4.0, 1.0)
REACH_PX = 0.5
"""How far beyond the outermost pixel centres a place still counts as seen: to the edge of the pixel."""
FRINGE_PX = 1.0
"""How far beyond them a row is continued, for the rows beside it that are displaced by a little less."""


@njit(cache=True, nogil=True)
def lift(f: float) -> float:
    """How much of the first five samples' fourth difference is added; a parabola fitted to the least squares."""
    return f * (1.0 - f) * (0.0252 + 0.0075 * f - 0.0142 * f * f)


@njit(cache=True, nogil=True, error_model="numpy")
def six_point_into(f: float, weight: Plane) -> None:
    """`six_point`, to where `weight` [6] is: rows ask for many, and memory of its own would cost each more."""
    raised, raised_back = lift(f), lift(1.0 - f)
    for i in range(TAPS):
        value = 1.0
        for j in range(TAPS):
            if j != i:
                value *= (f - (j - 2)) / (i - j)
        if i < TAPS - 1:
            value += raised * FOURTH[i]
        if i > 0:
            value += raised_back * FOURTH[i - 1]
        weight[i] = value


@njit(cache=True, nogil=True)
def six_point(f: float) -> Plane:
    """Weights of the samples at -2 … 3 for a place at 0 <= f < 1."""
    weight = np.empty(TAPS, np.float32)
    six_point_into(f, weight)
    return weight


@njit(cache=True, nogil=True)
def weights_into(place: float, size: int, weight: Plane) -> int:
    """`weights_at`, to where `weight` [6] is; gives the first of the samples."""
    whole = int(np.floor(place))
    f = place - whole
    if f != 0.0 and whole >= 2 and whole + 3 < size:
        six_point_into(f, weight)
        return whole - 2
    weight[:] = np.float32(0)
    if f == 0.0 and 0 <= whole < size:
        weight[2] = 1.0
    elif whole >= 1 and whole + 2 < size:
        weight[1] = -0.5 * f + f * f - 0.5 * f * f * f
        weight[2] = 1.0 - 2.5 * f * f + 1.5 * f * f * f
        weight[3] = 0.5 * f + 2.0 * f * f - 1.5 * f * f * f
        weight[4] = -0.5 * f * f + 0.5 * f * f * f
    elif size == 1:
        whole, weight[2] = 0, 1.0
    else:
        whole = min(max(whole, 0), size - 2)
        weight[2], weight[3] = 1.0 - (place - whole), place - whole
    return whole - 2


@njit(cache=True, nogil=True)
def weights_at(place: float, size: int) -> tuple[int, Plane]:
    """First of six neighbouring samples and their weights for a place on an axis of `size` samples.

    On a sample: that sample. In the outermost cells: linear, and extrapolating. In the cells beside these: four
    samples, cubic convolution (Keys 1981). Elsewhere six. Samples that are not there have weight zero.
    """
    weight = np.empty(TAPS, np.float32)
    return weights_into(place, size, weight), weight


@njit(cache=True, nogil=True)
def seen_range(shift: float, columns: int, reach: float) -> tuple[int, int]:
    """Columns x for which x + shift lies at most `reach` beyond the outermost pixel centres."""
    first = min(max(0, int(np.ceil(-shift - reach))), columns)
    return first, max(first, min(columns, int(np.floor(columns - 1 + reach - shift)) + 1))


@njit(cache=True, nogil=True)
def one(line: Any, place: float, square: bool) -> Any:
    """The value at a place of a line with missing (NaN) samples; missing itself if the nearest sample is.

    Beside a missing sample: linear between the two neighbours, or the nearer one alone. With `square` the weights are
    squared, so that variances of independent samples give the variance of the value.
    """
    return one_by(line, place, square, np.empty(TAPS, np.float32))


@njit(cache=True, nogil=True)
def one_by(line: Any, place: float, square: bool, weight: Plane) -> Any:
    """`one`, with room for the weights, [6]."""
    first = weights_into(place, line.size, weight)
    total = np.float32(0)
    for i in range(TAPS):
        if weight[i] != 0.0:
            total += (weight[i] * weight[i] if square else weight[i]) * line[first + i]
    return mended(line, place, square) if np.isnan(total) else total


@njit(cache=True, nogil=True)
def mended(line: Any, place: float, square: bool) -> Any:
    """`one`, where a sample is missing."""
    last = line.size - 1
    near = line[min(max(int(np.floor(place + 0.5)), 0), last)]
    left = min(max(int(np.floor(place)), 0), max(last - 1, 0))
    a, b, f = line[left], line[min(left + 1, last)], np.float32(place - left)
    if np.isnan(near) or np.isnan(a) or np.isnan(b):
        return near
    g = np.float32(1) - f
    return g * g * a + f * f * b if square else g * a + f * b
