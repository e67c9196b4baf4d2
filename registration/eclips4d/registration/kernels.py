"""Sums of the fit over blocks: residuals and slopes of the frame against the reference's gradients.

Products are summed down the rows of a block first, column by column, and only then along the columns: all inner loops
run over whole rows. They run over slices with plain indices, and write one of them: only then does the compiler
vectorise them.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from eclips4d.registration.sampling import BEFORE, TAPS, weights

Plane = NDArray[np.float32]
Vector = NDArray[np.float64]


@njit(cache=True, nogil=True, fastmath={"contract"})
def join(
    a: Plane, b: Plane, c: Plane, d: Plane, e: Plane, f: Plane, g: Plane, h: Plane, weight: Plane, out: Plane
) -> None:
    """Weighted sum of eight rows of numbers."""
    w0, w1, w2, w3 = weight[0], weight[1], weight[2], weight[3]
    w4, w5, w6, w7 = weight[4], weight[5], weight[6], weight[7]
    for x in range(out.size):
        near = w2 * c[x] + w3 * d[x] + w4 * e[x] + w5 * f[x]
        out[x] = near + w0 * a[x] + w1 * b[x] + w6 * g[x] + w7 * h[x]


@njit(cache=True, nogil=True)
def join_rows(p: Plane, i: int, weight: Plane, out: Plane) -> None:
    """Of eight rows of a plane from `i` on."""
    join(p[i], p[i + 1], p[i + 2], p[i + 3], p[i + 4], p[i + 5], p[i + 6], p[i + 7], weight, out)


@njit(cache=True, nogil=True)
def join_columns(line: Plane, i: int, weight: Plane, out: Plane) -> None:
    """Of eight neighbours in a row, from `i` on for the first number."""
    n = i + out.size
    join(
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


@njit(cache=True, nogil=True, fastmath={"contract"})
def _subtract(a: Plane, b: Plane) -> None:
    for x in range(min(a.size, b.size)):
        a[x] -= b[x]


@njit(cache=True, nogil=True, fastmath={"contract"})
def _add_product(out: Plane, a: Plane, b: Plane) -> None:
    for x in range(out.size):
        out[x] += a[x] * b[x]


@njit(cache=True, nogil=True)
def _per_block(line: Plane, block: int, out: Vector) -> None:
    for b in range(out.size):
        total = 0.0
        for x in range(b * block, min((b + 1) * block, line.size)):
            total += line[x]
        out[b] = total


@njit(cache=True, nogil=True)
def seen_columns(columns: int, frame_columns: int, whole: int) -> tuple[int, int]:
    """Reference columns whose content, `whole` to `whole` + 1 columns further, has all its samples in the frame."""
    start = min(max(0, BEFORE - whole), columns)
    return start, max(start, min(columns, frame_columns - (TAPS - 1 - BEFORE) - whole))


@njit(cache=True, nogil=True)
def row_shifts(place: Vector, ends: Vector, row: int, column: int) -> Vector:
    """How much further rows lie whose places are these, [y, 2], in a frame that begins at (row, column)."""
    out = np.empty((place.size, 2))
    for y in range(place.size):
        out[y, 0] = (1.0 - place[y]) * ends[0] + place[y] * ends[2] - row
        out[y, 1] = (1.0 - place[y]) * ends[1] + place[y] * ends[3] - column
    return out


@njit(cache=True, nogil=True)
def _places(shift: Vector, frame_rows: int, frame_columns: int, columns: int) -> tuple[NDArray[np.int64], Plane]:
    """Where the content of the reference's rows lies in the frame, and with which weights it is read.

    Returns
    -------
    int64 [y, 4], float32 [y, 4, TAPS]
        First sample's row, whole columns, columns seen from … to (none where rows are missing); weights of value and
        slope along rows, of value and slope along columns.
    """
    rows = shift.shape[0]
    place, weight = np.empty((rows, 4), np.int64), np.empty((rows, 4, TAPS), np.float32)
    for y in range(rows):
        whole_y, whole_x = int(np.floor(shift[y, 0])), int(np.floor(shift[y, 1]))
        first = y + whole_y - BEFORE
        start, stop = seen_columns(columns, frame_columns, whole_x)
        place[y, 0], place[y, 1], place[y, 2] = first, whole_x, start
        place[y, 3] = stop if 0 <= first <= frame_rows - TAPS else start
        weight[y, 0], weight[y, 1] = weights(shift[y, 0] - whole_y)
        weight[y, 2], weight[y, 3] = weights(shift[y, 1] - whole_x)
    return place, weight


@njit(cache=True, nogil=True)
def _count_seen(place: NDArray[np.int64], channels: int, a: int, block: int, out: Vector) -> None:
    """Values of a row of blocks that the frame shows."""
    for y in range(a * block, min(len(place), (a + 1) * block)):
        _, _, start, stop = place[y]
        for b in range(start // block, (stop + block - 1) // block):
            out[b] += channels * (min(stop, (b + 1) * block) - max(start, b * block))


@njit(cache=True, nogil=True)
def residual_sums(frame: Plane, reference: Plane, gradient: Plane, shift: Vector, block: int) -> tuple[Vector, Vector]:
    """Sums over blocks of gradient · residual, and of residual² with its count.

    Parameters
    ----------
    frame, reference : float32 [c, y, x]
        The frame may show more.
    gradient : float32 [2, c, y, x]
        Of the reference's shape.
    shift : float64 [y, 2]
        How much further in `frame` the content of each reference row is looked for: rows, columns.
    block : int
        Rows and columns of a block.

    Returns
    -------
    float64 [by, bx, 2], float64 [by, bx, 2]
        Zero where the content is outside the frame.
    """
    channels, rows, columns = reference.shape
    down, right = (rows + block - 1) // block, (columns + block - 1) // block
    moment, energy = np.zeros((down, right, 2)), np.zeros((down, right, 2))
    line, space = np.empty(frame.shape[2], np.float32), np.empty(columns, np.float32)
    sums = np.empty((3, columns), np.float32)
    place, weight = _places(shift, frame.shape[1], frame.shape[2], columns)
    for a in range(down):
        sums[:] = np.float32(0)
        for c in range(channels):
            for y in range(a * block, min(rows, (a + 1) * block)):
                first, whole_x, start, stop = place[y]
                if stop <= start:
                    continue
                seen = space[start:stop]
                join_rows(frame[c], first, weight[y, 0], line)
                join_columns(line, start + whole_x - BEFORE, weight[y, 2], seen)
                _subtract(seen, reference[c, y, start:stop])
                _add_product(sums[0, start:stop], gradient[0, c, y, start:stop], seen)
                _add_product(sums[1, start:stop], gradient[1, c, y, start:stop], seen)
                _add_product(sums[2, start:stop], seen, seen)
        _count_seen(place, channels, a, block, energy[a, :, 1])
        _per_block(sums[0], block, moment[a, :, 0])
        _per_block(sums[1], block, moment[a, :, 1])
        _per_block(sums[2], block, energy[a, :, 0])
    return moment, energy


@njit(cache=True, nogil=True)
def all_sums(
    frame: Plane, reference: Plane, gradient: Plane, shift: Vector, block: int
) -> tuple[Vector, Vector, Vector]:
    """`residual_sums`, and the sums over blocks of gradient · (slope of the frame at x + shift), [by, bx, 2, 2].

    The frame's slope, not the reference's: the noise of the two frames is independent, so noise does not pose as
    structure.
    """
    channels, rows, columns = reference.shape
    down, right = (rows + block - 1) // block, (columns + block - 1) // block
    moment, energy, cross = np.zeros((down, right, 2)), np.zeros((down, right, 2)), np.zeros((down, right, 2, 2))
    line, space = np.empty(frame.shape[2], np.float32), np.empty((3, columns), np.float32)
    sums = np.empty((7, columns), np.float32)
    place, weight = _places(shift, frame.shape[1], frame.shape[2], columns)
    for a in range(down):
        sums[:] = np.float32(0)
        for c in range(channels):
            for y in range(a * block, min(rows, (a + 1) * block)):
                first, whole_x, start, stop = place[y]
                if stop <= start:
                    continue
                at = start + whole_x - BEFORE
                seen, down_slope, right_slope = space[0, start:stop], space[1, start:stop], space[2, start:stop]
                join_rows(frame[c], first, weight[y, 1], line)
                join_columns(line, at, weight[y, 2], down_slope)
                join_rows(frame[c], first, weight[y, 0], line)
                join_columns(line, at, weight[y, 3], right_slope)
                join_columns(line, at, weight[y, 2], seen)
                _subtract(seen, reference[c, y, start:stop])
                for p in range(2):
                    along = gradient[p, c, y, start:stop]
                    _add_product(sums[p, start:stop], along, seen)
                    _add_product(sums[3 + 2 * p, start:stop], along, down_slope)
                    _add_product(sums[4 + 2 * p, start:stop], along, right_slope)
                _add_product(sums[2, start:stop], seen, seen)
        _count_seen(place, channels, a, block, energy[a, :, 1])
        _per_block(sums[0], block, moment[a, :, 0])
        _per_block(sums[1], block, moment[a, :, 1])
        _per_block(sums[2], block, energy[a, :, 0])
        for p in range(2):
            for q in range(2):
                _per_block(sums[3 + 2 * p + q], block, cross[a, :, p, q])
    return moment, energy, cross


@njit(cache=True, nogil=True, fastmath={"contract"})
def _multiply(a: Plane, b: Plane, out: Plane) -> None:
    for x in range(out.size):
        out[x] = a[x] * b[x]


@njit(cache=True, nogil=True)
def masked(gradient: Plane, mask: Plane, row: int, column: int) -> Plane:
    """The gradient [2, c, y, x] times a mask that begins at (-row, -column) of it; zero where there is none."""
    out = np.zeros_like(gradient)
    _, channels, rows, columns = gradient.shape
    left, right = min(max(0, -column), columns), max(min(columns, mask.shape[1] - column), 0)
    if right <= left:
        return out
    for p in range(2):
        for c in range(channels):
            for y in range(max(0, -row), min(rows, mask.shape[0] - row)):
                there = mask[y + row, left + column : right + column]
                _multiply(gradient[p, c, y, left:right], there, out[p, c, y, left:right])
    return out


@njit(cache=True, nogil=True)
def square_sums(gradient: Plane, block: int) -> Vector:
    """Sums over blocks of gradient · gradient, [by, bx, 2, 2]."""
    _, channels, rows, columns = gradient.shape
    down, right = (rows + block - 1) // block, (columns + block - 1) // block
    square, sums = np.zeros((down, right, 2, 2)), np.empty((3, columns), np.float32)
    for a in range(down):
        sums[:] = np.float32(0)
        for y in range(a * block, min(rows, (a + 1) * block)):
            for c in range(channels):
                _add_product(sums[0], gradient[0, c, y], gradient[0, c, y])
                _add_product(sums[1], gradient[0, c, y], gradient[1, c, y])
                _add_product(sums[2], gradient[1, c, y], gradient[1, c, y])
        _per_block(sums[0], block, square[a, :, 0, 0])
        _per_block(sums[1], block, square[a, :, 0, 1])
        _per_block(sums[2], block, square[a, :, 1, 1])
        square[a, :, 1, 0] = square[a, :, 0, 1]
    return square


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
        start, stop = seen_columns(columns, columns, whole)
        weight = weights(offset[y] - whole)[0]
        for c in range(channels):
            out[c, y] = planes[c, y]
            if stop > start:
                join_columns(planes[c, y], start + whole - BEFORE, weight, out[c, y, start:stop])
