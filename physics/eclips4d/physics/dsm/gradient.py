"""What a loss of the distilled images says of heights and slopes, by the transposed steps of rendering."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.physics.dsm.adjoint import facets_to_slopes, hidden_to_horizons
from eclips4d.physics.dsm.ground import ROWS, Ground, means_transposed
from eclips4d.physics.dsm.hidden_table import HiddenTables
from eclips4d.physics.dsm.hide import Looks
from eclips4d.physics.dsm.lanes import LANES
from eclips4d.physics.dsm.rays import Rays
from eclips4d.physics.dsm.shade import LookedAt, looked_at
from eclips4d.physics.dsm.simulator import DistilledSimulator, Shading
from eclips4d.physics.dsm.touch import NOTHING, touched, touched_to_levels

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


class DistilledGradient(NamedTuple):
    """Derivatives of a loss.

    Attributes
    ----------
    height : float64 [y, x]
        Per nm: as occluder, and as the place from which others are seen.
    slope : float32 [2, y, x]
        As facets.
    """

    height: F64
    slope: F32


def distilled_gradient(
    simulator: DistilledSimulator, height_nm: NDArray[np.floating], slope: F32, to_signal: NDArray[np.floating]
) -> DistilledGradient:
    """Derivatives of a loss with respect to what was rendered.

    Parameters
    ----------
    height_nm, slope
        As given to the simulator.
    to_signal
        Derivative of the loss with respect to the images, [n, y, x].

    Raises
    ------
    InputError
        Arrays of another shape.
    """
    image = simulator(height_nm, slope)
    if to_signal.shape != image.shape:
        raise InputError(f"derivatives are {to_signal.shape}, not {image.shape}", where="to_signal")
    height, slope = (np.ascontiguousarray(a, dtype=np.float32) for a in (height_nm, slope))
    wanted = np.where(image > 0.0, to_signal, 0.0).astype(np.float32)
    to_slope, to_height = np.zeros_like(slope), np.zeros(height.shape)
    with simulator.spread() as spread:
        spread(partial(facets_to_slopes, simulator.facets.values, slope, wanted, to_slope), 0, len(height))
        shading = simulator.shading(height, spread)
    if shading is not None:
        _of_shade(simulator, shading, slope, wanted, to_slope, to_height)
    return DistilledGradient(to_height, to_slope)


def _of_shade(
    simulator: DistilledSimulator, shading: Shading, slope: F32, wanted: F32, to_slope: F32, to_height: F64
) -> None:
    ground, sight = shading.ground, shading.sight
    to_levels = np.zeros(ground.flat.size)
    given = (ground, slope, looked_at(shading.over), simulator.rays, sight.away_nm, sight.floor)
    _unshade(*given, simulator.looks, simulator.hidden, wanted, to_slope, to_levels)
    to_height += means_transposed(to_levels, ground, simulator.shape)


@_compiled  # type: ignore[untyped-decorator]
def _unshade(
    ground: Ground,
    slope: F32,
    pixels: LookedAt,
    rays: Rays,
    away_nm: F32,
    floor: float,
    looks: Looks,
    tables: HiddenTables,
    wanted: F32,
    to_slope: F32,
    to_levels: F64,
) -> None:
    """One thread: pixels share the heights that shade them."""
    directions = rays.sideways.size
    horizon, to_horizon, at = np.empty(directions), np.empty(directions), np.empty(directions, np.int64)
    of_signal, of_slope = np.empty(wanted.shape[0]), np.empty(2)
    for y in range(slope.shape[1]):
        for x in pixels.column[pixels.first[y] : pixels.first[y + 1]]:
            here = ground.first + y * ground.columns + x
            for d in range(directions):
                away = float(away_nm[y // ROWS, x // LANES, d])
                horizon[d], at[d] = touched(ground, here, rays, d, away, floor)
            of_signal[:], of_slope[:], to_horizon[:] = wanted[:, y, x], 0.0, 0.0
            p, q = float(slope[0, y, x]), float(slope[1, y, x])
            if not hidden_to_horizons(p, q, horizon, looks, tables, of_signal, of_slope, to_horizon):
                continue
            to_slope[0, y, x] += of_slope[0]
            to_slope[1, y, x] += of_slope[1]
            for d in range(directions):
                if to_horizon[d] != 0.0 and at[d] != NOTHING:
                    touched_to_levels(ground, here, rays, d, at[d], to_horizon[d], to_levels)
