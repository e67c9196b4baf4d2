"""What the coarse grid is told in one pass over the image: the misfit of the measured slopes, their weight, trust.

The image is passed in strips of half a cell of `coarse`. Each lies within one row of coarse cells and between the
centres of two, and is summed for itself: so strips may be shared among threads and give the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.integrator.coarse import FACTOR, cells
from eclips4d.inference.integrator.heads import LOG_WEIGHT, TRUST_START
from eclips4d.inference.integrator.twice import for_both
from eclips4d.inference.integrator.unfold import spread

F32 = NDArray[np.float32]

STRIP: Final = FACTOR // 2
"""Rows of a strip."""
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True, slots=True)
class LongRange:
    """All float32, on the coarse grid; a cell cut off by the image's edge counts by its area.

    Attributes
    ----------
    source : [rows, columns]
        Minus the divergence of the weighted misfit of the measured slopes, by the adjoint of `coarse`'s interpolation.
    weight : [2, rows, columns]
        Mean of the measured border slopes' weights, to the right and below.
    trust : [rows, columns]
        Mean trust in the corrected slopes.
    """

    source: F32
    weight: F32
    trust: F32


def long_range(
    border: F32, share: F32, output: F32, fold: int, height: F32, per: tuple[np.float32, np.float32], caution: float
) -> LongRange:
    """Of the height [y, x] as it stands.

    Parameters
    ----------
    border
        As measured, [2, y, x].
    share
        To which each counts, from 0, not measured, to 1, [2, y, x].
    output
        Of the network, whose last two planes say how measured and corrected slopes are to be weighted.
    per
        1/dx, 1/dy.
    caution
        Factor on the trust.
    """
    shape = height.shape[0], height.shape[1]
    (rows, columns), strips = cells(shape), -(-shape[0] // STRIP)
    blocks = np.nan_to_num(output[-2:])
    factor = np.exp(np.clip(blocks[0], *LOG_WEIGHT))
    trust = np.float32(caution) * np.exp(np.clip(blocks[1] + np.float32(TRUST_START), *LOG_WEIGHT))
    weights, sources = np.zeros((2, 2 * rows, columns), np.float32), np.zeros((2, 2 * rows, columns), np.float32)

    def half(part: int) -> None:
        first, last = part * strips // 2, (part + 1) * strips // 2
        _strips(border, share, factor, fold, height, per[0], per[1], first, last, weights, sources)

    for_both(half, height.size)
    area = np.float32(1.0 / FACTOR**2)
    return LongRange(
        source=_joined(sources),
        weight=(weights[:, ::2] + weights[:, 1::2]) * area,
        trust=_mean_trust(trust, fold, shape),
    )


def _joined(sources: F32) -> F32:
    """A strip's sums for the coarse centres above and below it, [2, strips, columns], to those of centres."""
    above, below = sources
    out = above[1::2] + below[::2]
    out[:-1] += above[2::2]
    out[1:] += below[1:-1:2]
    out[0] += above[0]
    out[-1] += below[-1]
    return np.asarray(out, dtype=np.float32)


def _mean_trust(trust: F32, fold: int, shape: tuple[int, int]) -> F32:
    """Of blocks, the image's area in each, as means over coarse cells."""
    rows, columns = cells(shape)
    for axis, size in enumerate(shape):
        inside = np.clip(size - fold * np.arange(trust.shape[axis]), 0, fold) * np.float32(1.0 / FACTOR)
        trust = trust * np.expand_dims(inside.astype(np.float32), 1 - axis)
    per = FACTOR // fold
    whole = trust[: rows * per, : columns * per].reshape(rows, per, columns, per)
    return np.asarray(whole.sum(axis=(1, 3)), dtype=np.float32)


@_compiled  # type: ignore[untyped-decorator]
def _strips(
    border: F32,
    weight: F32,
    factor: F32,
    fold: int,
    height: F32,
    per_dx: np.float32,
    per_dy: np.float32,
    first: int,
    last: int,
    weights: F32,
    sources: F32,
) -> None:
    """Sums of the strips `first` to `last` over coarse cells, into `weights` and `sources` [2, strips, columns]."""
    rows, columns = height.shape
    one, blocks = np.float32(1.0), (columns + fold - 1) // fold
    factors, across = np.empty(columns + fold, np.float32), np.zeros(columns + 1, np.float32)
    above, below = np.zeros(columns, np.float32), np.zeros(columns, np.float32)
    totals, line = np.empty((4, columns), np.float32), np.empty(columns, np.float32)
    if first > 0:
        y = first * STRIP - 1
        spread(factor[y // fold, :blocks], fold, factors)
        _flux_below(border, weight, height, y, factors, per_dy, above, totals[0])
    for strip in range(first, last):
        totals[:] = np.float32(0.0)
        for y in range(strip * STRIP, min((strip + 1) * STRIP, rows)):
            if y % fold == 0:
                spread(factor[y // fold, :blocks], fold, factors)
            _flux_right(border[0, y], weight[0, y], height[y], factors, per_dx, across, totals[0])
            _flux_below(border, weight, height, y, factors, per_dy, below, totals[1])
            share = (np.float32((y + STRIP) % FACTOR) + np.float32(0.5)) / np.float32(FACTOR)
            _divergence(across, above, below, line)
            _added(line, one - share, totals[2])
            _added(line, share, totals[3])
            above, below = below, above
        for k in range(2):
            _cell_sums(totals[k], weights[k, strip])
            _centre_sums(totals[2 + k], line, sources[k, strip])


@_compiled  # type: ignore[untyped-decorator]
def _flux_right(g: F32, w: F32, h: F32, factor: F32, per_dx: np.float32, across: F32, total: F32) -> None:
    for x in range(h.size - 1):
        used = factor[x] * w[x]
        total[x] += used
        across[x + 1] = used * (g[x] - (h[x + 1] - h[x]) * per_dx) * per_dx


@_compiled  # type: ignore[untyped-decorator]
def _flux_below(
    border: F32, weight: F32, height: F32, y: int, factor: F32, per_dy: np.float32, out: F32, total: F32
) -> None:
    if y + 1 >= height.shape[0]:
        out[:] = np.float32(0.0)
        return
    g, w, h, under = border[1, y], weight[1, y], height[y], height[y + 1]
    for x in range(h.size):
        used = factor[x] * w[x]
        total[x] += used
        out[x] = used * (g[x] - (under[x] - h[x]) * per_dy) * per_dy


@_compiled  # type: ignore[untyped-decorator]
def _divergence(across: F32, above: F32, below: F32, out: F32) -> None:
    for x in range(out.size):
        out[x] = across[x] - across[x + 1] + above[x] - below[x]


@_compiled  # type: ignore[untyped-decorator]
def _added(line: F32, share: np.float32, total: F32) -> None:
    for x in range(line.size):
        total[x] += share * line[x]


@_compiled  # type: ignore[untyped-decorator]
def _cell_sums(line: F32, out: F32) -> None:
    for i in range(out.size):
        out[i] += _sum(line, i * FACTOR, min((i + 1) * FACTOR, line.size))


@_compiled  # type: ignore[untyped-decorator]
def _centre_sums(line: F32, rising: F32, out: F32) -> None:
    """Along x, by the adjoint of linear interpolation between the centres of cells; `rising` is work space."""
    last, per = out.size - 1, np.float32(1.0 / FACTOR)
    for x in range(line.size):
        rising[x] = (np.float32((x + FACTOR // 2) % FACTOR) + np.float32(0.5)) * per * line[x]
    for i in range(out.size + 1):  # between the centres of the cells i − 1 and i
        start, end = max(i * FACTOR - FACTOR // 2, 0), min(i * FACTOR + FACTOR // 2, line.size)
        beyond = _sum(rising, start, end)
        out[max(i - 1, 0)] += _sum(line, start, end) - beyond
        out[min(i, last)] += beyond


@_compiled  # type: ignore[untyped-decorator]
def _sum(line: F32, start: int, end: int) -> np.float32:
    """Four sums side by side: one alone would wait for every addition."""
    a = b = c = d = np.float32(0.0)
    fours = start + (max(end - start, 0) & -4)
    for x in range(start, fours, 4):
        a += line[x]
        b += line[x + 1]
        c += line[x + 2]
        d += line[x + 3]
    for x in range(fours, end):
        a += line[x]
    return (a + b) + (c + d)
