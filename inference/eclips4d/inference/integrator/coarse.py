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

F32 = NDArray[np.float32]

FACTOR: Final = 16
"""Pixels per side of a coarse cell: the network decides up to about three times this wavelength."""
LEAST: Final = 1e-4
"""Least weight of a coarse border."""
ITERATIONS: Final = 12
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def corrected_drift(misfit: F32, weight: F32, trust: F32, pixel_size_xy_nm: tuple[float, float], height: F32) -> None:
    """Adds the coarse correction to `height` [y, x], in place.

    Parameters
    ----------
    misfit
        Minus the divergence of `weight·(g − step/d)` at the present height, [y, x].
    weight, trust
        Means over coarse cells, [2, rows, columns], of borders to the right and below; a cell cut off by the image's
        edge counts by its area.
    """
    shape = trust.shape[1:]
    if max(shape) < 2:
        return
    source = np.zeros(shape, np.float32)
    restricted(misfit, source)
    conductance = coarse_conductance(weight, trust, pixel_size_xy_nm)
    interpolated(relaxed(source, conductance, ITERATIONS), height)


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
def _place(at: int, count: int) -> tuple[int, int, np.float32]:
    """Nearest coarse centre before, the next, and the share of the next."""
    place = (np.float32(at) + np.float32(0.5)) / np.float32(FACTOR) - np.float32(0.5)
    low = int(np.floor(place))
    return min(max(low, 0), count - 1), min(max(low + 1, 0), count - 1), place - np.float32(low)


@_compiled  # type: ignore[untyped-decorator]
def restricted(fine: F32, coarse: F32) -> None:
    """Adds `fine` [y, x] to `coarse` by the adjoint of `interpolated`."""
    rows, columns = coarse.shape
    total = np.empty(columns + 1, np.float32)
    half = FACTOR // 2
    per, one = np.float32(1.0 / FACTOR), np.float32(1.0)
    for y in range(fine.shape[0]):
        line = fine[y]
        total[:] = np.float32(0.0)
        for i in range(columns + 1):  # between the centres of the cells i − 1 and i
            start = i * FACTOR - half
            before, beyond = np.float32(0.0), np.float32(0.0)
            for x in range(max(start, 0), min(start + FACTOR, fine.shape[1])):
                share = (np.float32(x - start) + np.float32(0.5)) * per
                before += (one - share) * line[x]
                beyond += share * line[x]
            total[max(i - 1, 0)] += before
            total[min(i, columns - 1)] += beyond
        low, high, share = _place(y, rows)
        for i in range(columns):
            coarse[low, i] += (one - share) * total[i]
            coarse[high, i] += share * total[i]


@_compiled  # type: ignore[untyped-decorator]
def interpolated(coarse: F32, fine: F32) -> None:
    """Adds to `fine` [y, x] the bilinear interpolation of `coarse`, constant beyond its outermost centres."""
    rows, columns = coarse.shape
    half = FACTOR // 2
    per, one = np.float32(1.0 / FACTOR), np.float32(1.0)
    values = np.empty(columns, np.float32)
    for y in range(fine.shape[0]):
        low, high, share = _place(y, rows)
        for i in range(columns):
            values[i] = (one - share) * coarse[low, i] + share * coarse[high, i]
        line = fine[y]
        for i in range(columns + 1):
            start = i * FACTOR - half
            left, right = values[max(i - 1, 0)], values[min(i, columns - 1)]
            rise = (right - left) * per
            for x in range(max(start, 0), min(start + FACTOR, fine.shape[1])):
                line[x] += left + (np.float32(x - start) + np.float32(0.5)) * rise
