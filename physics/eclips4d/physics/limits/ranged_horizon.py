"""Horizons of a periodic surface when only the surroundings within a radius may hide the sky.

All radii of one azimuth come from one march: the horizon within a radius is the running maximum up to there. The march
ends where even the highest point of the surface could no longer rise above what was found, so the last entry, without
a radius, is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def ranged_horizons(height: F64, azimuth_rad: float, radii_px: Sequence[float], lowest: float) -> F32:
    """Tangent of the horizon's elevation within each radius, and without one.

    The line of sight is sampled where it crosses the rows (or columns, whichever it crosses more of), with linear
    interpolation in between.

    Parameters
    ----------
    height
        [y, x], in pixel sizes; it repeats in both directions.
    azimuth_rad
        As seen on the screen: 0 right, π/2 up.
    radii_px
        Rising.
    lowest
        Horizons below this tangent are not told apart from it; above 0.

    Returns
    -------
    float32 [radii + 1, y, x]
        At least `lowest`; the last one is the whole horizon.
    """
    along_x, along_y = float(np.cos(azimuth_rad)), float(-np.sin(azimuth_rad))
    major = max(abs(along_x), abs(along_y))
    step = 1.0 / major
    surface = np.ascontiguousarray(height, dtype=np.float64)
    limits = np.floor(np.asarray(radii_px, dtype=np.float64) / step + 1e-9).astype(np.int64)
    out = np.empty((len(limits) + 1, *surface.shape), dtype=np.float32)
    _march(surface, along_x * step, along_y * step, step, limits, lowest, float(surface.max()), out)
    return out


@_compiled  # type: ignore[untyped-decorator]
def _march(height: F64, dx: float, dy: float, step: float, limits: Any, lowest: float, top: float, out: F32) -> None:
    rows, columns = height.shape
    mostly_x = abs(dx) >= abs(dy)
    for y in range(rows):
        for x in range(columns):
            here, best = height[y, x], lowest
            reached, count = 0, 1
            while True:
                while reached < limits.size and count > limits[reached]:
                    out[reached, y, x] = best
                    reached += 1
                if top - here <= best * count * step:
                    break
                if mostly_x:
                    place = y + count * dy
                    low = int(np.floor(place))
                    share = place - low
                    column = (x + int(np.rint(count * dx))) % columns
                    there = height[low % rows, column] * (1.0 - share)
                    if share > 0.0:
                        there += height[(low + 1) % rows, column] * share
                else:
                    place = x + count * dx
                    low = int(np.floor(place))
                    share = place - low
                    row = (y + int(np.rint(count * dy))) % rows
                    there = height[row, low % columns] * (1.0 - share)
                    if share > 0.0:
                        there += height[row, (low + 1) % columns] * share
                best = max(best, (there - here) / (count * step))
                count += 1
            out[reached:, y, x] = best
