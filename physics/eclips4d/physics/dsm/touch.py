"""Where a pixel's rays touch the surface: the transpose of horizons, for the few pixels that something shades."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.bsesm.rays import DEPARTURE
from eclips4d.physics.dsm.far import Far
from eclips4d.physics.dsm.rays import Rays

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

NOTHING, LEAVING, AFAR = -1, -2, -3
"""What shows the horizon, instead of a step's number: the floor, the slope of departure, blocks."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def touched(height: F32, y: int, x: int, rays: Rays, d: int, afar: float, floor: float) -> tuple[float, int]:
    """The horizon of one direction, and which step shows it.

    Parameters
    ----------
    afar
        What blocks show.
    """
    rows, columns = height.shape
    best, at, own = floor, NOTHING, float(height[y, x])
    if rays.sideways[d] > 0.0:
        ahead_row, ahead, side_row, side = rays.cell[d]
        low, high = min(0, ahead_row) + min(0, side_row), max(0, ahead_row) + max(0, side_row)
        left, right = min(0, ahead) + min(0, side), max(0, ahead) + max(0, side)
        if y + low >= 0 and y + high < rows and x + left >= 0 and x + right < columns:
            along, up = float(height[y + ahead_row, x + ahead]) - own, float(height[y + side_row, x + side]) - own
            across = float(height[y + ahead_row + side_row, x + ahead + side]) - own
            share = float(rays.sideways[d])
            tangent = (along + share * (up + DEPARTURE * (across - along - up))) * float(rays.per_nm[d, 0])
            if tangent > best:
                best, at = tangent, LEAVING
    for i in range(rays.row.shape[1]):
        r, c = y + rays.row[d, i], x + rays.column[d, i]
        other, shifted = (r + rays.beside[d, 0], c + rays.beside[d, 1]) if rays.share[d, i] > 0.0 else (r, c)
        if min(r, other) < 0 or max(r, other) >= rows or min(c, shifted) < 0 or max(c, shifted) >= columns:
            break
        seen = float(height[r, c]) + float(rays.share[d, i]) * float(height[other, shifted] - height[r, c])
        tangent = (seen - own) * float(rays.per_nm[d, i])
        if tangent > best:
            best, at = tangent, i
    return (afar, AFAR) if afar > best else (best, at)


@_compiled  # type: ignore[untyped-decorator]
def near_to_heights(y: int, x: int, rays: Rays, d: int, at: int, to_tangent: float, to_height: F64) -> None:
    """Give a near tangent's derivative to the pixels that make it."""
    if at == LEAVING:
        ahead_row, ahead, side_row, side = rays.cell[d]
        share, scale = float(rays.sideways[d]), to_tangent * float(rays.per_nm[d, 0])
        to_ahead, to_aside = 1.0 - share * DEPARTURE, share * (1.0 - DEPARTURE)
        to_height[y + ahead_row, x + ahead] += scale * to_ahead
        to_height[y + side_row, x + side] += scale * to_aside
        to_height[y + ahead_row + side_row, x + ahead + side] += scale * share * DEPARTURE
        to_height[y, x] -= scale * (to_ahead + to_aside + share * DEPARTURE)
    elif at >= 0:
        r, c, share = y + rays.row[d, at], x + rays.column[d, at], float(rays.share[d, at])
        scale = to_tangent * float(rays.per_nm[d, at])
        to_height[r, c] += scale * (1.0 - share)
        if share > 0.0:
            to_height[r + rays.beside[d, 0], c + rays.beside[d, 1]] += scale * share
        to_height[y, x] -= scale


@_compiled  # type: ignore[untyped-decorator]
def blocks_beside(far: Far, y: int, x: int) -> tuple[int, int, float, float]:
    """The upper left one of the four blocks that a pixel sees by, and how far down and right the pixel lies."""
    down, right = (y + 0.5) / far.block - 0.5, (x + 0.5) / far.block - 0.5
    b = min(max(int(np.floor(down)), 0), far.height.shape[0] - 2)
    a = min(max(int(np.floor(right)), 0), far.height.shape[1] - 2)
    return b, a, down - b, right - a


@_compiled  # type: ignore[untyped-decorator]
def seen_afar(far: Far, height: F32, y: int, x: int, d: int, floor: float) -> float:
    """The horizon that blocks show a pixel; the floor where they show none."""
    b, a, down, right = blocks_beside(far, y, x)
    g, f = min(max(down, 0.0), 1.0), min(max(right, 0.0), 1.0)
    seen, any_seen = 0.0, False
    for j in range(2):
        for i in range(2):
            weight = (g if j else 1.0 - g) * (f if i else 1.0 - f)
            away = float(far.distance[b + j, a + i, d]) if far.sees[b + j, a + i] else 0.0
            if away > 0.0:
                any_seen = True
                ahead = float(far.along_nm[d, 0]) * (down - j) + float(far.along_nm[d, 1]) * (right - i)
                crest = float(far.tangent[b + j, a + i, d]) * away + float(far.height[b + j, a + i])
                seen += weight * (crest - float(height[y, x])) / (away - far.block * ahead)
            else:
                seen += weight * floor
    return max(seen, floor) if any_seen else floor


@_compiled  # type: ignore[untyped-decorator]
def far_to_heights(
    far: Far, rays: Rays, y: int, x: int, d: int, to_tangent: float, to_height: F64, to_block: F64
) -> None:
    """Give a far tangent's derivative to the pixel and to the blocks that are seen; `rays` are those of blocks."""
    b, a, down, right = blocks_beside(far, y, x)
    g, f = min(max(down, 0.0), 1.0), min(max(right, 0.0), 1.0)
    for j in range(2):
        for i in range(2):
            away = float(far.distance[b + j, a + i, d]) if far.sees[b + j, a + i] else 0.0
            if away <= 0.0:
                continue
            weight = (g if j else 1.0 - g) * (f if i else 1.0 - f)
            ahead = float(far.along_nm[d, 0]) * (down - j) + float(far.along_nm[d, 1]) * (right - i)
            to_crest = to_tangent * weight / (away - far.block * ahead)
            step = round(away * float(rays.per_nm[d, 0])) - 1
            r, c, share = b + j + rays.row[d, step], a + i + rays.column[d, step], float(rays.share[d, step])
            to_block[r, c] += to_crest * (1.0 - share)
            if share > 0.0:
                to_block[r + rays.beside[d, 0], c + rays.beside[d, 1]] += to_crest * share
            to_height[y, x] -= to_crest
