"""Sums of `jitter` over short blocks of single rows, and the rows they are taken from."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from eclips4d.registration.copying import copy_line

Plane = NDArray[np.float32]
Vector = NDArray[np.float64]
TAPS = 6


@njit(cache=True, nogil=True)
def lagrange(place: float) -> tuple[Plane, Plane]:
    """Weights of the value and of its derivative at any place among six samples at -2 … 3."""
    value, slope = np.empty(TAPS, np.float32), np.empty(TAPS, np.float32)
    for i in range(TAPS):
        product, derivative = 1.0, 0.0
        for j in range(TAPS):
            if j != i:
                derivative = (derivative * (place - (j - 2)) + product) / (i - j)
                product = product * (place - (j - 2)) / (i - j)
        value[i], slope[i] = product, derivative
    return value, slope


@njit(cache=True, nogil=True, fastmath={"contract"})
def _join(line: Plane, i: int, w: Plane, out: Plane) -> None:
    n = out.size
    a, b, c = line[i : i + n], line[i + 1 : i + 1 + n], line[i + 2 : i + 2 + n]
    d, e, f = line[i + 3 : i + 3 + n], line[i + 4 : i + 4 + n], line[i + 5 : i + 5 + n]
    w0, w1, w2, w3, w4, w5 = w[0], w[1], w[2], w[3], w[4], w[5]
    for x in range(n):
        out[x] = w0 * a[x] + w1 * b[x] + w2 * c[x] + w3 * d[x] + w4 * e[x] + w5 * f[x]


@njit(cache=True, nogil=True, fastmath={"contract"})
def _add(out: Plane, weight: float, line: Plane) -> None:
    w = np.float32(weight)
    for x in range(min(out.size, line.size)):
        out[x] += w * line[x]


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "nsz"})
def _dot(a: Plane, b: Plane) -> np.float32:
    total = np.float32(0)
    for x in range(min(a.size, b.size)):
        total += a[x] * b[x]
    return total


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "nsz"})
def _squared_distance(a: Plane, b: Plane) -> np.float32:
    total = np.float32(0)
    for x in range(min(a.size, b.size)):
        total += (a[x] - b[x]) ** 2
    return total


@njit(cache=True, nogil=True)
def rows_at(planes: Plane, place: Vector, out: Plane) -> None:
    """out[c, s] = row place[s] of planes [c, y, x], between rows by six of them; left alone outside.

    Near the borders the six rows lie to one side.
    """
    channels, rows, _ = planes.shape
    for s in range(place.size):
        if not 0.0 <= place[s] <= rows - 1:
            continue
        first = min(max(int(np.floor(place[s])) - 2, 0), rows - TAPS)
        weight = lagrange(place[s] - first - 2)[0]
        for c in range(channels):
            out[c, s] = np.float32(0)
            for i in range(TAPS):
                if weight[i] != 0.0:
                    _add(out[c, s], weight[i], planes[c, first + i])


@njit(cache=True, nogil=True)
def straightened(frame: Plane, shift: Vector, out: Plane, seen: NDArray[np.int64]) -> None:
    """out[c, s, x] = frame[c, s, x + shift[s]] where that has all its samples: columns seen[s, 0] to seen[s, 1]."""
    channels, rows, columns = frame.shape
    for s in range(rows):
        whole = int(np.floor(shift[s]))
        start = min(max(0, 2 - whole), columns)
        seen[s, 0], seen[s, 1] = start, max(start, min(columns, columns - 3 - whole))
        weight = lagrange(shift[s] - whole)[0]
        for c in range(channels):
            out[c, s] = np.float32(0)
            if seen[s, 1] > seen[s, 0]:
                _join(frame[c, s], start + whole - 2, weight, out[c, s, seen[s, 0] : seen[s, 1]])


@njit(cache=True, nogil=True)
def block_sums(
    frame: Plane, reference: Plane, gradient: Plane, seen: NDArray[np.int64], block: int
) -> tuple[Vector, Vector, Vector, Vector]:
    """Sums over blocks of single rows.

    Parameters
    ----------
    frame, reference : float32 [c, s, x]
        From `straightened` and `rows_at`.
    gradient : float32 [2, c, s, x]
    seen : int64 [s, 2]
        Columns that count.
    block : int

    Returns
    -------
    float64 [s, b, 2], float64 [s, b, 2, 2], float64 [s, b, 2, 2], float64 [s, b, 2]
        gradient · residual; gradient · slope of the frame; gradient · gradient; residual² and its count.
    """
    channels, rows, columns = frame.shape
    across = (columns + block - 1) // block
    moment, energy = np.zeros((rows, across, 2)), np.zeros((rows, across, 2))
    cross, square = np.zeros((rows, across, 2, 2)), np.zeros((rows, across, 2, 2))
    slope = lagrange(0.0)[1]
    part, slopes = np.empty(columns, np.float32), np.zeros((2, columns), np.float32)
    for s in range(rows):
        start, stop = seen[s, 0] + 2, seen[s, 1] - 3
        above, below = max(s - 1, 0), min(s + 1, rows - 1)
        inside = 2 <= s < rows - 3
        for c in range(channels):
            if stop <= start:
                continue
            _join(frame[c, s], start - 2, slope, slopes[1, start:stop])
            slopes[0] = np.float32(0)
            if inside:
                for i in range(TAPS):
                    _add(slopes[0], slope[i], frame[c, s - 2 + i])
            else:
                # At the border: six rows on one side would make more noise than slope.
                _add(slopes[0], 1.0 / (below - above), frame[c, below])
                _add(slopes[0], -1.0 / (below - above), frame[c, above])
            copy_line(frame[c, s], part)
            _add(part, -1.0, reference[c, s])
            for b in range(start // block, (stop + block - 1) // block):
                i, j = max(start, b * block), min(stop, (b + 1) * block)
                for p in range(2):
                    g = gradient[p, c, s, i:j]
                    moment[s, b, p] += _dot(g, part[i:j])
                    for q in range(2):
                        cross[s, b, p, q] += _dot(g, slopes[q, i:j])
                        square[s, b, p, q] += _dot(g, gradient[q, c, s, i:j])
                energy[s, b, 0] += _dot(part[i:j], part[i:j])
                energy[s, b, 1] += j - i
    return moment, cross, square, energy


@njit(cache=True, nogil=True)
def distances(frame: Plane, reference: Plane, shift: Vector, reach: int, block: int) -> Vector:
    """Mean squared differences per value were each row displaced by -reach … reach whole pixels more.

    Of the half of the blocks that are most alike, so that what moves by itself has no say, [s, 2 reach + 1].
    """
    channels, rows, columns = frame.shape
    across = columns // block
    out = np.zeros((rows, 2 * reach + 1))
    for s in range(rows):
        for k in range(-reach, reach + 1):
            whole = int(np.floor(shift[s] + 0.5)) + k
            parts, count = np.empty(across), 0
            for b in range(across):
                i, j = b * block, (b + 1) * block
                if i + whole >= 0 and j + whole <= columns:
                    total = np.float32(0)
                    for c in range(channels):
                        total += _squared_distance(frame[c, s, i + whole : j + whole], reference[c, s, i:j])
                    parts[count] = total / (channels * block)
                    count += 1
            kept = np.sort(parts[:count])[: (count + 1) // 2]
            out[s, k + reach] = kept.mean() if count else 0.0
    return out
