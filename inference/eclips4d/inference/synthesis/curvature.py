"""The prior of a refined surface: it bends little, but where it does it may at once. Faces stay plane, edges sharp.

Geman and McClure's function of the Hessian's norm at every corner: a square up to the knee, constant beyond. Once a
face has turned, turning further costs nothing, so no edge is rounded and no face flattened to save bending.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})


class Bending(NamedTuple):
    """Of a surface.

    Attributes
    ----------
    total : float
        `½ Σ |H|²/(knee² + |H|²)` over all inner corners.
    to_corner : float64 [y, x]
        Its derivative with respect to the heights.
    weight : float64 [y, x]
        `knee²/(knee² + |H|²)²`: half the squares so weighted have the same derivative
        [Geman and Reynolds, IEEE PAMI 14, 367 (1992)].
    """

    total: float
    to_corner: F64
    weight: F64


def bending(corner: F64, pixel_nm: tuple[float, float], knee: float) -> Bending:
    """How much a surface bends.

    Parameters
    ----------
    corner
        Heights, nm, [y, x].
    pixel_nm
        Their distance (x, y).
    knee
        Change of slope from one sub-pixel to the next below which bending is punished by its square.
    """
    to_corner, weight = np.zeros_like(corner), np.zeros_like(corner)
    dx, dy = pixel_nm
    total = _sum(corner, dx, dy, knee, to_corner, weight)
    return Bending(total, to_corner, weight)


@_compiled  # type: ignore[untyped-decorator]
def _sum(h: F64, dx: float, dy: float, knee: float, to: F64, weight: F64) -> float:
    """The Hessian times the sub-pixel: changes of slope per step. The mixed one is that of the cell below right."""
    total, per_x, per_y = 0.0, 1.0 / dx, 1.0 / dy
    mixed = 0.5 * (per_x + per_y)
    for y in range(1, h.shape[0] - 1):
        for x in range(1, h.shape[1] - 1):
            a = (h[y, x - 1] - 2.0 * h[y, x] + h[y, x + 1]) * per_x
            b = (h[y - 1, x] - 2.0 * h[y, x] + h[y + 1, x]) * per_y
            c = (h[y + 1, x + 1] - h[y + 1, x] - h[y, x + 1] + h[y, x]) * mixed
            d = (h[y, x] - h[y, x - 1] - h[y - 1, x] + h[y - 1, x - 1]) * mixed
            norm = knee * knee + a * a + b * b + c * c + d * d
            total += 0.5 * (1.0 - knee * knee / norm)
            w = (knee / norm) ** 2
            weight[y, x] = w
            a, b, c, d = w * a * per_x, w * b * per_y, w * c * mixed, w * d * mixed
            to[y, x - 1] += a - d
            to[y, x + 1] += a - c
            to[y - 1, x] += b - d
            to[y + 1, x] += b - c
            to[y, x] += c + d - 2.0 * (a + b)
            to[y + 1, x + 1] += c
            to[y - 1, x - 1] += d
    return total
