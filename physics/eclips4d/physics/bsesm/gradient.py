"""What a loss of the images says of heights and yields, by the transposed steps of rendering."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.physics.bsesm.adjoint import spread_slopes, spread_tangents, unhide_rows, unsee_rows
from eclips4d.physics.bsesm.amplitudes import amplitudes_to_slopes, law_arrays
from eclips4d.physics.bsesm.horizon import Spread, spread_over, surface
from eclips4d.physics.bsesm.render import (
    ExactSimulator,
    checked,
    facets,
    field_places,
    hidden_signal,
    sights,
    turned,
)

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


class Gradient(NamedTuple):
    """Derivatives of a loss.

    Attributes
    ----------
    height : float64 [y, x]
        Per nm, of every fine pixel, margins included: as receiver (its slope and own horizon) and as occluder.
    relative_yield : float32 [y, x]
    """

    height: F64
    relative_yield: F32


def gradient(
    simulator: ExactSimulator,
    height_nm: NDArray[np.floating],
    relative_yield: float | NDArray[np.floating],
    to_signal: NDArray[np.floating],
) -> Gradient:
    """Derivatives of a loss with respect to what was rendered.

    Parameters
    ----------
    height_nm, relative_yield
        As given to the simulator.
    to_signal
        Derivative of the loss with respect to the images, [n, Y, X].

    Raises
    ------
    InputError
        Arrays of another shape.
    """
    height, yields = checked(simulator, height_nm, relative_yield)
    wanted_shape = (len(simulator.optics.full), *simulator.shape)
    if to_signal.shape != wanted_shape:
        raise InputError(f"derivatives are {to_signal.shape}, not {wanted_shape}", where="to_signal")
    with ThreadPoolExecutor(simulator.threads) if simulator.threads > 1 else nullcontext() as pool:
        return _gradient(simulator, height, yields, to_signal, spread_over(pool, simulator.threads))


def _gradient(
    simulator: ExactSimulator, height: F64, yields: F32, to_signal: NDArray[np.floating], spread: Spread
) -> Gradient:
    relief = surface(height, simulator.pixel_nm)
    slope, amplitude = facets(simulator, height, spread)
    hidden = hidden_signal(simulator, relief, slope, amplitude, spread)
    wanted = np.zeros((len(simulator.optics.full), *height.shape), np.float32)
    to_amplitude, to_yield = np.zeros_like(amplitude), np.zeros(height.shape, np.float32)
    places = field_places(simulator)
    seen = (simulator.optics.full, *places, amplitude, yields, hidden, simulator.margin, simulator.supersample)
    outcome = (np.ascontiguousarray(to_signal, dtype=np.float32), wanted, to_amplitude, to_yield)
    spread(partial(unsee_rows, *seen, *outcome), 0, simulator.shape[0])

    to_slope, to_height = np.zeros_like(slope), np.zeros(height.shape)
    for transposed in (False, True):
        slopes, amplitudes, wants = (turned(images, transposed) for images in (slope, amplitude, wanted))
        back = np.zeros_like(amplitudes), np.zeros_like(slopes), np.empty(slopes.shape[1:], np.float32)
        occluders = np.zeros((simulator.threads, *slopes.shape[1:]))
        edges = np.linspace(0, slopes.shape[1], simulator.threads + 1).astype(int)
        for sight in sights(simulator, relief, transposed, spread):
            share, course = sight.share, sight.direction
            look = (sight.tangent, *slopes, sight.along, sight.across, share.floor, share.segments)
            table = (share.low, share.per_entry, sight.table, *(places[::-1] if transposed else places))
            spread(partial(unhide_rows, *look, *table, amplitudes, wants, *back), 0, slopes.shape[1])
            rays = (back[2], sight.steps, course.forward, course.drift, course.step_nm)
            spread(partial(_spread_blocks, rays, edges, occluders), 0, simulator.threads)
        order = (0, 2, 1) if transposed else (0, 1, 2)
        to_amplitude += back[0].transpose(order)
        to_slope += back[1].transpose(order)
        to_height += occluders.sum(0).T if transposed else occluders.sum(0)
    spread(partial(amplitudes_to_slopes, slope, *law_arrays(simulator.law), to_amplitude, to_slope), 0, len(height))
    spread_slopes(to_slope, *simulator.pixel_nm, to_height)
    return Gradient(to_height, to_yield)


def _spread_blocks(
    rays: tuple[F32, F32, int, float, float], edges: NDArray[np.int64], occluders: F64, first: int, last: int
) -> None:
    """Blocks of rows, each into its own sheet: their rays end in each other's rows."""
    for block in range(first, last):
        spread_tangents(*rays, edges[block], edges[block + 1], occluders[block])
