"""Cores of facets grown over the boundaries between them."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import FloatArray
from eclips4d.metrology.facets.smooth import Mask, Smoothed
from eclips4d.metrology.facets.sums import Labels

F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")
_inlined: Any = numba.njit(inline="always")

_FAR = np.float32(1e30)


def grown(labels: Labels, count: int, seen: Smoothed, means: F64, reach_px: int) -> Labels:
    """Cores grown by so many pixels, each pixel to the neighbouring core whose mean slope (dh/dx, dh/dy) is nearest."""
    table = np.zeros((count + 1, 2), np.float32)
    table[1:] = means
    # A rim that waits for ever spares looking for the borders.
    out, waits = np.pad(labels, 1), np.pad(~seen.usable, 1, constant_values=True)
    _grow(out.ravel(), out.shape[1], seen.slope, table, waits.ravel(), reach_px)
    return np.ascontiguousarray(out[1:-1, 1:-1])


@_compiled  # type: ignore[untyped-decorator]
def _grow(labels: Labels, columns: int, slope: FloatArray, table: FloatArray, waits: Mask, reach_px: int) -> None:
    """Layer by layer, of which only the pixels beside the last one are looked at; pixels in one row.

    `waits` is true for pixels that are not to be taken, and becomes so for those that are.
    """
    layer, beyond = np.empty(labels.size + 1, np.int32), np.empty(labels.size + 1, np.int32)
    chosen = np.empty(labels.size, np.int32)
    size = _beside_any(labels, columns, waits, layer)
    for _ in range(reach_px):
        for k in range(size):
            chosen[k] = _nearest(labels, columns, slope, table, layer[k])
        for k in range(size):
            labels[layer[k]] = chosen[k]
        found = 0
        for k in range(size):
            at = layer[k]
            found = _queued(at - columns, waits, beyond, found)
            found = _queued(at + columns, waits, beyond, found)
            found = _queued(at - 1, waits, beyond, found)
            found = _queued(at + 1, waits, beyond, found)
        layer, beyond, size = beyond, layer, found


@_inlined  # type: ignore[untyped-decorator]
def _queued(at: int, waits: Mask, queue: Labels, found: int) -> int:
    """Put a pixel into the queue unless it waits already; how many there are then."""
    queue[found] = at
    more = found + (not waits[at])
    waits[at] = True
    return more


@_inlined  # type: ignore[untyped-decorator]
def _nearest(labels: Labels, columns: int, slope: FloatArray, table: FloatArray, at: int) -> np.int32:
    """Label, among those beside a pixel without one, whose mean slope is nearest to the pixel's."""
    a, b, c, d = labels[at - columns], labels[at + columns], labels[at - 1], labels[at + 1]
    best: np.int32 = max(max(a, b), max(c, d))
    # Mostly there is one label only, which saves the choice.
    if (a == best or a == 0) and (b == best or b == 0) and (c == best or c == 0) and (d == best or d == 0):
        return best
    y, x = at // columns - 1, at % columns - 1
    best, nearest = a, _apart(slope, table, y, x, a)
    apart = _apart(slope, table, y, x, b)
    best, nearest = (b, apart) if apart < nearest else (best, nearest)
    apart = _apart(slope, table, y, x, c)
    best, nearest = (c, apart) if apart < nearest else (best, nearest)
    apart = _apart(slope, table, y, x, d)
    return d if apart < nearest else best


@_inlined  # type: ignore[untyped-decorator]
def _apart(slope: FloatArray, table: FloatArray, y: int, x: int, label: np.int32) -> np.float32:
    """Square of how far a pixel's slope is from a label's mean; far more than any for no label."""
    dx, dy = slope[0, y, x] - table[label, 0], slope[1, y, x] - table[label, 1]
    off: np.float32 = dx * dx + dy * dy if label else _FAR
    return off


@_compiled  # type: ignore[untyped-decorator]
def _beside_any(labels: Labels, columns: int, waits: Mask, layer: Labels) -> int:
    """Pixels without a label beside one with a label, from then on waiting; all with a label wait too. How many."""
    found = 0
    for at in range(columns, labels.size - columns):
        if labels[at]:
            waits[at] = True
        elif not waits[at] and (labels[at - columns] or labels[at + columns] or labels[at - 1] or labels[at + 1]):
            waits[at] = True
            layer[found] = at
            found += 1
    return found
