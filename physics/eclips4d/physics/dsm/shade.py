"""What surroundings hide: the nearer or the farther horizon of every direction, looked up for runs of pixels."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.dsm.far import Blocks, Far, anything_far, look_far, raise_by_far, upper_block
from eclips4d.physics.dsm.hidden_table import FACETS, HiddenTables
from eclips4d.physics.dsm.hide import LONGEST, Looks, facet_amplitudes, hide
from eclips4d.physics.dsm.near import COURSES, WIDTH, Ground, Steps, horizons
from eclips4d.physics.dsm.sight import ROWS, Sight
from eclips4d.physics.dsm.vectors import wide_and_apart

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]
Flags = NDArray[np.bool_]

_STEEPEST = np.float32(1e6)
_NOUGHT = np.float32(0.0)

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})


class LookedAt(NamedTuple):
    """K pixels, row by row.

    Attributes
    ----------
    first : int64 [y + 1]
        Where each row of them begins.
    column : int64 [K]
    """

    first: I64
    column: I64

    @property
    def row(self) -> I64:
        """Of each of them."""
        return np.repeat(np.arange(self.first.size - 1), np.diff(self.first))


def looked_at(where: NDArray[np.bool_]) -> LookedAt:
    """The pixels that are marked, [y, x]."""
    first = np.zeros(len(where) + 1, np.int64)
    np.cumsum(np.count_nonzero(where, axis=1), out=first[1:])
    column = np.empty(first[-1], np.int64)
    _fill_columns(where, column)
    return LookedAt(first, column)


@_compiled  # type: ignore[untyped-decorator]
def _fill_columns(where: NDArray[np.bool_], column: I64) -> None:
    k = 0
    for y in range(where.shape[0]):
        for x in range(where.shape[1]):
            if where[y, x]:
                column[k] = x
                k += 1


@_compiled  # type: ignore[untyped-decorator]
def shade_rows(
    ground: Ground,
    slope: F32,
    over: Flags,
    marked: Flags,
    sight: Sight,
    steps: Steps,
    blocks: Blocks,
    looks: Looks,
    tables: HiddenTables,
    least: float,
    signal: F32,
    first: int,
    last: int,
) -> None:
    """Take what is hidden off the signals of rows `first` to `last`.

    Parameters
    ----------
    over : bool [y, x]
        Where anything may be shaded.
    marked : bool [y, runs]
        Runs of WIDTH pixels with any such pixel.
    steps
        From pixel to pixel.
    least
        No signal becomes less than this.
    signal : float32 [n, y, x]
    """
    room, horizon = np.empty(COURSES, np.float32), np.empty(COURSES * LONGEST, np.float32)
    amplitude = np.empty(tables.amplitude.size // (FACETS * FACETS) * LONGEST, np.float32)
    higher, lower = np.empty(WIDTH, np.float32), np.empty(WIDTH, np.float32)
    taken = np.empty(signal.shape[0] * LONGEST, np.float32)
    p, q = np.empty(LONGEST, np.float32), np.empty(LONGEST, np.float32)
    away, floor, (rows, columns) = sight.away_nm.ravel(), sight.floor, blocks.height.shape
    seen = np.empty((2, 2, columns, COURSES), np.float32)  # by two rows of blocks, while pixels look by them
    far = Far(blocks.block, blocks.height, blocks.along_nm, np.zeros((2, columns), np.bool_), seen[0], seen[1])
    looked = upper_block(first, blocks.block, rows)
    for y in range(first, last):
        b = upper_block(y, blocks.block, rows)
        if looked < b + 2:
            look_far(far, blocks, floor, marked, looked, b + 2)
            looked = b + 2
        left = width = 0
        while True:
            left, width = _next_run(marked, y, (left + width) // WIDTH)
            if width == 0:
                break
            here = (y + ground.margin) * ground.columns + ground.margin + left
            place = (y // ROWS * marked.shape[1] + left // WIDTH) * COURSES
            horizons(ground, here, width, steps, away, place, floor, horizon)
            if anything_far(far, b, left, left + width):
                raise_by_far(far, ground.flat, here, y, left, width, floor, room, horizon)
            _known(slope, y, left, width, p, q)
            facet_amplitudes(tables.amplitude, p, q, width, amplitude)
            taken[:] = _NOUGHT
            hide(horizon, p, q, width, looks, tables, amplitude, higher, lower, taken)
            _take_off(taken, over, np.float32(least), signal, y, left, width)


@_compiled  # type: ignore[untyped-decorator]
def _next_run(marked: Flags, y: int, run: int) -> tuple[int, int]:
    """The first column of a row's next pixels that are looked at together, from a run on, and how many they are."""
    runs = marked.shape[1]
    while run < runs and not marked[y, run]:
        run += 1
    end = run
    while end < min(run + LONGEST // WIDTH, runs) and marked[y, end]:
        end += 1
    return run * WIDTH, (end - run) * WIDTH


@_compiled  # type: ignore[untyped-decorator]
def mark_runs(over: Flags, marked: Flags, first: int, last: int) -> None:
    """Mark the runs of WIDTH pixels, rows `first` to `last`, in which any pixel is marked."""
    for y in range(first, last):
        for run in range(marked.shape[1]):
            anything = False
            for x in range(run * WIDTH, min((run + 1) * WIDTH, over.shape[1])):
                anything |= over[y, x]
            marked[y, run] = anything


@_compiled  # type: ignore[untyped-decorator]
def _known(slope: F32, y: int, left: int, width: int, p: F32, q: F32) -> None:
    """Copy a run's slopes; what is no number, or beyond the image, counts as flat."""
    wide_and_apart()
    inside = min(width, slope.shape[2] - left)
    for n in range(inside, width):
        p[n] = q[n] = _NOUGHT
    for n in range(inside):
        x, column = np.uint64(n), np.uint64(left) + np.uint64(n)
        along, down = slope[0, y, column], slope[1, y, column]
        is_known = (abs(along) < _STEEPEST) & (abs(down) < _STEEPEST)
        p[x], q[x] = (along if is_known else _NOUGHT), (down if is_known else _NOUGHT)


@_compiled  # type: ignore[untyped-decorator]
def _take_off(taken: F32, over: Flags, least: np.float32, signal: F32, y: int, left: int, width: int) -> None:
    """Take what is hidden [n·LONGEST] of a run's marked pixels off their signals."""
    wide_and_apart()
    for segment in range(signal.shape[0]):
        begin, column = np.uint64(segment * LONGEST), np.uint64(left)
        for n in range(min(width, signal.shape[2] - left)):
            x = np.uint64(n)
            hidden = taken[begin + x] if over[y, column + x] else _NOUGHT
            signal[segment, y, column + x] = max(signal[segment, y, column + x] - hidden, least)


@_compiled  # type: ignore[untyped-decorator]
def pick_rows(pixels: LookedAt, signal: F32, picked: F32, first: int, last: int) -> None:
    """What was taken off signals [n, y, x] that were 0, at some pixels of rows `first` to `last`, into [n, K]."""
    for segment in range(signal.shape[0]):
        for y in range(first, last):
            for k in range(pixels.first[y], pixels.first[y + 1]):
                picked[segment, k] = -signal[segment, y, pixels.column[k]]
