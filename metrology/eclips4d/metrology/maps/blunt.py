"""The run as a tip would have read it that ends in a sphere on a cone: dilated between its pixels, too.

A tip touches where the surface is highest under it, and that is seldom at the middle of a pixel. On the pixels alone
every wall is read half a pixel narrower on its high side, and all walls of one sense move the same way; so the surface
is continued by cubic splines, dilated on a finer grid, and pixels are means again.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, map_coordinates, maximum_filter

F64 = NDArray[np.float64]

FINER: Final = 3
"""Places along each side of a pixel at which the surface is touched."""
CONE_DEG: Final = 17.0
"""Half opening angle of the shaft where nobody knows it: etched silicon has between 10 and 25."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def blunted(height: F64, radius_nm: float, pixel_nm: tuple[float, float], cone_deg: float = CONE_DEG) -> F64:
    """The grey dilation of the surface by the tip [Villarrubia, J. Res. NIST 102, 425 (1997)].

    Parameters
    ----------
    height : float64 [y, x]
        nm; what is unknown stays so and hides nothing.
    radius_nm : float
        Of the sphere; 0 for a needle.
    pixel_nm : (float, float)
        Along x and y.
    cone_deg : float
        Half opening angle of the shaft.
    """
    known = np.isfinite(height)
    if radius_nm <= 0 or not known.any():
        return height
    rows, columns = height.shape
    fine = _finer(height, known)
    relief = float(fine[np.isfinite(fine)].max() - fine[np.isfinite(fine)].min())
    down, right, depth = _tip(radius_nm, cone_deg, relief, (pixel_nm[0] / FINER, pixel_nm[1] / FINER))
    reach = (2 * int(np.abs(down).max(initial=0)) + 1, 2 * int(np.abs(right).max(initial=0)) + 1)
    read = np.empty_like(fine)
    _dilate(fine, maximum_filter(fine, reach, mode="nearest"), down, right, depth, read)
    means = read.reshape(rows, FINER, columns, FINER).mean(axis=(1, 3))
    return np.where(known, means, np.nan)


def _finer(height: F64, known: NDArray[np.bool_]) -> F64:
    """The surface at `FINER` places along each side of every pixel; minus infinity in unknown pixels."""
    filled = height
    if not known.all():
        nearest = distance_transform_edt(~known, return_distances=False, return_indices=True)
        filled = height[tuple(nearest)]
    places = [(np.arange(n * FINER) + 0.5) / FINER - 0.5 for n in height.shape]
    fine = map_coordinates(filled, np.meshgrid(*places, indexing="ij"), order=3, mode="nearest")
    fine[~np.repeat(np.repeat(known, FINER, axis=0), FINER, axis=1)] = -np.inf
    return np.asarray(fine, np.float64)


def _tip(radius_nm: float, cone_deg: float, relief_nm: float, step_nm: tuple[float, float]) -> tuple[Any, Any, F64]:
    """Rows and columns beside the apex and how far above it the tip is there, nm, the lowest first."""
    half = math.radians(cone_deg)
    touch = radius_nm * math.cos(half)
    ball = radius_nm * (1.0 - math.sin(half))
    reach = touch + max(relief_nm - ball, 0.0) * math.tan(half)
    sides = [np.arange(-int(reach / step), int(reach / step) + 1) for step in reversed(step_nm)]
    down, right = (axis.ravel() for axis in np.meshgrid(*sides, indexing="ij"))
    distance = np.hypot(down * step_nm[1], right * step_nm[0])
    sphere = radius_nm - np.sqrt(radius_nm**2 - np.minimum(distance, touch) ** 2)
    depth = sphere + np.maximum(distance - touch, 0.0) / math.tan(half)
    order = np.argsort(depth, kind="stable")
    order = order[(depth[order] <= relief_nm) & (depth[order] > 0.0)]
    return down[order], right[order], depth[order]


@_compiled  # type: ignore[untyped-decorator]
def _dilate(height: F64, highest: F64, down: NDArray[np.int64], right: NDArray[np.int64], depth: F64, out: F64) -> None:
    """Where nothing within reach is higher than what was found, by more than the tip is there, the search ends."""
    rows, columns = height.shape
    for y in range(rows):
        for x in range(columns):
            best, most = height[y, x], highest[y, x]
            for k in range(depth.size):
                if most - depth[k] <= best:
                    break
                j, i = y + down[k], x + right[k]
                if 0 <= j < rows and 0 <= i < columns:
                    best = max(best, height[j, i] - depth[k])
            out[y, x] = best
