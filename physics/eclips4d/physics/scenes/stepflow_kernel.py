"""The height of a train of steps on lines: which step one is on is the root of one monotonic equation."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.scenes.profile import sawtooth
from eclips4d.physics.scenes.tile import buried, tile_row

FloatArray = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")
_inlined: Any = numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")

_HASH = 0.6180339887498949
_CLOSE = 1e-5
"""Of a step number: Newton's next error is its square."""


@_inlined  # type: ignore[untyped-decorator]
def _place(step: float, across: float, wave: float, train: FloatArray) -> tuple[float, float, float]:
    """Where step number `step` is along the flow, less its advance; its derivatives by number and by `across`."""
    bunch = train[2] * step - wave
    turn = across * train[4] + train[5] * step
    slow = across * train[7]
    at = train[0] * step + train[1] * math.sin(bunch) + train[3] * math.sin(turn) + train[6] * math.sin(slow)
    by_step = train[0] + train[1] * train[2] * math.cos(bunch) + train[3] * train[5] * math.cos(turn)
    by_across = train[3] * train[4] * math.cos(turn) + train[6] * train[7] * math.cos(slow)
    return at, by_step, by_across


@_compiled  # type: ignore[untyped-decorator]
def step_number(along: float, across: float, wave: float, guess: float, train: FloatArray) -> float:
    """The real number of the step at a place: Newton's method, kept inside a bracket that always holds the root.

    Parameters
    ----------
    along
        Distance along the flow less the steps' advance.
    wave
        Phase of the bunches' travelling wave.
    train
        Spacing, bunching amplitude (nm) and its wave number per step, meander amplitude, its wave number across and
        phase per step, amplitude and wave number of a second meander.
    """
    reach = train[1] + train[3] + train[6]
    low, high = (along - reach) / train[0] - 1e-9, (along + reach) / train[0] + 1e-9
    step = min(max(guess, low), high)
    for _ in range(60):
        at, by_step, _ = _place(step, across, wave, train)
        if at > along:
            high = step
        else:
            low = step
        wanted = step - (at - along) / by_step
        if not low <= wanted <= high:
            wanted = 0.5 * (low + high)
        if abs(wanted - step) < _CLOSE:
            return float(wanted)
        step = wanted
    return float(step)


@_compiled  # type: ignore[untyped-decorator]
def stepflow_lines(
    x0: FloatArray,
    step_nm: float,
    ys: FloatArray,
    advance: FloatArray,
    wave: FloatArray,
    train: FloatArray,
    flow: FloatArray,
    profile: FloatArray,
    tile_step: float,
    tile: FloatArray,
    height: FloatArray,
) -> None:
    """Fill heights (nm).

    Parameters
    ----------
    advance, wave
        Of each line: how far the mean step has gone (nm), phase of the bunches.
    flow
        Cosine and sine (array axes) of the flow, slope of the plane that is added.
    profile
        Step height and standard deviation of a riser, nm.
    """
    row = np.empty(tile.shape[1])
    for line in range(height.shape[0]):
        tile_row(ys[line] / tile_step, tile, row)
        guess = (x0[line] * flow[0] + ys[line] * flow[1] - advance[line]) / train[0]
        rate = 0.0
        for column in range(height.shape[1]):
            x = x0[line] + step_nm * column
            along = x * flow[0] + ys[line] * flow[1]
            across = ys[line] * flow[0] - x * flow[1]
            number = step_number(along - advance[line], across, wave[line], guess, train)
            _, by_step, by_across = _place(number, across, wave[line], train)
            rate = (flow[0] + by_across * flow[1]) / by_step
            guess = number + rate * step_nm
            sd = profile[1] * math.sqrt(1.0 + by_across * by_across) / by_step
            h = profile[0] * (sawtooth(number, sd) - number) + flow[2] * along
            near = math.floor(number + 0.5)
            past = (number - near) / max(min(2.0 * sd, 0.5), 1e-9)
            cells = _HASH * row.shape[0]
            height[line, column] = h + buried(x / tile_step, past, (near - 1.0) * cells, near * cells, row)
