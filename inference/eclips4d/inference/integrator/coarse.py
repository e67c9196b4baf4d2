"""The long wavelengths stay with what was measured: a correction of the height on a coarse grid.

A network that cleans slopes sees a neighbourhood only; an error of a hundredth of the noise, the same over hundreds of
pixels, would grow into a drift that plain least squares does not have. So the height is corrected by a coarse,
bilinearly interpolated c that minimises, over pixel borders,

    Σ w·(g − step(height + c)/d)² + Σ trust·(step(c)/d)²

with the measured border slopes g. The network can only say where measured slopes do not count (w) and where a surface
is plainly flat or plane, so that its own slopes are better even over long distances (trust).
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.integrator.solve import relaxed
from eclips4d.inference.integrator.twice import for_both

F32 = NDArray[np.float32]

FACTOR: Final = 8
"""Pixels per side of a coarse cell: the network decides up to about three times this wavelength."""
LEAST: Final = 1e-4
"""Least weight of a coarse border."""
ITERATIONS: Final = 12
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def corrected_drift(source: F32, weight: F32, trust: F32, pixel_size_xy_nm: tuple[float, float], height: F32) -> None:
    """Adds the coarse correction to `height` [y, x], in place, and leaves its mean as it is.

    Parameters
    ----------
    source
        Minus the divergence of `weight·(g − step/d)` at the present height, by the adjoint of `interpolated`, [rows,
        columns].
    weight
        Means over coarse cells, [2, rows, columns], of borders to the right and below; a cell cut off by the image's
        edge counts by its area.
    trust
        The same of the corrected slopes, [rows, columns].
    """
    if max(source.shape) < 2:
        return
    change = relaxed(source, coarse_conductance(weight, trust, pixel_size_xy_nm), ITERATIONS)
    wide = np.zeros((len(change), height.shape[1]), np.float32)
    interpolated_along(change, wide)
    rows = height.shape[0]
    wide -= np.float32(wide.mean(axis=1, dtype=np.float64) @ _rows_nearest(len(wide), rows) / rows)
    for_both(lambda part: interpolated_down(wide, height, part * rows // 2, (part + 1) * rows // 2), height.size)


@_compiled  # type: ignore[untyped-decorator]
def _place(at: int, count: int) -> tuple[int, int, np.float32]:
    """Nearest coarse centre before, the next, and the share of the next."""
    place = (np.float32(at) + np.float32(0.5)) / np.float32(FACTOR) - np.float32(0.5)
    low = int(np.floor(place))
    return min(max(low, 0), count - 1), min(max(low + 1, 0), count - 1), place - np.float32(low)


@_compiled  # type: ignore[untyped-decorator]
def _rows_nearest(count: int, rows: int) -> NDArray[np.float64]:
    """How many of so many fine rows interpolation takes from each of `count` coarse ones."""
    out = np.zeros(count)
    for y in range(rows):
        low, high, share = _place(y, count)
        out[low] += 1.0 - share
        out[high] += share
    return out


def coarse_conductance(weight: F32, trust: F32, pixel_size_xy_nm: tuple[float, float]) -> F32:
    """Of the borders between coarse cells, [2, rows, columns]: the mean of the cells they join, over d²."""
    dx, dy = pixel_size_xy_nm
    total = weight + trust + np.float32(LEAST)
    out = np.zeros_like(total)
    out[0, :, :-1] = (total[0, :, 1:] + total[0, :, :-1]) * np.float32(0.5 / dx**2)
    out[1, :-1] = (total[1, 1:] + total[1, :-1]) * np.float32(0.5 / dy**2)
    return out


def cells(shape: tuple[int, int]) -> tuple[int, int]:
    """Coarse cells (rows, columns) of an image of `shape`."""
    return -(-shape[0] // FACTOR), -(-shape[1] // FACTOR)


@_compiled  # type: ignore[untyped-decorator]
def interpolated_along(coarse: F32, wide: F32) -> None:
    """Linear interpolation of `coarse` along x into `wide` [rows, x], constant beyond its outermost centres."""
    columns, per = coarse.shape[1], np.float32(1.0 / FACTOR)
    for y in range(coarse.shape[0]):
        for i in range(columns + 1):  # between the centres of the cells i − 1 and i
            start = i * FACTOR - FACTOR // 2
            left, right = coarse[y, max(i - 1, 0)], coarse[y, min(i, columns - 1)]
            rise = (right - left) * per
            for x in range(max(start, 0), min(start + FACTOR, wide.shape[1])):
                wide[y, x] = left + (np.float32(x - start) + np.float32(0.5)) * rise


@_compiled  # type: ignore[untyped-decorator]
def interpolated_down(wide: F32, fine: F32, first: int, last: int) -> None:
    """Adds the interpolation of `wide` [rows, x] along y to the rows `first` to `last` of `fine` [y, x]."""
    for y in range(first, last):
        low, high, share = _place(y, wide.shape[0])
        above, below, line = wide[low], wide[high], fine[y]
        keep = np.float32(1.0) - share
        for x in range(line.size):
            line[x] += keep * above[x] + share * below[x]
