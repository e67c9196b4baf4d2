"""Sums of the fit over blocks: residuals and slopes of the frame against the reference's gradients.

Products are summed down the rows of a block first, column by column, and only then along the columns: all inner loops
run over whole rows (`rows`).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from eclips4d.registration.rows import NEXT, At, add_product, join_eight, multiply, subtract, times
from eclips4d.registration.sampling import BEFORE, TAPS, weights, weights_into

Plane = NDArray[np.float32]
Vector = NDArray[np.float64]
SLOPE, ALONG = At(TAPS), At(2 * TAPS)
"""Of the weights that a row is read with: those of a slope lie behind those of a value, those along it behind both."""


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
    flat = weight.reshape(-1)
    for y in range(rows):
        whole_y, whole_x = int(np.floor(shift[y, 0])), int(np.floor(shift[y, 1]))
        first = y + whole_y - BEFORE
        start, stop = seen_columns(columns, frame_columns, whole_x)
        place[y, 0], place[y, 1], place[y, 2] = first, whole_x, start
        place[y, 3] = stop if 0 <= first <= frame_rows - TAPS else start
        for axis in range(2):
            weights_into(shift[y, axis] - np.floor(shift[y, axis]), flat, (4 * y + 2 * axis) * TAPS)
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
    sums, space = np.empty((3, columns), np.float32), np.empty((2, max(columns, frame.shape[2])), np.float32)
    place, weight = _places(shift, frame.shape[1], frame.shape[2], columns)
    seen, width = At(space.shape[1]), At(frame.shape[2])
    flat, lines, taps, totals = frame.reshape(-1), space.reshape(-1), weight.reshape(-1), sums.reshape(-1)
    values, along, plane = reference.reshape(-1), gradient.reshape(-1), At(reference.size)
    for a in range(down):
        sums[:] = np.float32(0)
        for c in range(channels):
            for y in range(a * block, min(rows, (a + 1) * block)):
                first, whole_x, start, stop = place[y]
                if stop <= start:
                    continue
                count, w = At(stop - start), At(4 * TAPS * y)
                join_eight(flat, At((c * frame.shape[1] + first) * frame.shape[2]), width, taps, w, lines, At(0), width)
                join_eight(lines, At(start + whole_x - BEFORE), NEXT, taps, w + ALONG, lines, seen, count)
                here = At((c * rows + y) * columns + start)
                subtract(lines, seen, values, here, count)
                _add_residuals(totals, At(start), At(columns), along, here, plane, lines, seen, count)
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
    sums, space = np.empty((7, columns), np.float32), np.empty((4, max(columns, frame.shape[2])), np.float32)
    place, weight = _places(shift, frame.shape[1], frame.shape[2], columns)
    width, plane = At(frame.shape[2]), At(reference.size)
    seen, down_slope, right_slope = At(space.shape[1]), At(2 * space.shape[1]), At(3 * space.shape[1])
    flat, lines, taps, totals = frame.reshape(-1), space.reshape(-1), weight.reshape(-1), sums.reshape(-1)
    values, along = reference.reshape(-1), gradient.reshape(-1)
    for a in range(down):
        sums[:] = np.float32(0)
        for c in range(channels):
            for y in range(a * block, min(rows, (a + 1) * block)):
                first, whole_x, start, stop = place[y]
                if stop <= start:
                    continue
                count, w = At(stop - start), At(4 * TAPS * y)
                begin, at = At((c * frame.shape[1] + first) * frame.shape[2]), At(start + whole_x - BEFORE)
                join_eight(flat, begin, width, taps, w + SLOPE, lines, At(0), width)
                join_eight(lines, at, NEXT, taps, w + ALONG, lines, down_slope, count)
                join_eight(flat, begin, width, taps, w, lines, At(0), width)
                join_eight(lines, at, NEXT, taps, w + ALONG + SLOPE, lines, right_slope, count)
                join_eight(lines, at, NEXT, taps, w + ALONG, lines, seen, count)
                here = At((c * rows + y) * columns + start)
                subtract(lines, seen, values, here, count)
                _add_residuals(totals, At(start), At(columns), along, here, plane, lines, seen, count)
                for p in range(2):
                    to, of = At((3 + 2 * p) * columns + start), here + At(p) * plane
                    add_product(totals, to, along, of, lines, down_slope, count)
                    add_product(totals, to + At(columns), along, of, lines, right_slope, count)
        _count_seen(place, channels, a, block, energy[a, :, 1])
        _per_block(sums[0], block, moment[a, :, 0])
        _per_block(sums[1], block, moment[a, :, 1])
        _per_block(sums[2], block, energy[a, :, 0])
        for p in range(2):
            for q in range(2):
                _per_block(sums[3 + 2 * p + q], block, cross[a, :, p, q])
    return moment, energy, cross


@njit(cache=True, nogil=True)
def _add_residuals(
    totals: Plane, to: At, columns: At, along: Plane, here: At, plane: At, lines: Plane, seen: At, count: At
) -> None:
    """Of one row: both components of gradient · residual, and residual², each to a row of its own."""
    add_product(totals, to, along, here, lines, seen, count)
    add_product(totals, to + columns, along, here + plane, lines, seen, count)
    add_product(totals, to + At(2) * columns, lines, seen, lines, seen, count)


@njit(cache=True, nogil=True)
def masked(gradient: Plane, mask: Plane, row: int, column: int, block: int) -> tuple[Plane, Vector]:
    """The gradient [2, c, y, x] times a mask that begins at (-row, -column) of it, zero where there is none.

    Returns
    -------
    float32 [2, c, y, x], float64 [by, bx, 2, 2]
        That, and its `square_sums`.
    """
    out, (_, channels, rows, columns) = np.zeros_like(gradient), gradient.shape
    square, sums = _no_squares(rows, columns, block)
    left, right = min(max(0, -column), columns), max(min(columns, mask.shape[1] - column), 0)
    flat, shown, made, totals = gradient.reshape(-1), mask.reshape(-1), out.reshape(-1), sums.reshape(-1)
    count, width, plane = At(max(right - left, 0)), At(columns), At(channels * rows * columns)
    for a in range(square.shape[0]):
        sums[:] = np.float32(0)
        for y in range(max(a * block, -row), min(rows, (a + 1) * block, mask.shape[0] - row)):
            for c in range(channels):
                there, here = At((y + row) * mask.shape[1] + left + column), At((c * rows + y) * columns + left)
                multiply(flat, here, shown, there, made, here, count)
                multiply(flat, here + plane, shown, there, made, here + plane, count)
                _add_squares(totals, At(left), width, made, here, plane, count)
        _squares_per_block(sums, block, square[a])
    return out, square


@njit(cache=True, nogil=True)
def square_sums(gradient: Plane, block: int) -> Vector:
    """Sums over blocks of gradient · gradient, [by, bx, 2, 2]."""
    _, channels, rows, columns = gradient.shape
    square, sums = _no_squares(rows, columns, block)
    flat, totals, width, plane = gradient.reshape(-1), sums.reshape(-1), At(columns), At(channels * rows * columns)
    for a in range(square.shape[0]):
        sums[:] = np.float32(0)
        for y in range(a * block, min(rows, (a + 1) * block)):
            for c in range(channels):
                _add_squares(totals, At(0), width, flat, At((c * rows + y) * columns), plane, width)
        _squares_per_block(sums, block, square[a])
    return square


@njit(cache=True, nogil=True)
def _no_squares(rows: int, columns: int, block: int) -> tuple[Vector, Plane]:
    down, right = (rows + block - 1) // block, (columns + block - 1) // block
    return np.zeros((down, right, 2, 2)), np.empty((3, columns), np.float32)


@njit(cache=True, nogil=True)
def _add_squares(totals: Plane, to: At, width: At, flat: Plane, i: At, plane: At, count: At) -> None:
    """Of one row: the squares of both components, and their product, each to a row of its own."""
    add_product(totals, to, flat, i, flat, i, count)
    add_product(totals, to + width, flat, i, flat, i + plane, count)
    add_product(totals, to + At(2) * width, flat, i + plane, flat, i + plane, count)


@njit(cache=True, nogil=True)
def _squares_per_block(sums: Plane, block: int, square: Vector) -> None:
    _per_block(sums[0], block, square[:, 0, 0])
    _per_block(sums[1], block, square[:, 0, 1])
    _per_block(sums[2], block, square[:, 1, 1])
    for b in range(square.shape[0]):
        square[b, 1, 0] = square[b, 0, 1]


@njit(cache=True, nogil=True)
def read_rows(planes: Plane, offset: Vector, out: Plane) -> None:
    """Every row of [c, y, x] read `offset` columns further; where that is outside, as it is.

    Parameters
    ----------
    planes, out : float32 [c, y, x]
    offset : float64 [y]
    """
    channels, rows, columns = planes.shape
    flat, made = planes.reshape(-1), out.reshape(-1)
    for y in range(rows):
        whole = int(np.floor(offset[y]))
        start, stop = seen_columns(columns, columns, whole)
        weight = weights(offset[y] - whole)[0]
        for c in range(channels):
            row = (c * rows + y) * columns
            times(made, At(row), np.float32(1), flat, At(row), At(columns))
            if stop > start:
                at, to, count = At(row + start + whole - BEFORE), At(row + start), At(stop - start)
                join_eight(flat, at, NEXT, weight, At(0), made, to, count)
