"""One symmetric multigrid cycle for a graph of pixels joined by conductances: the preconditioner of the solver.

Cells are merged 2 × 2; what joins two merged cells is the series of half of what lies inside each and what lies between
them, so walls and gaps of low conductance stay such on every grid. Corrections are interpolated bilinearly and
residuals restricted by the adjoint; one red-black Gauss-Seidel sweep before and its mirror image after. Convergence
depends neither on the image's size nor much on the weights, which is what cosine transforms alone lack.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]

COARSEST: Final = 24
"""Pixels of a grid on which sweeps alone suffice."""
COARSEST_SWEEPS: Final = 12
_WHITE, _BLACK = np.int64(0), np.int64(1)
"""Colours of the chessboard. Of NumPy: for every number of Python's, `_sweep` would be compiled anew."""
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def levels(shape: tuple[int, int]) -> I64:
    """Rows, columns and place in a flat array of every grid, [levels, 3], the finest first."""
    rows, columns = shape
    table = [(rows, columns, 0)]
    while rows * columns > COARSEST and min(rows, columns) > 1:
        at = table[-1][2] + rows * columns
        rows, columns = -(-rows // 2), -(-columns // 2)
        table.append((rows, columns, at))
    return np.array(table, dtype=np.int64)


@_compiled  # type: ignore[untyped-decorator]
def conductances(conductance: F32, table: I64, joined: F32, inverse: F32) -> None:
    """Fills, for all grids, the conductances `joined` [2, all pixels] and one over their sum around a pixel."""
    size = conductance.shape[1] * conductance.shape[2]
    joined[0, :size], joined[1, :size] = conductance[0].ravel(), conductance[1].ravel()
    for level in range(table.shape[0]):
        rows, columns, at = table[level]
        end = at + rows * columns
        right, below = joined[0, at:end].reshape(rows, columns), joined[1, at:end].reshape(rows, columns)
        _inverse_sum(right, below, inverse[at:end].reshape(rows, columns))
        if level + 1 < table.shape[0]:
            rows, columns, at = table[level + 1]
            end = at + rows * columns
            _join(right, below, joined[0, at:end].reshape(rows, columns), joined[1, at:end].reshape(rows, columns))


@_compiled  # type: ignore[untyped-decorator]
def _inverse_sum(right: F32, below: F32, out: F32) -> None:
    rows, columns = out.shape
    tiny = np.float32(1e-30)
    for y in range(rows):
        for x in range(columns):
            total = right[y, x] + below[y, x]
            if x > 0:
                total += right[y, x - 1]
            if y > 0:
                total += below[y - 1, x]
            out[y, x] = np.float32(1.0) / max(total, tiny)


@_compiled  # type: ignore[untyped-decorator]
def _series(inside: np.float32, between: np.float32, beyond: np.float32) -> np.float32:
    half, one, tiny = np.float32(0.5), np.float32(1.0), np.float32(1e-30)
    return one / (half / max(inside, tiny) + one / max(between, tiny) + half / max(beyond, tiny))


@_compiled  # type: ignore[untyped-decorator]
def _join(right: F32, below: F32, coarse_right: F32, coarse_below: F32) -> None:
    rows, columns = right.shape
    coarse_right[:], coarse_below[:] = np.float32(0.0), np.float32(0.0)
    for y in range(rows):
        for x in range(1, columns - 1, 2):
            beyond = right[y, x + 1] if x + 2 < columns else right[y, x]
            coarse_right[y // 2, x // 2] += _series(right[y, x - 1], right[y, x], beyond)
    for y in range(1, rows - 1, 2):
        for x in range(columns):
            beyond = below[y + 1, x] if y + 2 < rows else below[y, x]
            coarse_below[y // 2, x // 2] += _series(below[y - 1, x], below[y, x], beyond)


@_compiled  # type: ignore[untyped-decorator]
def cycle(source: F32, table: I64, joined: F32, inverse: F32, height: F32, load: F32) -> None:
    """An approximate solution for `source` [y, x] in `height[:y·x]`; it and `load`, [all pixels], are work space."""
    count = table.shape[0]
    load[: source.size] = source.ravel()
    for level in range(count):
        rows, columns, at = table[level]
        end = at + rows * columns
        h, b = height[at:end].reshape(rows, columns), load[at:end].reshape(rows, columns)
        d = inverse[at:end].reshape(rows, columns)
        right, below = joined[0, at:end].reshape(rows, columns), joined[1, at:end].reshape(rows, columns)
        h[:] = np.float32(0.0)
        if level + 1 == count:
            for _ in range(COARSEST_SWEEPS):
                _sweep(h, b, right, below, d, _WHITE)
                _sweep(h, b, right, below, d, _BLACK)
            for _ in range(COARSEST_SWEEPS):
                _sweep(h, b, right, below, d, _BLACK)
                _sweep(h, b, right, below, d, _WHITE)
        else:
            _sweep(h, b, right, below, d, _WHITE)
            _sweep(h, b, right, below, d, _BLACK)
            coarse_rows, coarse_columns, coarse_at = table[level + 1]
            coarse = load[coarse_at : coarse_at + coarse_rows * coarse_columns].reshape(coarse_rows, coarse_columns)
            _restrict_residual(h, b, right, below, coarse)
    for level in range(count - 2, -1, -1):
        rows, columns, at = table[level]
        end = at + rows * columns
        h, b = height[at:end].reshape(rows, columns), load[at:end].reshape(rows, columns)
        d = inverse[at:end].reshape(rows, columns)
        right, below = joined[0, at:end].reshape(rows, columns), joined[1, at:end].reshape(rows, columns)
        coarse_rows, coarse_columns, coarse_at = table[level + 1]
        coarse = height[coarse_at : coarse_at + coarse_rows * coarse_columns].reshape(coarse_rows, coarse_columns)
        _interpolate(coarse, h)
        _sweep(h, b, right, below, d, _BLACK)
        _sweep(h, b, right, below, d, _WHITE)


@_compiled  # type: ignore[untyped-decorator]
def _sweep(h: F32, b: F32, right: F32, below: F32, inverse: F32, colour: int) -> None:
    """Gauss-Seidel on the pixels of one colour of the chessboard."""
    rows, columns = h.shape
    for y in range(rows):
        for x in range((y + colour) % 2, columns, 2):
            total = b[y, x]
            if x + 1 < columns:
                total += right[y, x] * h[y, x + 1]
            if x > 0:
                total += right[y, x - 1] * h[y, x - 1]
            if y + 1 < rows:
                total += below[y, x] * h[y + 1, x]
            if y > 0:
                total += below[y - 1, x] * h[y - 1, x]
            h[y, x] = total * inverse[y, x]


@_compiled  # type: ignore[untyped-decorator]
def _restrict_residual(h: F32, b: F32, right: F32, below: F32, coarse: F32) -> None:
    """What is left after a red-black sweep: nothing on the black pixels; then the adjoint of `_interpolate`."""
    rows, columns = h.shape
    coarse_rows, coarse_columns = coarse.shape
    coarse[:] = np.float32(0.0)
    near, far = np.float32(0.75), np.float32(0.25)
    for y in range(rows):
        j = y // 2
        other_row = min(max(j + (1 if y % 2 else -1), 0), coarse_rows - 1)
        for x in range(y % 2, columns, 2):
            left = b[y, x]
            if x + 1 < columns:
                left -= right[y, x] * (h[y, x] - h[y, x + 1])
            if x > 0:
                left -= right[y, x - 1] * (h[y, x] - h[y, x - 1])
            if y + 1 < rows:
                left -= below[y, x] * (h[y, x] - h[y + 1, x])
            if y > 0:
                left -= below[y - 1, x] * (h[y, x] - h[y - 1, x])
            i = x // 2
            other = min(max(i + (1 if x % 2 else -1), 0), coarse_columns - 1)
            coarse[j, i] += near * near * left
            coarse[j, other] += near * far * left
            coarse[other_row, i] += far * near * left
            coarse[other_row, other] += far * far * left


@_compiled  # type: ignore[untyped-decorator]
def _interpolate(coarse: F32, h: F32) -> None:
    """Adds the bilinear interpolation of `coarse`, constant beyond its outermost centres."""
    rows, columns = h.shape
    coarse_rows, coarse_columns = coarse.shape
    near, far = np.float32(0.75), np.float32(0.25)
    line = np.empty(coarse_columns, np.float32)
    for y in range(rows):
        j = y // 2
        other_row = min(max(j + (1 if y % 2 else -1), 0), coarse_rows - 1)
        for i in range(coarse_columns):
            line[i] = near * coarse[j, i] + far * coarse[other_row, i]
        for x in range(columns):
            i = x // 2
            other = min(max(i + (1 if x % 2 else -1), 0), coarse_columns - 1)
            h[y, x] += near * line[i] + far * line[other]
