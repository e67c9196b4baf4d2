"""Distances from outlines and from the seams between grains, compiled."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from eclips4d.training.surfaces.surface import F32, F64, I32, Canvas

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def outlines(canvas: Canvas, at: F64, radius: F64, squeeze: F64, turn: F64, lobes: Any, wave: F64) -> F32:
    """Distance inside the nearest of several outlines r(angle) = radius (1 + wave cos(lobes angle)), negative outside.

    Parameters
    ----------
    at : float64 [n, 2]
        x, y, pixels about the middle.
    radius, squeeze, turn : float64 [n]
        Long half axis, pixels; short over long; direction of the long one, radians.
    lobes : int64 [n]
        Of the wave around the outline.
    wave : float64 [n]
        Its amplitude, radii.
    """
    inside = np.full(canvas.points, -1e9, np.float32)
    xs, ys = canvas.x.ravel(), canvas.y.ravel()
    _outline(xs, ys, canvas.fine, at, radius, squeeze, turn, lobes, wave, inside)
    return inside


def seams(canvas: Canvas, at: F64, spacing: float) -> tuple[F32, I32]:
    """Distance from the seam between the two nearest places, and the number of the nearest.

    Parameters
    ----------
    at : float64 [n, 2]
        x, y, pixels about the middle, off a square grid of this spacing by less than one half.
    spacing
        Pixels.
    """
    low = at.min(axis=0)
    cell = np.floor((at - low) / spacing).astype(np.int64)
    size = cell.max(axis=0) + 1
    key = cell[:, 1] * size[0] + cell[:, 0]
    order = np.argsort(key, kind="stable")
    start = np.searchsorted(key[order], np.arange(size[0] * size[1] + 1))
    away, number = np.empty(canvas.points, np.float32), np.empty(canvas.points, np.int32)
    xs, ys = canvas.x.ravel(), canvas.y.ravel()
    _seam(xs, ys, at[order], start, low, size, spacing, away, number)
    return away, number


@_compiled  # type: ignore[untyped-decorator]
def _outline(
    xs: Any,
    ys: Any,
    fine: int,
    at: Any,
    radius: Any,
    squeeze: Any,
    turn: Any,
    lobes: Any,
    wave: Any,
    inside: Any,
) -> None:
    for k in range(len(at)):
        reach = radius[k] * (1.0 + wave[k])
        from_y = max(0, math.floor((at[k, 1] - reach - ys[0]) * fine))
        to_y = min(len(ys), math.ceil((at[k, 1] + reach - ys[0]) * fine) + 1)
        from_x = max(0, math.floor((at[k, 0] - reach - xs[0]) * fine))
        to_x = min(len(xs), math.ceil((at[k, 0] + reach - xs[0]) * fine) + 1)
        c, s = math.cos(turn[k]), math.sin(turn[k])
        for y in range(from_y, to_y):
            dy = ys[y] - at[k, 1]
            for x in range(from_x, to_x):
                dx = xs[x] - at[k, 0]
                u, v = dx * c + dy * s, (dy * c - dx * s) / squeeze[k]
                r = math.sqrt(u * u + v * v) + 1e-9
                angle = lobes[k] * math.atan2(v, u)
                rim = radius[k] * (1.0 + wave[k] * math.cos(angle))
                # First order: what is missing to the rim over its gradient, taken at the rim.
                bend = -radius[k] * wave[k] * lobes[k] * math.sin(angle) / rim
                g_u, g_v = (u + bend * v) / r, (v - bend * u) / (r * squeeze[k])
                inside[y, x] = max(inside[y, x], (rim - r) / math.sqrt(g_u * g_u + g_v * g_v))


@_compiled  # type: ignore[untyped-decorator]
def _seam(xs: Any, ys: Any, at: Any, start: Any, low: Any, size: Any, spacing: float, away: Any, number: Any) -> None:
    for y in range(len(ys)):
        row = math.floor((ys[y] - low[1]) / spacing)
        for x in range(len(xs)):
            column = math.floor((xs[x] - low[0]) / spacing)
            near, next_near, first, second = 1e30, 1e30, 0, 0
            for j in range(max(0, row - 2), min(size[1], row + 3)):
                for k in range(start[j * size[0] + max(0, column - 2)], start[j * size[0] + min(size[0], column + 3)]):
                    dx, dy = xs[x] - at[k, 0], ys[y] - at[k, 1]
                    d2 = dx * dx + dy * dy
                    if d2 < near:
                        near, next_near, first, second = d2, near, k, first
                    elif d2 < next_near:
                        next_near, second = d2, k
            apart = math.sqrt((at[first, 0] - at[second, 0]) ** 2 + (at[first, 1] - at[second, 1]) ** 2)
            away[y, x] = 0.5 * (next_near - near) / apart
            number[y, x] = first
