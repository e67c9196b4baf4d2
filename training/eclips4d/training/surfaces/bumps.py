"""Many bumps at once: the highest of them at every point, and which one it is."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from eclips4d.training.surfaces.surface import F32, F64, I32, Canvas

CAP, PARABOLOID, CONE, BELL = range(4)
"""Shapes, all one high and one in radius: a half sphere, a paraboloid, a cone, (1 - r²)²."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def bumps(canvas: Canvas, at: F64, radius: F64, tall: F64, base: F64, shape: int) -> tuple[F32, I32]:
    """Upper envelope of bumps, -inf where there is none, and the number of the bump, from 1.

    Parameters
    ----------
    at : float64 [n, 2]
        x, y, pixels about the middle.
    radius, tall, base : float64 [n]
        Pixels; height above the base, and that of the base.
    shape
        One of the shapes above.
    """
    height = np.full(canvas.points, -np.inf, np.float32)
    number = np.zeros(canvas.points, np.int32)
    _raise(canvas.x.ravel(), canvas.y.ravel(), canvas.fine, at, radius, tall, base, shape, height, number)
    return height, number


@_compiled  # type: ignore[untyped-decorator]
def _profile(r2: float, shape: int) -> float:
    if shape == CAP:
        return math.sqrt(1.0 - r2)
    if shape == PARABOLOID:
        return 1.0 - r2
    if shape == CONE:
        return 1.0 - math.sqrt(r2)
    return (1.0 - r2) * (1.0 - r2)


@_compiled  # type: ignore[untyped-decorator]
def _raise(
    xs: Any,
    ys: Any,
    fine: int,
    at: Any,
    radius: Any,
    tall: Any,
    base: Any,
    shape: int,
    height: Any,
    number: Any,
) -> None:
    for k in range(len(at)):
        r = radius[k]
        first_y, last_y = (at[k, 1] - r - ys[0]) * fine, (at[k, 1] + r - ys[0]) * fine
        first_x, last_x = (at[k, 0] - r - xs[0]) * fine, (at[k, 0] + r - xs[0]) * fine
        for y in range(max(0, math.ceil(first_y)), min(len(ys), math.floor(last_y) + 1)):
            dy = (ys[y] - at[k, 1]) / r
            for x in range(max(0, math.ceil(first_x)), min(len(xs), math.floor(last_x) + 1)):
                dx = (xs[x] - at[k, 0]) / r
                r2 = dx * dx + dy * dy
                if r2 < 1.0:
                    h = base[k] + tall[k] * _profile(r2, shape)
                    if h > height[y, x]:
                        height[y, x] = h
                        number[y, x] = k + 1
