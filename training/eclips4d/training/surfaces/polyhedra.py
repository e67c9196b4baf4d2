"""Pyramids, frusta and random triangles, compiled."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from eclips4d.training.surfaces.surface import F32, F64, I32, Canvas

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def polyhedra(canvas: Canvas, at: F64, planes: F64, top: F64, reach: F64) -> tuple[F32, I32]:
    """Upper envelope of convex polyhedra on a floor at 0, and the number of the face, 0 on the floor.

    Parameters
    ----------
    at : float64 [n, 2]
        x, y of the apex, pixels about the middle.
    planes : float64 [n, m, 3]
        Of each side: slope (x, y), and its height above the apex's place.
    top : float64 [n]
        Height of the flat top.
    reach : float64 [n]
        No point is higher than the floor farther away, pixels.
    """
    height, face = np.zeros(canvas.points, np.float32), np.zeros(canvas.points, np.int32)
    _stack(canvas.x.ravel(), canvas.y.ravel(), canvas.fine, at, planes, top, reach, height, face)
    return height, face


def triangles(canvas: Canvas, corner: F64, value: F64, index: I32) -> tuple[F32, I32]:
    """Linear interpolation on triangles, and the number of the triangle, from 1; 0 where there is none.

    Parameters
    ----------
    corner : float64 [n, 2]
        x, y, pixels about the middle.
    value : float64 [n]
        Height of the corners.
    index : int32 [m, 3]
        Corners of the triangles.
    """
    height, number = np.zeros(canvas.points, np.float32), np.zeros(canvas.points, np.int32)
    _fill(canvas.x.ravel(), canvas.y.ravel(), canvas.fine, corner[index], value[index], height, number)
    return height, number


@_compiled  # type: ignore[untyped-decorator]
def _window(low: float, high: float, axis: Any, fine: int) -> tuple[int, int]:
    first = math.ceil((low - axis[0]) * fine - 1e-3)
    last = math.floor((high - axis[0]) * fine + 1e-3)
    return max(0, first), min(len(axis), last + 1)


@_compiled  # type: ignore[untyped-decorator]
def _stack(xs: Any, ys: Any, fine: int, at: Any, planes: Any, top: Any, reach: Any, height: Any, face: Any) -> None:
    sides = planes.shape[1]
    for k in range(len(at)):
        from_y, to_y = _window(at[k, 1] - reach[k], at[k, 1] + reach[k], ys, fine)
        from_x, to_x = _window(at[k, 0] - reach[k], at[k, 0] + reach[k], xs, fine)
        for y in range(from_y, to_y):
            dy = ys[y] - at[k, 1]
            for x in range(from_x, to_x):
                dx = xs[x] - at[k, 0]
                h, side = top[k], sides
                for m in range(sides):
                    plane = planes[k, m, 2] + planes[k, m, 0] * dx + planes[k, m, 1] * dy
                    if plane < h:
                        h, side = plane, m
                if h > height[y, x]:
                    height[y, x] = h
                    face[y, x] = k * (sides + 1) + side + 1


@_compiled  # type: ignore[untyped-decorator]
def _fill(xs: Any, ys: Any, fine: int, corner: Any, value: Any, height: Any, number: Any) -> None:
    for k in range(len(corner)):
        x0, y0 = corner[k, 0, 0], corner[k, 0, 1]
        ax, ay = corner[k, 1, 0] - x0, corner[k, 1, 1] - y0
        bx, by = corner[k, 2, 0] - x0, corner[k, 2, 1] - y0
        area = ax * by - ay * bx
        if area == 0.0:
            continue
        from_y, to_y = _window(corner[k, :, 1].min(), corner[k, :, 1].max(), ys, fine)
        from_x, to_x = _window(corner[k, :, 0].min(), corner[k, :, 0].max(), xs, fine)
        for y in range(from_y, to_y):
            dy = ys[y] - y0
            for x in range(from_x, to_x):
                dx = xs[x] - x0
                a, b = (dx * by - dy * bx) / area, (ax * dy - ay * dx) / area
                if a >= -1e-6 and b >= -1e-6 and a + b <= 1.0 + 1e-6:
                    height[y, x] = value[k, 0] + a * (value[k, 1] - value[k, 0]) + b * (value[k, 2] - value[k, 0])
                    number[y, x] = k + 1
