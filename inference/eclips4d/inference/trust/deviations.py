"""All that a frame may say against a surface, in one pass over its rows: nothing is written that is read only once.

Deviations are, in order and in units of noise: sums of brightness over squares and over lines; the same of every
combination of segments that no surface changes; the residual, where there is any such combination; the circulation.
Trust is given at once to all pixels where none of them exceeds what is trusted. Of the others, a per cent or two,
deviations are kept until the frame has told what is usual; of one pixel in EVERY rows and columns they tell it.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.trust.case import Expected, Given, Said
from eclips4d.inference.trust.kinds import change_row, kinds_row
from eclips4d.inference.trust.misfit import Misfit, misfit_row
from eclips4d.inference.trust.sums import MARGIN, SQUARE, squares_row, sums_row
from eclips4d.inference.trust.turn import REACH, along_row, turned_row
from eclips4d.inference.trust.usual import EVERY, brighter_row, level_row

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

TRUSTED: Final = np.float32(4.0)
"""Deviation up to which a pixel is trusted."""
HALF_TRUSTED_SD: Final = np.float32(1.0)
"""Trust is halved at this slope sd."""
BEHIND: Final = SQUARE // 2
"""Rows that have to be read before a row is judged."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


class _Rows(NamedTuple):
    """What is kept of the last SQUARE rows, row s in place s % SQUARE, and of the one that is read."""

    misfit: Misfit
    work: F32
    sums: F32
    squares: F32
    lines: F32
    lowered: F32
    along: F32
    change: F32
    level: F32
    deviations: F32


@_compiled  # type: ignore[untyped-decorator]
def judged_rows(given: Given, expected: Expected, first: int, last: int, said: Said) -> int:
    """The rows `first` to `last`; of how many pixels deviations are kept, from place first·columns on."""
    segments, rows, columns = given.raw.shape
    count, sorts = said.some.shape[0], 1 + expected.reading.beside.shape[0]
    made = np.empty((2 + sorts, 1, columns), np.float32)
    held = _Rows(
        Misfit(made[0], made[1], made[2], made[3:]),
        np.empty((2 * segments + 1, columns), np.float32),
        np.zeros((4, columns + 2 * MARGIN), np.float32),
        np.zeros((sorts, SQUARE, columns), np.float32),
        np.zeros((sorts, SQUARE, columns), np.float32),
        np.empty((SQUARE, columns), np.float32),
        np.zeros((SQUARE, columns), np.float32),
        np.zeros((SQUARE, columns + 2), np.float32),
        np.empty(columns, np.float32),
        np.empty((count, columns), np.float32),
    )
    kept = 0
    for s in range(first - BEHIND, last + BEHIND):
        if 0 <= s < rows:
            _read(given, expected, s, held)
            if first <= s < last:
                _residual(held.misfit.chi2[0], given.measured_sd[s], given.slope_sd[s], segments, said.residual[s])
        else:
            for sort in range(sorts):
                held.squares[sort, s % SQUARE] = np.float32(0.0)
        change_row(given.slope, s - 1, held.change[(s - 1) % SQUARE])
        if first <= s - BEHIND < last:
            kept += _judged(given, expected, s - BEHIND, held, said, first * columns + kept)
    return kept


@_compiled  # type: ignore[untyped-decorator]
def _read(given: Given, expected: Expected, s: int, held: _Rows) -> None:
    """Row s: what is left of the frame in every pixel, summed along the row."""
    at = s % SQUARE
    misfit_row(given.raw, given.rendered, s, expected.reading, held.work, 0, held.misfit)
    level_row(expected.level, expected.down.before[s], expected.down.share[s], held.level)
    p, q, bright = given.slope[0, s], given.slope[1, s], held.work[0]
    brightness, precision = held.misfit.brightness[0], held.misfit.precision[0]
    brighter_row(brightness, precision, p, q, expected.per_yield, held.level, held.lowered[at], bright)
    sums_row(bright, held.sums, held.squares[0, at], held.lines[0, at])
    for j in range(held.misfit.beside.shape[0]):
        sums_row(held.misfit.beside[j, 0], held.sums, held.squares[1 + j, at], held.lines[1 + j, at])
    along_row(given.measured[0, s], held.along[at])


@_compiled  # type: ignore[untyped-decorator]
def _residual(chi2: F32, measured_sd: F32, filtered_sd: F32, segments: int, out: F32) -> None:
    """Root of chi² over the degrees of freedom of every pixel: those to spare, and what a filter took from slopes.

    A network that leaves a share of the slopes' variance has used so much of each slope's own degree of freedom. With
    three segments and slopes as measured there is none.
    """
    one, two, least, spare = np.float32(1.0), np.float32(2.0), np.float32(1e-3), np.float32(segments - 3)
    for x in range(out.size):
        left = min(filtered_sd[x] / measured_sd[x], one)
        out[x] = np.sqrt(chi2[x] / (spare + two * (one - left * left) + least))


@_compiled  # type: ignore[untyped-decorator]
def _judged(given: Given, expected: Expected, y: int, held: _Rows, said: Said, place: int) -> int:
    """Row y, behind which enough is read; of how many pixels deviations are kept, from `place` on."""
    found, columns = held.deviations, said.trust.shape[1]
    for sort in range(held.squares.shape[0]):
        squares_row(held.squares[sort], y, found[2 * sort])
        _copy(held.lines[sort, y % SQUARE], found[2 * sort + 1])
    if held.squares.shape[0] > 1:
        _copy(said.residual[y], found[-2])
    above, below = held.along[(y - REACH) % SQUARE], held.along[(y + REACH) % SQUARE]
    dx, dy = expected.steps
    turned_row(given.measured[1], y, above, below, given.measured_sd[y], dx, dy, held.level, found[-1])
    largest = held.level
    _largest(found, largest)
    doubted = _trust(largest, given.slope_sd[y], given.believed[y], said.trust[y])
    if not doubted and y % EVERY:
        return 0
    kind = np.empty(columns, np.uint8)
    beside = held.change[(y - 1) % SQUARE], held.change[y % SQUARE], held.change[(y + 1) % SQUARE]
    kinds_row(held.lowered[y % SQUARE], beside[0], beside[1], beside[2], kind)
    if y % EVERY == 0:
        _thin(kind, said.kind[y // EVERY])
        for k in range(found.shape[0]):
            _thin(found[k], said.some[k, y // EVERY])
    if doubted:
        _keep(found, kind, largest, given.believed[y], y * columns, said, place)
    return int(doubted)


@_compiled  # type: ignore[untyped-decorator]
def _copy(values: F32, out: F32) -> None:
    """Slices would take their time."""
    for i in range(out.size):
        out[i] = values[i]


@_compiled  # type: ignore[untyped-decorator]
def _thin(values: Any, out: Any) -> None:
    """One value in EVERY."""
    for i in range(out.size):
        out[i] = values[i * EVERY]


@_compiled  # type: ignore[untyped-decorator]
def _largest(deviations: F32, out: F32) -> None:
    out[:] = np.float32(0.0)
    for k in range(deviations.shape[0]):
        deviation = deviations[k]
        for x in range(out.size):
            out[x] = max(out[x], abs(deviation[x]))


@_compiled  # type: ignore[untyped-decorator]
def _trust(largest: F32, slope_sd: F32, believed: NDArray[np.bool_], out: U8) -> int:
    """By the slopes' sd alone; how many pixels are believed and deviate by more than is trusted."""
    one, full, half = np.float32(1.0), np.float32(100.0), np.float32(0.5)
    for x in range(out.size):
        ratio = slope_sd[x] / HALF_TRUSTED_SD
        share = one / (one + ratio * ratio)
        out[x] = np.uint8(full * share + half) if believed[x] else np.uint8(0)
    doubted = 0
    for x in range(out.size):
        # No number is not at most anything.
        doubted += not largest[x] <= TRUSTED and believed[x]
    return doubted


@_compiled  # type: ignore[untyped-decorator]
def _keep(
    deviations: F32, kind: U8, largest: F32, believed: NDArray[np.bool_], start: int, said: Said, place: int
) -> None:
    """Pixels of a row that begins at `start`, from `place` on."""
    for x in range(largest.size):
        if not largest[x] <= TRUSTED and believed[x]:
            said.pixel[place], said.pixel_kind[place] = start + x, kind[x]
            for k in range(deviations.shape[0]):
                said.large[place, k] = deviations[k, x]
            place += 1
