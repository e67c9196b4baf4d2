"""How bright facets usually are in a frame, over their tilt and their surroundings.

No law says how much a material emits over its tilt, nor where rendering errs: beside walls narrower than a pixel, in
deep shade. The frame itself does.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.ranks import median_of

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

_FACETS: Final = 32
"""Classes of tilt whose median brightness is looked at, evenly in (1 − cos tilt)/2."""
EVERY: Final = 4
"""Of so many rows and columns one tells what is usual."""
_BLOCK: Final = 16
"""Samples along the side of a block whose median brightness stands for what surrounds a pixel."""
_FEWEST: Final = 60
"""Samples of a kind whose median tells the brightness."""
_YIELD, _YIELD_SD, _SCATTER = 1.7, 0.7, 0.003
"""Exponent k of the yield over tilt, ((1 + cos tilt)/2)^−k with k = 9/√Z (Arnal, Verdier and Vincensini 1969), as far
as it is known beforehand; how far mean brightnesses of a kind lie off that law."""
_STEEPEST_YIELD: Final = 5.0
_NODES: Final = 7
_NODE: Final = np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)
_THROUGH_NODES: Final = np.linalg.inv(np.vander(_NODE))
"""Chebyshev's, through which powers of (1 + cos tilt)/2 up to the fifth are good to 1e-6 between flat and upright."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})


class Usual(NamedTuple):
    """What is usual of brightness.

    Attributes
    ----------
    per_yield : float32 [_NODES]
        One over that of facets, a polynomial of 2·cos tilt − 1, the highest power first.
    around : float32 [blocks, blocks]
        Of blocks of EVERY·_BLOCK pixels, over that of their facets.
    """

    per_yield: F32
    around: F32


def usual_of(brightness: F32, slope: F32) -> Usual:
    """Of one pixel in EVERY rows and columns: brightness [y, x] and slopes [2, y, x]."""
    lowered = np.asarray(0.5 - 0.5 / np.sqrt(1.0 + slope[0] ** 2 + slope[1] ** 2), dtype=np.float32)
    per_yield = _per_yield(brightness, lowered)
    per = np.empty_like(lowered)
    _polynomial(per_yield, lowered.ravel(), per.ravel())
    return Usual(per_yield, _surroundings(brightness * per))


def _per_yield(brightness: F32, lowered: F32) -> F32:
    """The exponent of Arnal's law is fitted to the medians of all kinds of facets; a frame without tilts leaves it as
    it is known beforehand.
    """
    bright = np.log(np.maximum(brightness.ravel(), np.float32(1e-6)))
    kind = np.minimum((lowered.ravel() * _FACETS).astype(np.uint8), _FACETS - 1)
    count, medians = np.bincount(kind, minlength=_FACETS), np.empty((2, _FACETS), np.float32)
    _medians(lowered.ravel(), bright, kind, count, medians)
    seen = count >= _FEWEST
    if not seen.any():
        tilt, level, share = np.zeros(1), np.zeros(1), np.ones(1)
    else:
        tilt, level = -np.log1p(-medians[0, seen].astype(np.float64)), medians[1, seen].astype(np.float64)
        share = count[seen] / kind.size
    weight = np.minimum(share / share.sum(), 0.2) / _SCATTER**2
    design = np.column_stack([np.ones_like(tilt), tilt])
    normal, right = design.T @ (weight[:, None] * design), design.T @ (weight * level)
    normal[1, 1] += _YIELD_SD**-2
    right[1] += _YIELD / _YIELD_SD**2
    level_0, exponent = np.linalg.solve(normal, right)
    power = min(max(float(exponent), 0.0), _STEEPEST_YIELD)
    wanted = np.exp(power * np.log(0.75 + 0.25 * _NODE) - np.clip(level_0, -30.0, 30.0))
    return np.asarray(_THROUGH_NODES @ wanted, dtype=np.float32)


@_compiled  # type: ignore[untyped-decorator]
def _medians(lowered: F32, bright: F32, kind: U8, count: I64, medians: F32) -> None:
    """Of all that are of a kind, `count` of them: of both, into `medians` [2, kind]; 0 of kinds that have none."""
    start = np.cumsum(count) - count
    place, sorted_ = start.copy(), np.empty((2, kind.size), np.float32)
    for i in range(kind.size):
        at = place[kind[i]]
        sorted_[0, at], sorted_[1, at] = lowered[i], bright[i]
        place[kind[i]] = at + 1
    keys = np.empty(kind.size, np.int32)
    for k in range(count.size):
        for j in range(2):
            mine = sorted_[j, start[k] : start[k] + count[k]]
            medians[j, k] = median_of(mine, keys[: count[k]]) if count[k] else np.float32(0.0)


def _surroundings(ratio: F32) -> F32:
    counts = [max(side // _BLOCK, 1) for side in ratio.shape]
    edges = [np.linspace(0, side, n + 1).astype(np.int64) for side, n in zip(ratio.shape, counts, strict=True)]
    around = np.empty(counts, np.float32)
    _block_medians(ratio, edges[0], edges[1], around)
    return np.maximum(around, np.float32(1e-3))


@_compiled  # type: ignore[untyped-decorator]
def _block_medians(values: F32, edges_y: I64, edges_x: I64, out: F32) -> None:
    """Of the values between edges."""
    most = np.int64((np.diff(edges_y).max()) * np.diff(edges_x).max())
    block, keys = np.empty(most, np.float32), np.empty(most, np.int32)
    for j in range(out.shape[0]):
        for i in range(out.shape[1]):
            wide, count = edges_x[i + 1] - edges_x[i], 0
            for y in range(edges_y[j], edges_y[j + 1]):
                block[count : count + wide] = values[y, edges_x[i] : edges_x[i + 1]]
                count += wide
            out[j, i] = median_of(block[:count], keys[:count])


class Between(NamedTuple):
    """Where the pixels of a row or a column lie among blocks: the one before, and how far it is to the next.

    Attributes
    ----------
    before : int64 [x]
    share : float32 [x]
    """

    before: I64
    share: F32


def between(pixels: int, blocks: int) -> Between:
    """So many of both; beyond the outermost middles as there."""
    place = np.clip((np.arange(pixels) + 0.5) / pixels * blocks - 0.5, 0.0, blocks - 1.0)
    before = place.astype(np.int64)
    return Between(before, (place - before).astype(np.float32))


def stretched(around: F32, along: Between) -> F32:
    """Values of blocks [y, blocks] linear between their middles along x, [y, x]."""
    after = np.minimum(along.before + 1, around.shape[1] - 1)
    left = around[:, along.before]
    return np.ascontiguousarray(left + along.share * (around[:, after] - left))


@_compiled  # type: ignore[untyped-decorator]
def level_row(level: F32, row: int, down: np.float32, out: F32) -> None:
    """From one row of `level` [blocks, x] so far `down` to the next, into `out` [x]."""
    above, below = level[row], level[min(row + 1, level.shape[0] - 1)]
    for x in range(out.size):
        out[x] = above[x] + down * (below[x] - above[x])


@_compiled  # type: ignore[untyped-decorator]
def brighter_row(
    brightness: F32, precision: F32, p: F32, q: F32, usual: F32, level: F32, lowered: F32, out: F32
) -> None:
    """How many sd pixels [x] of slopes p and q are brighter than usual, into `out`; `lowered` as well.

    Parameters
    ----------
    precision
        One over the sd of the brightness, relative.
    usual
        Of `Usual.per_yield`.
    level
        Of `level_row`.
    """
    one, half = np.float32(1.0), np.float32(0.5)
    for x in range(out.size):
        lowered[x] = half - half / np.sqrt(one + p[x] * p[x] + q[x] * q[x])
    _polynomial(usual, lowered, out)
    for x in range(out.size):
        out[x] = (brightness[x] * out[x] / level[x] - one) * precision[x]


@_compiled  # type: ignore[untyped-decorator]
def _polynomial(usual: F32, lowered: F32, out: F32) -> None:
    """One over what facets usually show; both [x]."""
    one, four = np.float32(1.0), np.float32(4.0)
    a, b, c, d, e, f, g = usual[0], usual[1], usual[2], usual[3], usual[4], usual[5], usual[6]
    for x in range(out.size):
        v = one - four * lowered[x]
        out[x] = (((((a * v + b) * v + c) * v + d) * v + e) * v + f) * v + g
