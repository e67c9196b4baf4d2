"""Signals of all facets less what surroundings hide, for runs of pixels."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.dsm.ground import ROWS, Ground
from eclips4d.physics.dsm.hidden_table import HiddenTables
from eclips4d.physics.dsm.hide import TWO, Looks, hide
from eclips4d.physics.dsm.horizons import COURSES, Steps, horizons
from eclips4d.physics.dsm.lanes import LANES, every, higher, load, store
from eclips4d.physics.dsm.packed import Packed, look_up
from eclips4d.physics.dsm.sight import Sight
from eclips4d.physics.dsm.vectors import wide_and_apart

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]
Flags = NDArray[np.bool_]

_STEEPEST = np.float32(1e6)
_NOUGHT = np.float32(0.0)
_WIDE: Final = 256
"""Columns that are gone through at a time, from strip to strip of rows."""

_FAST: Final[dict[str, Any]] = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": {"contract"}}

_compiled: Any = numba.njit(**_FAST)
_inlined: Any = numba.njit(inline="always", **_FAST)


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
def facet_rows(facets: Packed, parts: int, slope: F32, marked: Flags, signal: F32, first: int, last: int) -> None:
    """Fill the signals [n, y, x] of runs that are not marked, rows `first` to `last`.

    A slope that is no number counts as flat.

    Parameters
    ----------
    parts
        1; or 3, the second and third of which are changes with x and y, from −1 to 1 over the field.
    """
    p, q = np.empty(TWO, np.float32), np.empty(TWO, np.float32)
    (segments, rows, columns), signals = signal.shape, signal.reshape(signal.size)
    alone = np.empty(facets.scale.size * TWO, np.float32)
    for y in range(first, last):
        for run in range(marked.shape[1]):
            if not marked[y, run]:
                left = run * LANES
                _known(slope, y, left, p, q, 0)
                _alone(facets, parts, p, q, 0, alone, signal.shape, y, left)
                for segment in range(segments):
                    _put(alone, segment * TWO, signals, (segment * rows + y) * columns + left, columns - left)


@_compiled  # type: ignore[untyped-decorator]
def shade_rows(
    ground: Ground,
    slope: F32,
    marked: Flags,
    sight: Sight,
    steps: Steps,
    looks: Looks,
    tables: HiddenTables,
    facets: Packed,
    parts: int,
    room: int,
    least: float,
    signal: F32,
    first: int,
    last: int,
) -> None:
    """Fill the signals of runs that are marked, in `first` to `last` times ROWS rows.

    Parameters
    ----------
    marked : bool [y, runs]
        Runs of LANES pixels that anything may shade.
    facets, parts
        As of `facet_rows`; 0 parts for the hidden signals alone, with a minus.
    room
        Numbers that `hide` needs room for.
    least
        No signal becomes less than this.
    signal : float32 [n, y, x]
    """
    (segments, _, columns), flat = signal.shape, signal.reshape(signal.size)
    horizon, places = np.empty(COURSES * ROWS * LANES, np.float32), np.empty(ROWS, np.int64)
    rows, numbers = np.empty(ROWS, np.int64), np.empty(room, np.float32)
    hides, hidden = np.zeros(COURSES, np.bool_), np.empty(segments * TWO, np.float32)
    alone = np.zeros(max(facets.scale.size, segments) * TWO, np.float32)
    p, q, out = np.zeros(TWO, np.float32), np.zeros(TWO, np.float32), np.empty(segments * ROWS * _WIDE, np.float32)
    away, floor, lowest, runs = sight.away_nm.ravel(), sight.floor, np.float32(least), marked.shape[1]
    for begin in range(0, runs, _WIDE // LANES):  # what a strip looks at stays in the cache for the next one
        end = min(begin + _WIDE // LANES, runs)
        for strip in range(first, last):
            for run in range(begin, end):
                left = run * LANES
                count = _marked_rows(marked, strip, run, ground.first + left, ground.columns, rows, places)
                if count == 0:
                    continue
                at = (strip * runs + run) * COURSES
                horizons(ground.flat, places, count, steps, away, at, floor, horizon)
                for r in range(0, count, 2):
                    for n in range(min(count - r, 2)):
                        _known(slope, rows[r + n], left, p, q, n * LANES)
                    if not hide(horizon, r, p, q, looks, tables, hides, numbers, hidden):
                        hidden[:] = _NOUGHT
                    for n in range(min(count - r, 2)):
                        _alone(facets, parts, p, q, n * LANES, alone, signal.shape, rows[r + n], left)
                        into = rows[r + n] % ROWS * _WIDE + (run - begin) * LANES
                        _less(alone, hidden, lowest, n * LANES, out, into, segments)
            _give(out, marked, strip * ROWS, begin, end, flat, segments, columns)


@_inlined  # type: ignore[untyped-decorator]
def _marked_rows(marked: Flags, strip: int, run: int, first: int, columns: int, rows: I64, places: I64) -> int:
    """How many of ROWS rows are marked in a run, which, and where on the ground; behind the last one the last again."""
    count = 0
    for y in range(strip * ROWS, min((strip + 1) * ROWS, marked.shape[0])):
        if marked[y, run]:
            rows[count], places[count] = y, first + y * columns
            count += 1
    for n in range(count, ROWS):
        places[n] = places[max(count - 1, 0)]
    return count


@_inlined  # type: ignore[untyped-decorator]
def _alone(
    facets: Packed, parts: int, p: F32, q: F32, at: int, alone: F32, shape: tuple[int, int, int], y: int, left: int
) -> None:
    """Signals of a run's facets if nothing else were there."""
    if parts > 0:
        look_up(facets, p, q, at, alone, at, TWO)
    if parts == 3:
        _change_over_field(alone, at, shape, y, left)


@_compiled  # type: ignore[untyped-decorator]
def _change_over_field(alone: F32, at: int, shape: tuple[int, int, int], y: int, left: int) -> None:
    """Add the changes with x and y to signals of a run that begins at a place of `alone` [3·n·TWO]."""
    segments, rows, columns = shape
    field, down = segments * TWO, np.float32((2.0 * y - (rows - 1)) / (rows - 1))
    for segment in range(segments):
        for n in range(LANES):
            right, of = np.float32((2.0 * (left + n) - (columns - 1)) / (columns - 1)), segment * TWO + at + n
            alone[of] += right * alone[of + field] + down * alone[of + 2 * field]


@_inlined  # type: ignore[untyped-decorator]
def _less(alone: F32, hidden: F32, least: np.float32, at: int, out: F32, into: int, segments: int) -> None:
    """Signals of a run less what is hidden, into `out` [n·ROWS·_WIDE]."""
    for segment in range(segments):
        of = segment * TWO + at
        values = higher(load(alone, of) - load(hidden, of), every(least))
        store(values, out, segment * ROWS * _WIDE + into)


@_inlined  # type: ignore[untyped-decorator]
def _give(out: F32, marked: Flags, y: int, begin: int, end: int, signal: F32, segments: int, columns: int) -> None:
    """Copy what is marked from `out` to where it belongs in signals [n·y·x], row by row, as memory likes it."""
    for segment in range(segments):
        for row in range(min(ROWS, marked.shape[0] - y)):
            for run in range(begin, end):
                if marked[y + row, run]:
                    of = (segment * ROWS + row) * _WIDE + (run - begin) * LANES
                    to, inside = ((segment * marked.shape[0]) + y + row) * columns + run * LANES, columns - run * LANES
                    _put(out, of, signal, to, inside)


@_inlined  # type: ignore[untyped-decorator]
def _put(values: F32, of: int, out: F32, into: int, inside: int) -> None:
    """Copy a run, or as much of it as is inside of the image."""
    if inside >= LANES:
        store(load(values, of), out, into)
    else:
        for n in range(inside):
            out[into + n] = values[of + n]


@_compiled  # type: ignore[untyped-decorator]
def mark_runs(over: Flags, marked: Flags, first: int, last: int) -> None:
    """Mark the runs of LANES pixels, rows `first` to `last`, in which any pixel is marked."""
    for y in range(first, last):
        for run in range(marked.shape[1]):
            anything = False
            for x in range(run * LANES, min((run + 1) * LANES, over.shape[1])):
                anything |= over[y, x]
            marked[y, run] = anything


@_compiled  # type: ignore[untyped-decorator]
def _known(slope: F32, y: int, left: int, p: F32, q: F32, into: int) -> None:
    """Copy a run's slopes; what is no number, or beyond the image, counts as flat."""
    wide_and_apart()
    inside = min(LANES, slope.shape[2] - left)
    for n in range(inside, LANES):
        p[into + n] = q[into + n] = _NOUGHT
    for n in range(inside):
        x, column = np.uint64(into) + np.uint64(n), np.uint64(left) + np.uint64(n)
        along, down = slope[0, y, column], slope[1, y, column]
        is_known = (abs(along) < _STEEPEST) & (abs(down) < _STEEPEST)
        p[x], q[x] = (along if is_known else _NOUGHT), (down if is_known else _NOUGHT)


@_compiled  # type: ignore[untyped-decorator]
def pick_rows(pixels: LookedAt, signal: F32, picked: F32, first: int, last: int) -> None:
    """What was taken off signals [n, y, x] that were 0, at some pixels of rows `first` to `last`, into [n, K]."""
    for segment in range(signal.shape[0]):
        for y in range(first, last):
            for k in range(pixels.first[y], pixels.first[y + 1]):
                picked[segment, k] = -signal[segment, y, pixels.column[k]]
