"""What a loss of the images says of heights and yields, by the transposed steps of rendering and of the attention."""

from __future__ import annotations

from functools import partial
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.physics.bsesm.adjoint import spread_slopes, unhide_rows, unsee_rows
from eclips4d.physics.bsesm.amplitudes import amplitudes_to_slopes, law_arrays
from eclips4d.physics.bsesm.gradient import Gradient
from eclips4d.physics.vft.adjoint import room_for_back, unask, unattend
from eclips4d.physics.vft.attention import LANES, Attention, attend, scratch
from eclips4d.physics.vft.horizons import ask, choose, look_around
from eclips4d.physics.vft.simulator import (
    LOOKS,
    VisionFieldSimulator,
    checked,
    facets,
    field_places,
    hidden_signal,
    horizons,
    lifted,
    reach,
)
from eclips4d.physics.vft.ungather import ungather
from eclips4d.physics.vft.ways import Ways

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

_ROWS = 16

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def vision_field_gradient(
    simulator: VisionFieldSimulator,
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
        Derivative of the loss with respect to the images, [n, y, x].

    Raises
    ------
    InputError
        Arrays of another shape.
    """
    height, yields = checked(simulator, height_nm, relative_yield)
    wanted_shape = (len(simulator.optics.full), *simulator.shape)
    if to_signal.shape != wanted_shape:
        raise InputError(f"derivatives are {to_signal.shape}, not {wanted_shape}", where="to_signal")
    rows, places = len(height), field_places(simulator)
    with simulator.spread() as spread:
        slope, amplitude = facets(simulator, height, spread)
        hidden = hidden_signal(simulator, height, slope, amplitude, spread)
        wanted = np.zeros(wanted_shape, np.float32)
        to_amplitude, to_yield = np.zeros_like(amplitude), np.zeros(height.shape, np.float32)
        seen = (simulator.optics.full, *places, amplitude, yields, hidden, 0, 1)
        outcome = (np.ascontiguousarray(to_signal, dtype=np.float32), wanted, to_amplitude, to_yield)
        spread(partial(unsee_rows, *seen, *outcome), 0, rows)
        back = _Back(simulator, height, slope, amplitude, wanted, to_amplitude)
        spread(back.sheets, 0, simulator.threads)
        law = law_arrays(simulator.law)
        spread(partial(amplitudes_to_slopes, slope, *law, to_amplitude, back.to_slope), 0, rows)
    to_height = back.to_height.sum(0)
    spread_slopes(back.to_slope, *simulator.pixel_nm, to_height)
    return Gradient(to_height, to_yield)


class _Back:
    """The transposed look-ups and attention of blocks of rows; each thread adds into a sheet of heights of its own."""

    def __init__(
        self, simulator: VisionFieldSimulator, height: F64, slope: F32, amplitude: F32, wanted: F32, to_amplitude: F32
    ) -> None:
        self._simulator, self._above, self._slope = simulator, lifted(height), slope
        self._amplitude, self._wanted, self._to_amplitude = amplitude, wanted, to_amplitude
        self._steps = reach(simulator, height)
        self.to_slope = np.zeros_like(slope)
        self.to_height = np.zeros((simulator.threads, *height.shape))

    def sheets(self, first: int, last: int) -> None:
        """The blocks of rows that belong to some sheets."""
        edges = np.linspace(0, len(self._above), self._simulator.threads + 1).astype(int).tolist()
        for sheet in range(first, last):
            self._rows(sheet, edges[sheet], edges[sheet + 1])

    def _rows(self, sheet: int, first: int, last: int) -> None:
        simulator, columns = self._simulator, self._above.shape[1]
        tangent, to_tangent = (
            np.empty((LOOKS, _ROWS, columns), np.float32),
            np.empty((LOOKS, _ROWS, columns), np.float32),
        )
        for top in range(first, last, _ROWS):
            count = min(_ROWS, last - top)
            horizons(simulator, self._above, self._slope, self._steps, top, tangent[:, :count])
            to_tangent[:] = 0.0
            for m in range(LOOKS):
                self._unhide(m, slice(top, top + count), tangent[m, :count], to_tangent[m, :count])
            seen = (self._above, self._slope, simulator.ways, self._steps, simulator.toward, simulator.floor)
            _unattend_rows(*seen, simulator.attention, top, to_tangent[:, :count], self.to_height[sheet])

    def _unhide(self, m: int, rows: slice, tangent: F32, to_tangent: F32) -> None:
        simulator, share = self._simulator, self._simulator.optics.hidden[m]
        if not np.isfinite(share.floor):
            return
        field_x, field_y = field_places(simulator)
        look = (tangent, *self._slope[:, rows], *simulator.toward[m].tolist(), share.floor, share.segments)
        table = (share.low, share.per_entry, share.table, field_x, field_y[rows], self._amplitude[:, rows])
        back = (self._wanted[:, rows], self._to_amplitude[:, rows], self.to_slope[:, rows], to_tangent)
        unhide_rows(*look, *table, *back, 0, len(tangent))


@_compiled  # type: ignore[untyped-decorator]
def _unattend_rows(
    height: F32,
    slope: F32,
    ways: Ways,
    steps: I64,
    toward: F32,
    floor: F32,
    attention: Attention,
    top: int,
    to_tangent: F32,
    to_height: F64,
) -> None:
    directions, columns, rings = ways.sideways.size, height.shape[1], attention.embed_bias.shape[1]
    token, highest = np.empty((directions, rings, columns), np.float32), np.empty((directions, columns), np.float32)
    to_token, at = np.empty_like(token), np.empty((directions, columns), np.int64)
    chosen, around, room = np.empty(columns + LANES, np.int64), np.empty(3, np.int64), scratch(attention)
    back = room_for_back(room)
    for row in range(to_tangent.shape[1]):
        y = top + row
        look_around(height, y, ways, steps, token, highest)
        _where_largest(token, highest, at)
        to_token[:] = 0.0
        for d in range(directions):
            around[0], around[1], around[2] = (d - 1) % directions, d, (d + 1) % directions
            count = choose(slope, y, toward, floor, d, highest[d], highest[around[2]], chosen)
            count = _wanted(to_tangent[2 * d, row], to_tangent[2 * d + 1, row], count, chosen)
            for first in range(0, count, LANES):
                lanes, some = chosen[first : first + LANES], min(LANES, count - first)
                for o in range(2):
                    for i in range(LANES):
                        back.horizon[o, i] = to_tangent[2 * d + o, row, lanes[i]]
                ask(token, highest, around[0], d, around[2], lanes, room)
                attend(attention, ways.geometry[d], room)
                unattend(attention, room, back)
                unask(around, lanes, some, room, back, at, to_token)
        for d in range(directions):
            ungather(height, y, ways, d, steps[d], token[d], to_token[d], to_height)


@_compiled  # type: ignore[untyped-decorator]
def _where_largest(token: F32, highest: F32, at: I64) -> None:
    for d in range(token.shape[0]):
        for k in range(token.shape[1] - 1, -1, -1):
            for x in range(token.shape[2]):
                if token[d, k, x] == highest[d, x]:
                    at[d, x] = k


@_compiled  # type: ignore[untyped-decorator]
def _wanted(on: F32, beside: F32, count: int, chosen: I64) -> int:
    """Keep the columns of which a derivative is asked; the last one fills the lanes."""
    kept = 0
    for i in range(count):
        x = chosen[i]
        if on[x] != 0.0 or beside[x] != 0.0:
            chosen[kept] = x
            kept += 1
    if kept > 0:
        chosen[kept : kept + LANES] = chosen[kept - 1]
    return kept
