"""A surface as the tip of an atomic force microscope would show it: dilated by the tip.

The tip is a paraboloid, z = ρ²/2R, which a sphere of radius R is near its end. Its dilation is done along x and then
along y, because the paraboloid is a sum of the two.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


def dilated(height: F64, radius_nm: float, pixel_nm: tuple[float, float]) -> F64:
    """The maximum over ρ of h(r + ρ) - ρ²/2R; what is unknown stays so and hides nothing.

    Parameters
    ----------
    height : [y, x]
        nm.
    radius_nm : float
        Of the tip's end; 0 for a needle.
    pixel_nm : (float, float)
        Along x and y.
    """
    known = np.isfinite(height)
    if radius_nm <= 0 or not known.any():
        return height
    relief = float(height[known].max() - height[known].min())
    found = np.where(known, height, -np.inf)
    for axis, pixel in ((1, pixel_nm[0]), (0, pixel_nm[1])):
        reach = min(math.ceil(math.sqrt(2.0 * radius_nm * relief) / pixel), height.shape[axis] - 1)
        found = _along(found, axis, [(k * pixel) ** 2 / (2.0 * radius_nm) for k in range(reach + 1)])
    return np.where(known, found, np.nan)


def _along(height: F64, axis: int, drops: list[float]) -> F64:
    lines = np.moveaxis(height, axis, -1)
    highest = lines.copy()
    for k, drop in enumerate(drops[1:], start=1):
        np.maximum(highest[..., k:], lines[..., :-k] - drop, out=highest[..., k:])
        np.maximum(highest[..., :-k], lines[..., k:] - drop, out=highest[..., :-k])
    return np.moveaxis(highest, -1, axis)
