"""What is usual in a frame: how bright facets are over their tilt, and how far pixels of one kind scatter.

No law says how much a material emits over its tilt, nor where rendering errs: beside walls narrower than a pixel, in
deep shade. The frame itself does. Pixels are of a kind that are equally steep, and around which slopes change as
much from pixel to pixel.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
F64 = NDArray[np.float64]

_FACETS: Final = 32
"""Classes of tilt whose median brightness is looked at, evenly in (1 − cos tilt)/2."""
EVERY: Final = 4
"""Of so many rows and columns one tells what is usual."""
_BLOCK: Final = 16
"""Samples along the side of a block whose median brightness stands for what surrounds a pixel."""
_FEWEST: Final = 60
"""Samples of a kind whose median tells the brightness."""
_QUANTILE, _NORMAL = 0.9, 1.645
"""Of deviations, and what it is for noise alone."""
_PARTS, _FEW_PARTS, _FEW = 8, 13, 4
"""Along a side of the frame; of all of them, those that must have some of a kind; samples that are some."""
_TILTS: Final = (0.03, 0.1)
"""Of (1 − cos tilt)/2: 20 and 37 degrees, between kinds."""
_GRADES, _ROUGH, _FINER = 12, np.float32(0.03), np.float32(0.7)
"""Kinds of roughness; up to which change of slope a pixel is smooth; over that of the next rougher."""
KINDS: Final = _GRADES * (len(_TILTS) + 1)
_YIELD, _YIELD_SD, _SCATTER = 1.7, 0.7, 0.003
"""Exponent k of the yield over tilt, ((1 + cos tilt)/2)^−k with k = 9/√Z (Arnal, Verdier and Vincensini 1969), as far
as it is known beforehand; how far mean brightnesses of a kind lie off that law."""
_STEEPEST_YIELD: Final = 5.0
_ENTRIES: Final = 256

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})


def yield_over_tilt(brightness: F32, slope: F32) -> F32:
    """Usual brightness of facets over their tilt, from flat to upright, evenly in (1 − cos tilt)/2; [_ENTRIES + 1].

    The exponent of Arnal's law is fitted to the medians of all kinds of facets; a frame without tilts leaves it as it
    is known beforehand.
    """
    lowered = _lowered(slope[:, ::EVERY, ::EVERY]).ravel()
    bright = np.log(np.maximum(brightness[::EVERY, ::EVERY].ravel(), 1e-6)).astype(np.float64)
    kind = np.minimum((lowered * _FACETS).astype(np.int64), _FACETS - 1)
    seen = [k for k in range(_FACETS) if np.count_nonzero(kind == k) >= _FEWEST]
    tilt = np.array([-np.log1p(-float(np.median(lowered[kind == k]))) for k in seen] or [0.0])
    level = np.array([float(np.median(bright[kind == k])) for k in seen] or [0.0])
    share = np.array([np.mean(kind == k) for k in seen] or [1.0])
    weight = np.minimum(share / share.sum(), 0.2) / _SCATTER**2
    design = np.column_stack([np.ones_like(tilt), tilt])
    normal, right = design.T @ (weight[:, None] * design), design.T @ (weight * level)
    normal[1, 1] += _YIELD_SD**-2
    right[1] += _YIELD / _YIELD_SD**2
    level_0, exponent = np.linalg.solve(normal, right)
    entries = np.minimum(np.arange(_ENTRIES + 1) / _ENTRIES, 0.99)
    return np.asarray(
        np.exp(np.clip(level_0 - min(max(exponent, 0.0), _STEEPEST_YIELD) * np.log1p(-entries), -30.0, 30.0)),
        dtype=np.float32,
    )


def _lowered(slope: F32) -> F32:
    return np.asarray(0.5 - 0.5 / np.sqrt(1.0 + slope[0] ** 2 + slope[1] ** 2), dtype=np.float32)


def surroundings(brightness: F32, slope: F32, usual: F32) -> F32:
    """Median brightness over the usual one, of blocks of EVERY·_BLOCK pixels, [blocks, blocks]."""
    entry = (_lowered(slope[:, ::EVERY, ::EVERY]) * _ENTRIES).astype(np.int64)
    ratio = brightness[::EVERY, ::EVERY] / usual[np.clip(entry, 0, _ENTRIES)]
    rows, columns = (max(side // _BLOCK, 1) for side in ratio.shape)
    edges_y, edges_x = (
        np.linspace(0, side, n + 1).astype(int) for side, n in zip(ratio.shape, (rows, columns), strict=True)
    )
    blocks = [[ratio[a:b, c:d] for c, d in pairwise(edges_x)] for a, b in pairwise(edges_y)]
    return np.array([[max(float(np.median(block)), 1e-3) for block in line] for line in blocks], np.float32)


def brighter(brightness: F32, brightness_sd: F32, slope: F32, usual: F32, around: F32, out: F32, kind: U8) -> None:
    """How many sd every pixel is brighter than usual, into `out` [y, x], and of what kind it is, into `kind`.

    Parameters
    ----------
    usual, around
        From `yield_over_tilt` and `surroundings`.
    """
    own = np.empty_like(kind)
    _brighter(brightness, brightness_sd, slope, usual, around, out, own)
    _roughest(slope, own, kind)


@_compiled  # type: ignore[untyped-decorator]
def _brighter(brightness: F32, brightness_sd: F32, slope: F32, usual: F32, around: F32, out: F32, own: U8) -> None:
    rows, columns = out.shape
    one, half, nought = np.float32(1.0), np.float32(0.5), np.float32(0.0)
    entries = np.float32(usual.size - 1)
    moderate, steep = np.float32(_TILTS[0]), np.float32(_TILTS[1])
    level = np.empty(columns, np.float32)
    for y in range(rows):
        _level_of_row(around, y, rows, level)
        p, q, here, noise, mine = slope[0, y], slope[1, y], brightness[y], brightness_sd[y], own[y]
        for x in range(columns):
            lowered = half - half / np.sqrt(one + p[x] * p[x] + q[x] * q[x])
            at = min(max(lowered * entries, nought), entries - one)
            i = np.uint32(at)
            expected = level[x] * (usual[i] + (at - np.float32(i)) * (usual[i + np.uint32(1)] - usual[i]))
            out[y, x] = (here[x] / expected - one) / noise[x]
            mine[x] = np.uint8(lowered > moderate) + np.uint8(lowered > steep)


@_compiled  # type: ignore[untyped-decorator]
def _level_of_row(around: F32, y: int, rows: int, level: F32) -> None:
    """Linear between the blocks' middles."""
    columns, (tall, wide) = level.size, around.shape
    down = min(max((y + 0.5) / rows * tall - 0.5, 0.0), tall - 1.0)
    b = min(int(down), max(tall - 2, 0))
    g, below = np.float32(down - b), min(b + 1, tall - 1)
    for x in range(columns):
        right = min(max((x + 0.5) / columns * wide - 0.5, 0.0), wide - 1.0)
        a = min(int(right), max(wide - 2, 0))
        f, beside = np.float32(right - a), min(a + 1, wide - 1)
        upper = around[b, a] + f * (around[b, beside] - around[b, a])
        lower = around[below, a] + f * (around[below, beside] - around[below, a])
        level[x] = upper + g * (lower - upper)


@_compiled  # type: ignore[untyped-decorator]
def _roughest(slope: F32, own: U8, kind: U8) -> None:
    """The largest change of slopes from pixel to pixel within squares of three, in classes, beside the tilt's class."""
    rows, columns = own.shape
    change, most = np.zeros((rows, columns), np.float32), np.zeros(columns, np.float32)
    for y in range(1, rows - 1):
        for x in range(1, columns - 1):
            bend = abs(slope[0, y, x + 1] - slope[0, y, x - 1]) + abs(slope[1, y + 1, x] - slope[1, y - 1, x])
            twist = abs(slope[0, y + 1, x] - slope[0, y - 1, x]) + abs(slope[1, y, x + 1] - slope[1, y, x - 1])
            change[y, x] = max(bend, twist)
    for y in range(rows):
        above, below = change[max(y - 1, 0)], change[min(y + 1, rows - 1)]
        for x in range(columns):
            most[x] = max(max(above[x], below[x]), change[y, x])
        for x in range(columns):
            rough = max(max(most[max(x - 1, 0)], most[min(x + 1, columns - 1)]), most[x])
            grade = 0
            while grade < _GRADES - 1 and rough > _ROUGH:
                rough *= _FINER
                grade += 1
            kind[y, x] = np.uint8(own[y, x] * _GRADES + grade)


def per_scatter(deviation: F32, kind: U8) -> F32:
    """One over what deviations of each kind are in units of noise, at most 1, [KINDS].

    What is usual is so all over the frame, a fault is not: a kind is excused by the deviations that it has in half of
    all parts of the frame where there is any of it. Kinds that are in few parts are taken together, and not excused at
    all where even together they are in few.
    """
    parts = [(a, b) for a in range(_PARTS) for b in range(_PARTS)]
    size, kinds = np.abs(deviation[::EVERY, ::EVERY]), kind[::EVERY, ::EVERY]
    edges = [np.linspace(0, side, _PARTS + 1).astype(int) for side in size.shape]
    cells = [np.s_[edges[0][a] : edges[0][a + 1], edges[1][b] : edges[1][b + 1]] for a, b in parts]
    members = [(size[cell].ravel(), kinds[cell].ravel()) for cell in cells]
    found = np.zeros(KINDS)
    for k in np.unique(kinds):
        found[k] = _usual(members, np.arange(KINDS) == k)
    found[found == 0.0] = _usual(members, found == 0.0) or 1.0
    return np.asarray(1.0 / found, dtype=np.float32)


def _usual(members: list[tuple[F32, U8]], of: NDArray[np.bool_]) -> float:
    """Of the kinds `of`; 0 where there are too few parts of the frame that have any."""
    mine = [size[of[kind]] for size, kind in members]
    scatter = [float(np.quantile(size, _QUANTILE)) for size in mine if size.size >= _FEW]
    if len(scatter) < _FEW_PARTS:
        return 0.0
    return max(float(np.median(scatter)) / _NORMAL, 1.0)
