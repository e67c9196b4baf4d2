"""How the samples of a profile see a riser: cells, weights and tables, laid out once for the compiled loops."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from eclips4d.metrology.profiles.detector import Sight
from eclips4d.metrology.profiles.profile import PointSpread

F64 = NDArray[np.float64]
FINE = 16
"""Cells per pixel in which a riser is laid out."""


class Optics(NamedTuple):
    """How samples see the surface.

    Attributes
    ----------
    origin_nm, cell_nm : float
        Middle of the first cell along the profile, and from cell to cell.
    cells : int
    window : float64 [2 q + 1]
        Shares of a pixel's area in the cells around its middle.
    first : int64 [n]
        First cell that a sample reads.
    weight : float64 [n, m]
        How much of that one, and of the next ones.
    sight : float64 [tangents, 5]
        See `detector.Sight`.
    clear : float
    oblique : float
        Slope of the riser over its slope along the profile.
    yield_power : float
        Exponent of Arnal's law.
    """

    origin_nm: float
    cell_nm: float
    cells: int
    window: F64
    first: NDArray[np.int64]
    weight: F64
    sight: F64
    clear: float
    oblique: float
    yield_power: float


def optics_of(
    at_nm: F64,
    spread: PointSpread,
    sight: Sight,
    *,
    yield_power: float,
    aside_nm: float,
    blur_nm: float,
    oblique: float,
) -> Optics:
    """Of samples at `at_nm`, whose spread it is.

    Parameters
    ----------
    at_nm : float64 [n]
    spread : PointSpread
    sight : Sight
        Of the detector, towards where the riser rises or falls.
    yield_power : float
    aside_nm : float
        How much further the riser lies at one end of the profile's width than at the other.
    blur_nm : float
        Standard deviation of what smears beyond the pixel.
    oblique : float
    """
    offset = spread.offset_nm
    window, cell = pixel_window(max(spread.pixel_nm), min(spread.pixel_nm), aside_nm, blur_nm)
    # Two cells before the first that is read, because each place is shared with its neighbours.
    origin = float(at_nm[0] + offset[0]) - 2.0 * cell
    cells = int((at_nm[-1] + offset[-1] - origin) / cell) + 4
    first, weight = _weights(at_nm - origin, offset, np.ascontiguousarray(spread.weight), cell)
    return Optics(origin, cell, cells, window, first, weight, sight.table, sight.clear, oblique, yield_power)


@njit(cache=True, nogil=True, error_model="numpy")
def _weights(at: F64, offset: F64, weight: F64, cell: float) -> tuple[NDArray[np.int64], F64]:
    """Weights of cells from those of offsets; each is shared among three, which keeps its place and adds no blur."""
    used = np.zeros(offset.size, np.bool_)
    for j in range(at.size):
        for k in range(offset.size):
            used[k] |= weight[j, k] != 0.0
    low, high = 0, offset.size - 1
    while low < high and not used[low]:
        low += 1
    while high > low and not used[high]:
        high -= 1
    first = np.empty(at.size, np.int64)
    out = np.zeros((at.size, int((offset[high] - offset[low]) / cell) + 5))
    for j in range(at.size):
        first[j] = math.floor((at[j] + offset[low]) / cell) - 1
        for k in range(low, high + 1):
            place = (at[j] + offset[k]) / cell - first[j]
            i = int(place + 0.5)
            f = place - i
            out[j, i - 1] += weight[j, k] * 0.5 * f * (f - 1.0)
            out[j, i] += weight[j, k] * (1.0 - f * f)
            out[j, i + 1] += weight[j, k] * 0.5 * f * (f + 1.0)
    return first, out


@lru_cache(maxsize=64)
def pixel_window(
    longest_nm: float, shortest_nm: float, aside_nm: float = 0.0, blur_nm: float = 0.0
) -> tuple[F64, float]:
    """Shares of a pixel in cells around its middle, and the width of a cell, nm.

    Parameters
    ----------
    longest_nm, shortest_nm : float
        Sides of a pixel as seen along the path.
    aside_nm, blur_nm : float
        As `optics_of` takes them.
    """
    cell = longest_nm / FINE
    narrow = math.sqrt(shortest_nm**2 + aside_nm**2 + 12.0 * blur_nm**2)
    q = math.ceil((longest_nm + narrow) / (2.0 * cell) + 0.5)
    edges = np.asarray((np.arange(-q, q + 2) - 0.5) * cell, np.float64)
    share = np.diff(_trapezoid_below(edges, longest_nm, narrow))
    share /= share.sum()
    share.flags.writeable = False
    return share, cell


def _trapezoid_below(x: F64, a: float, b: float) -> F64:
    """Integral up to x of two boxes of widths a and b, one smoothed with the other."""
    b = max(b, 1e-3 * a)
    parts = (
        sign * np.maximum(x + s * a / 2 + t * b / 2, 0.0) ** 2
        for s, t, sign in ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))
    )
    return np.asarray(sum(parts) / (2.0 * a * b), np.float64)
