"""Places on risers: which they are, which way is uphill, and what their terraces tell once these are known.

Compiled: one pass each over the image or over the places.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.terraces.rays import FOUND, REJECTED

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Labels = NDArray[np.int32]
Mask = NDArray[np.bool_]
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")

NEAR = 0.25
"""Places count as near half height within this share of the step."""


def steep(excess: F32, seen: Mask, limit: float, share: float, around_px: int) -> Mask:
    """Where slopes exceed both a limit and a share of the steepest nearby.

    Parameters
    ----------
    excess : float32 [2, y, x]
    seen : bool [y, x]
    limit, share : float
    around_px : int
        Size of the square that is nearby, in every other pixel: these stand for all, which smoothed slopes allow.
    """
    coarse = np.empty(((seen.shape[0] + 1) // 2, (seen.shape[1] + 1) // 2), np.float32)
    peak, out = np.empty_like(coarse), np.empty(seen.shape, np.bool_)
    _coarse_squares(excess, seen, coarse)
    _peaks(coarse, around_px, peak)
    _above(excess, seen, peak, np.float32(limit**2), np.float32(share**2), out)
    return out


@_compiled  # type: ignore[untyped-decorator]
def _coarse_squares(vector: F32, seen: Mask, out: F32) -> None:
    """Squared length of a vector field at every other pixel; 0 where nothing was seen."""
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            p, q = vector[0, 2 * y, 2 * x], vector[1, 2 * y, 2 * x]
            out[y, x] = p * p + q * q if seen[2 * y, 2 * x] else np.float32(0.0)


@_compiled  # type: ignore[untyped-decorator]
def _raise(line: F32, other: F32) -> None:
    for x in range(line.size):
        line[x] = max(line[x], other[x])


@_compiled  # type: ignore[untyped-decorator]
def _peaks(square: F32, size: int, out: F32) -> None:
    """Largest of squares of `size` by `size` pixels, of which even ones reach further up and to the left."""
    rows, columns = square.shape
    before = size // 2
    line = np.zeros(columns + size - 1, np.float32)
    inner = line[before : before + columns]
    for y in range(rows):
        inner[:] = square[y]
        for near in range(max(y - before, 0), min(y - before + size, rows)):
            _raise(inner, square[near])
        out[y] = inner
        for k in range(size):
            _raise(out[y], line[k : k + columns])


@_compiled  # type: ignore[untyped-decorator]
def _above(vector: F32, seen: Mask, coarse_peak: F32, least: np.float32, share: np.float32, out: Mask) -> None:
    columns = seen.shape[1]
    limit = np.empty(columns + 1, np.float32)
    for y in range(seen.shape[0]):
        peak = coarse_peak[y // 2]
        for x in range(peak.size):
            limit[2 * x] = limit[2 * x + 1] = max(least, share * peak[x])
        p, q, there, made = vector[0, y], vector[1, y], seen[y], out[y]
        for x in range(columns):
            made[x] = there[x] & (p[x] * p[x] + q[x] * q[x] > limit[x])


@_compiled  # type: ignore[untyped-decorator]
def apart_from(labels: Labels, seen: Mask) -> Mask:
    """Seen pixels that neither have a label nor share a side with one that has."""
    rows, columns = labels.shape
    out = np.empty(labels.shape, np.bool_)
    near = np.empty(columns, np.int32)
    for y in range(rows):
        here, above, below = labels[y], labels[max(y - 1, 0)], labels[min(y + 1, rows - 1)]
        for x in range(columns):
            near[x] = here[x] | above[x] | below[x]
        ahead, behind = near[:-1], near[1:]
        for x in range(columns - 1):
            ahead[x] |= here[x + 1]
        for x in range(columns - 1):
            behind[x] |= here[x]
        there, made = seen[y], out[y]
        for x in range(columns):
            made[x] = there[x] & (near[x] == 0)
    return out


@_compiled  # type: ignore[untyped-decorator]
def places_of(label: Labels, excess: F32, dx: float, dy: float) -> tuple[Labels, F32]:
    """Row and column [n, 2] of the pixels labelled 0, and the way uphill (y, x) from each, one pixel long."""
    rows, columns = label.shape
    count = 0
    for y in range(rows):
        row = label[y]
        for x in range(columns):
            count += row[x] == 0
    places, uphill = np.empty((count, 2), np.int32), np.empty((count, 2), np.float32)
    k = 0
    for y in range(rows):
        for x in range(columns):
            if label[y, x] == 0:
                down, along = excess[1, y, x] / np.float32(dy), excess[0, y, x] / np.float32(dx)
                far = max(np.sqrt(down * down + along * along), np.float32(1e-12))
                places[k, 0], places[k, 1] = y, x
                uphill[k, 0], uphill[k, 1] = down / far, along / far
                k += 1
    return places, uphill


@_compiled  # type: ignore[untyped-decorator]
def settled(
    height: F32, excess: F32, places: Labels, ends: F32, beside: Labels, state: NDArray[np.uint8], pixel_nm: float,
    label: Labels, maps: F32, runs: F64,
) -> int:  # fmt: skip
    """Give every place to one of its terraces, and sum up what places near half height tell.

    Parameters
    ----------
    height, excess, places, ends, beside, state
        As `rays.walk` and `lenders.borrow` take and leave them.
    pixel_nm : float
        Mean pixel size.
    label : int32 [y, x]
        Out, at the places. Particles, and what noise made of a riser's foot, belong to the terrace around them.
    maps : float32 [3, y, x]
        Out, at the places: height over that halfway in units of the step, step, and width.
    runs : float64 [n, 6]
        Out: terraces below and above, number of places, sums of steps, of widths and of the length of their edge, for
        each run of consecutive places between the same terraces. The length of a level line is the mean of |gradient|
        over the band around it, per unit of what the band spans.

    Returns
    -------
    int
        Number of runs.
    """
    run = -1
    for k in range(places.shape[0]):
        y, x = places[k]
        if state[k] != FOUND:
            if state[k] == REJECTED and beside[k, 0] == beside[k, 1]:
                label[y, x] = beside[k, 0]
            continue
        low, high = ends[k, 0], ends[k, 1]
        step = high - low
        middle = (height[y, x] - (low + high) / np.float32(2.0)) / max(step, np.float32(1e-12))
        label[y, x] = beside[k, 1] if middle > 0 else beside[k, 0]
        maps[0, y, x], maps[1, y, x], maps[2, y, x] = middle, step, ends[k, 2]
        if abs(middle) < NEAR:
            if run < 0 or runs[run, 0] != beside[k, 0] or runs[run, 1] != beside[k, 1]:
                run += 1
                runs[run] = 0.0
                runs[run, 0], runs[run, 1] = beside[k, 0], beside[k, 1]
            p, q = excess[0, y, x], excess[1, y, x]
            runs[run, 2] += 1.0
            runs[run, 3] += step
            runs[run, 4] += ends[k, 2]
            runs[run, 5] += np.sqrt(p * p + q * q) * pixel_nm / (2.0 * NEAR * step)
    return run + 1
