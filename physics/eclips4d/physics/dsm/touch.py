"""Where a pixel's rays touch the surface: the transpose of horizons, for the few pixels that something shades."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.bsesm.rays import DEPARTURE
from eclips4d.physics.dsm.ground import Ground
from eclips4d.physics.dsm.rays import Rays

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

NOTHING, LEAVING = -1, -2
"""What shows the horizon, instead of a step's number: the floor, the slope of departure."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def touched(ground: Ground, here: int, rays: Rays, d: int, away_nm: float, floor: float) -> tuple[float, int]:
    """The horizon of one direction, and which step shows it.

    Parameters
    ----------
    here
        The pixel's place.
    away_nm
        How far it looks.
    """
    best, at, own, flat = floor, NOTHING, float(ground.flat[here]), ground.flat
    if not away_nm > 0.0:
        return best, at
    ahead, side = _cell(ground, rays, d)
    along, up, share = float(flat[here + ahead]) - own, float(flat[here + side]) - own, float(rays.sideways[d])
    across = float(flat[here + ahead + side]) - own
    tangent = (along + share * (up + DEPARTURE * (across - along - up))) * float(rays.per_nm[d, 0])
    if tangent > best:
        best, at = tangent, LEAVING
    for i in range(rays.row.shape[1]):
        if rays.per_nm[d, i] < 1.0 / away_nm:
            break
        place, beside = _seen(ground, here, rays, d, i)
        seen = float(flat[place]) + float(rays.share[d, i]) * (float(flat[beside]) - float(flat[place]))
        tangent = (seen - own) * float(rays.per_nm[d, i])
        if tangent > best:
            best, at = tangent, i
    return best, at


@_compiled  # type: ignore[untyped-decorator]
def touched_to_levels(
    ground: Ground, here: int, rays: Rays, d: int, at: int, to_tangent: float, to_levels: F64
) -> None:
    """Give a tangent's derivative to the places of the ground that make it."""
    if at == LEAVING:
        ahead, side = _cell(ground, rays, d)
        share, scale = float(rays.sideways[d]), to_tangent * float(rays.per_nm[d, 0])
        to_ahead, to_aside = 1.0 - share * DEPARTURE, share * (1.0 - DEPARTURE)
        to_levels[here + ahead] += scale * to_ahead
        to_levels[here + side] += scale * to_aside
        to_levels[here + ahead + side] += scale * share * DEPARTURE
        to_levels[here] -= scale * (to_ahead + to_aside + share * DEPARTURE)
    elif at >= 0:
        place, beside = _seen(ground, here, rays, d, at)
        share, scale = float(rays.share[d, at]), to_tangent * float(rays.per_nm[d, at])
        to_levels[place] += scale * (1.0 - share)
        to_levels[beside] += scale * share
        to_levels[here] -= scale


@_compiled  # type: ignore[untyped-decorator]
def _cell(ground: Ground, rays: Rays, d: int) -> tuple[int, int]:
    """From a pixel to the one ahead and the one aside, of the cell in which a ray leaves."""
    ahead_row, ahead, side_row, side = rays.cell[d]
    return ahead_row * ground.columns + ahead, side_row * ground.columns + side


@_compiled  # type: ignore[untyped-decorator]
def _seen(ground: Ground, here: int, rays: Rays, d: int, i: int) -> tuple[int, int]:
    """The places between which a step looks."""
    place = here + rays.level[i] * ground.level + rays.row[d, i] * ground.columns + rays.column[d, i]
    return place, place + (rays.beside[d, 0] * ground.columns + rays.beside[d, 1] if rays.level[i] == 0 else 0)
