"""What is usual in a frame: how bright facets are over their tilt, and of what kind pixels are.

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

from eclips4d.inference.integrator.median import median

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
_NOUGHT = np.float32(0.0)

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})


def yield_over_tilt(brightness: F32, slope: F32) -> F32:
    """Usual brightness of facets over their tilt, from flat to upright, evenly in (1 − cos tilt)/2; [_ENTRIES + 1].

    The exponent of Arnal's law is fitted to the medians of all kinds of facets; a frame without tilts leaves it as it
    is known beforehand.
    """
    lowered = _lowered(slope[:, ::EVERY, ::EVERY]).ravel()
    bright = np.log(np.maximum(brightness[::EVERY, ::EVERY].ravel(), np.float32(1e-6)))
    kind = np.minimum((lowered * _FACETS).astype(np.uint8), _FACETS - 1)
    order = np.argsort(kind, kind="stable")
    parts = np.split(order, np.searchsorted(kind[order], np.arange(1, _FACETS)))
    seen = [part for part in parts if part.size >= _FEWEST]
    tilt = np.array([-np.log1p(-median(lowered[part])) for part in seen] or [0.0])
    level = np.array([median(bright[part]) for part in seen] or [0.0])
    share = np.array([part.size / kind.size for part in seen] or [1.0])
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
    return np.array([[max(median(block.ravel()), 1e-3) for block in line] for line in blocks], np.float32)


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
    tall, wide = around.shape
    level, blended = np.empty(columns, np.float32), np.empty(wide + 1, np.float32)
    before, share = np.empty(columns, np.int64), np.empty(columns, np.float32)
    for x in range(columns):
        before[x], share[x] = _between(x, columns, wide)
    for y in range(rows):
        above, down = _between(y, rows, tall)
        below = min(above + 1, tall - 1)
        for a in range(wide):
            blended[a] = around[above, a] + down * (around[below, a] - around[above, a])
        blended[wide] = blended[wide - 1]
        for x in range(columns):
            left = blended[before[x]]
            level[x] = left + share[x] * (blended[before[x] + 1] - left)
        p, q, here, noise, mine = slope[0, y], slope[1, y], brightness[y], brightness_sd[y], own[y]
        for x in range(columns):
            lowered = half - half / np.sqrt(one + p[x] * p[x] + q[x] * q[x])
            at = min(max(lowered * entries, nought), entries - one)
            i = np.uint32(at)
            expected = level[x] * (usual[i] + (at - np.float32(i)) * (usual[i + np.uint32(1)] - usual[i]))
            out[y, x] = (here[x] / expected - one) / noise[x]
            mine[x] = np.uint8(lowered > moderate) + np.uint8(lowered > steep)


@_compiled  # type: ignore[untyped-decorator]
def _between(pixel: int, pixels: int, blocks: int) -> tuple[int, np.float32]:
    """The block whose middle lies before the pixel, and how far it is from there to the next."""
    place = min(max((pixel + 0.5) / pixels * blocks - 0.5, 0.0), blocks - 1.0)
    return int(place), np.float32(place - int(place))


@_compiled  # type: ignore[untyped-decorator]
def _roughest(slope: F32, own: U8, kind: U8) -> None:
    """The largest change of slopes from pixel to pixel within squares of three, in classes, beside the tilt's class."""
    rows, columns = own.shape
    change, most, rough = (
        np.zeros((3, columns), np.float32),
        np.zeros(columns + 2, np.float32),
        np.zeros(columns, np.float32),
    )
    for y in range(rows + 1):
        _change(slope, y, change[y % 3])
        if y == 0:
            continue
        for x in range(columns):
            most[x + 1] = max(max(change[0, x], change[1, x]), change[2, x])
        for x in range(columns):
            rough[x] = max(max(most[x], most[x + 2]), most[x + 1])
        line, mine = kind[y - 1], own[y - 1]
        for x in range(columns):
            line[x] = mine[x] * np.uint8(_GRADES)
        limit = _ROUGH
        for _ in range(_GRADES - 1):
            for x in range(columns):
                line[x] += np.uint8(rough[x] > limit)
            limit /= _FINER


@_compiled  # type: ignore[untyped-decorator]
def _change(slope: F32, y: int, change: F32) -> None:
    """From pixel to pixel in row y; none at the image's edge and beyond."""
    rows, columns = slope.shape[1:]
    if not 0 < y < rows - 1:
        for x in range(columns):
            change[x] = _NOUGHT
        return
    p, q, above_p, above_q, below_p, below_q = (
        slope[0, y], slope[1, y], slope[0, y - 1], slope[1, y - 1], slope[0, y + 1], slope[1, y + 1],
    )  # fmt: skip
    for x in range(1, columns - 1):
        bend = abs(p[x + 1] - p[x - 1]) + abs(below_q[x] - above_q[x])
        twist = abs(below_p[x] - above_p[x]) + abs(q[x + 1] - q[x - 1])
        change[x] = max(bend, twist)
