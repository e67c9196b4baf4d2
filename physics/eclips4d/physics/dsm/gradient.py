"""What a loss of the distilled images says of heights and slopes, by the transposed steps of rendering."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.physics.dsm.adjoint import facets_to_slopes, hidden_to_horizons
from eclips4d.physics.dsm.far import Far, look_far
from eclips4d.physics.dsm.hidden_table import HiddenTables
from eclips4d.physics.dsm.hide import Looks
from eclips4d.physics.dsm.near import COURSES
from eclips4d.physics.dsm.rays import Rays
from eclips4d.physics.dsm.shade import LookedAt, looked_at
from eclips4d.physics.dsm.simulator import DistilledSimulator, Shading
from eclips4d.physics.dsm.touch import AFAR, NOTHING, far_to_heights, near_to_heights, seen_afar, touched

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
        _of_shade(simulator, shading, height, slope, wanted, to_slope, to_height)
    return DistilledGradient(to_height, to_slope)


def _of_shade(
    simulator: DistilledSimulator, shading: Shading, height: F32, slope: F32, wanted: F32, to_slope: F32, to_height: F64
) -> None:
    blocks, room = shading.blocks, np.empty((2, *shading.blocks.height.shape, COURSES), np.float32)
    far = Far(blocks.block, blocks.height, blocks.along_nm, np.zeros(blocks.height.shape, np.bool_), *room)
    look_far(far, blocks, shading.sight.floor, shading.marked, 0, len(blocks.height))
    to_block = np.zeros(far.height.shape)
    given = (looked_at(shading.over), shading.near, far, shading.blocks.rays, shading.sight.floor)
    _unshade(height, slope, *given, simulator.looks, simulator.hidden, wanted, to_slope, to_height, to_block)
    mean = np.repeat(np.repeat(to_block, far.block, 0), far.block, 1) / far.block**2
    to_height[: len(mean), : mean.shape[1]] += mean


@_compiled  # type: ignore[untyped-decorator]
def _unshade(
    height: F32,
    slope: F32,
    pixels: LookedAt,
    near: Rays,
    far: Far,
    wide: Rays,
    floor: float,
    looks: Looks,
    tables: HiddenTables,
    wanted: F32,
    to_slope: F32,
    to_height: F64,
    to_block: F64,
) -> None:
    """One thread: pixels share the heights that shade them."""
    directions = near.sideways.size
    horizon, to_horizon, at = np.empty(directions), np.empty(directions), np.empty(directions, np.int64)
    of_signal, of_slope = np.empty(wanted.shape[0]), np.empty(2)
    for y in range(height.shape[0]):
        for x in pixels.column[pixels.first[y] : pixels.first[y + 1]]:
            for d in range(directions):
                afar = seen_afar(far, height, y, x, d, floor)
                horizon[d], at[d] = touched(height, y, x, near, d, afar, floor)
            of_signal[:], of_slope[:], to_horizon[:] = wanted[:, y, x], 0.0, 0.0
            p, q = float(slope[0, y, x]), float(slope[1, y, x])
            if not hidden_to_horizons(p, q, horizon, looks, tables, of_signal, of_slope, to_horizon):
                continue
            to_slope[0, y, x] += of_slope[0]
            to_slope[1, y, x] += of_slope[1]
            for d in range(directions):
                if to_horizon[d] == 0.0 or at[d] == NOTHING:
                    continue
                if at[d] == AFAR:
                    far_to_heights(far, wide, y, x, d, to_horizon[d], to_height, to_block)
                else:
                    near_to_heights(y, x, near, d, at[d], to_horizon[d], to_height)
