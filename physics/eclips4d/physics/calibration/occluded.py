"""Which pixels of a known surface have part of the detector hidden by other parts of the surface."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

_DIRECTIONS = 16
_SLACK = 0.05
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def occluded(height_nm: F64, pixel_size_xy_nm: tuple[float, float], limit: float) -> NDArray[np.bool_]:
    """Pixels from which something rises above the detector's lowest ray, bool [y, x].

    What the pixel's own facet hides is not counted: the facet's law knows it.

    Parameters
    ----------
    limit
        tan of the elevation above the horizontal of the lowest ray that reaches the detector.
    """
    dx, dy = pixel_size_xy_nm
    q, p = np.gradient(height_nm, dy, dx)
    angles = 2.0 * np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS
    reach = float(np.ptp(height_nm)) / (limit * min(dx, dy))
    out = np.zeros(height_nm.shape, np.bool_)
    _march(np.ascontiguousarray(height_nm), p, q, np.cos(angles), np.sin(angles), dx, dy, limit, _SLACK, reach, out)
    return out


@_compiled  # type: ignore[untyped-decorator]
def _march(
    h: F64, p: F64, q: F64, cos: F64, sin: F64, dx: float, dy: float, limit: float, slack: float, reach: float, out: Any
) -> None:
    rows, columns = h.shape
    top = h.max()
    for r in range(rows):
        for c in range(columns):
            for a in range(len(cos)):
                own = p[r, c] * cos[a] + q[r, c] * sin[a]
                # Rays are followed on whole pixels: as much as half a pixel's slope is not to be taken for a rise.
                rounded = 0.75 * dx * (abs(p[r, c]) + abs(q[r, c]))
                steep = max(limit, own + slack)
                k = 1.0
                while k <= reach:
                    y, x = round(r + k * sin[a] * dx / dy), round(c + k * cos[a])
                    away = k * dx
                    if y < 0 or x < 0 or y >= rows or x >= columns or h[r, c] + steep * away + rounded > top:
                        break
                    if h[y, x] - h[r, c] > steep * away + rounded:
                        out[r, c] = True
                        break
                    k += 1.0 if k < 16.0 else 2.0
                if out[r, c]:
                    break
