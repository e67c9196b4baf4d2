"""One full turn of any set of spirals in their periodic state, from which every later moment follows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.scenes.bcf.levelset import PAD, advance, continue_straight, sheet_derivatives
from eclips4d.physics.scenes.bcf.radial import phase_at, steady_spiral

FloatArray = NDArray[np.float64]

LEVELS = 24
"""Moments per turn that are kept; between them a periodic cubic spline in time."""
_STABLE = 0.3
"""Time step over cell²."""
_PERIODIC_RAD = 0.03
_MOST_TURNS = 12


@dataclass(frozen=True, slots=True)
class Turn:
    """Spirals over one turn, lengths in r_c and times in r_c/v_inf.

    Attributes
    ----------
    period
        Of one turn.
    x, y : float64 [columns], [rows]
        Grid.
    phase : float64 [LEVELS, rows, columns]
        u − 2 pi·t/period, radians; the same again in the next turn.
    defect_rad
        By how much the last turn still differed from the one before; taken out evenly over the turn.
    """

    period: float
    x: FloatArray
    y: FloatArray
    phase: FloatArray
    defect_rad: float


def recorded_turn(half_extent: tuple[float, float], cell: float, cores: FloatArray, square: float) -> Turn:
    """Let the spirals turn until they repeat, then keep one turn.

    Parameters
    ----------
    half_extent
        The grid covers ± this in x and y at least.
    cell
        Grid step; 0.5 gives the rotation within 1.5 %, with the square of it.
    cores
        x, y and signed number of steps, [m, 3], in corners of cells (multiples of `cell`).
    square
        0 isotropic, 1 crystalline.
    """
    x, y = (_axis(half, cell) for half in half_extent)
    sheets = sheet_derivatives(x, y, cores)
    u = _first_guess(x, y, cores, square)
    step = min(_STABLE * cell * cell, 0.4 * cell)
    period = _settle(u, sheets, cell, square, step)
    per_level = int(np.ceil(period / LEVELS / step))
    phase = np.empty((LEVELS, len(y), len(x)))
    for level in range(LEVELS):
        phase[level] = u[PAD:-PAD, PAD:-PAD] - 2.0 * np.pi * level / LEVELS
        advance(u, sheets, cell, square, period / LEVELS / per_level, per_level)
    defect = u[PAD:-PAD, PAD:-PAD] - 2.0 * np.pi - phase[0]
    phase -= defect * (np.arange(LEVELS) / LEVELS)[:, None, None]
    return Turn(period, x, y, phase, float(np.abs(defect).max()))


def _axis(half: float, cell: float) -> FloatArray:
    cells = round(half / cell + 3)
    return np.asarray(cell * (np.arange(-cells, cells) + 0.5))


def _first_guess(x: FloatArray, y: FloatArray, cores: FloatArray, square: float) -> FloatArray:
    """Far turns of the nearest core."""
    padded = np.empty((len(y) + 2 * PAD, len(x) + 2 * PAD))
    dx, dy = np.abs(x[None, :, None] - cores[:, 0]), np.abs(y[:, None, None] - cores[:, 1])
    cell = float(x[1] - x[0])
    distance = ((1.0 - square) * np.hypot(dx, dy) + square * np.maximum(dx, dy)).min(axis=2)
    padded[PAD:-PAD, PAD:-PAD] = -phase_at(distance) * (_about(cell, square) / steady_spiral().rotation)
    continue_straight(padded)
    return padded


def _about(cell: float, square: float) -> float:
    """Rate at which phases grow, about: what saves waiting until waves have crossed the field."""
    return (steady_spiral().rotation + 0.17 * square) * (1.0 - 0.055 * cell * cell)


def _settle(u: FloatArray, sheets: FloatArray, cell: float, square: float, step: float) -> float:
    """Turn by turn until everything repeats; the period."""
    period = 2.0 * np.pi / _about(cell, square)
    for turn in range(_MOST_TURNS):
        before = u.copy()
        steps = int(np.ceil(period / step))
        advance(u, sheets, cell, square, period / steps, steps)
        turned = (u - before)[PAD:-PAD, PAD:-PAD]
        middle = float(np.median(turned))
        period *= 2.0 * np.pi / max(middle, 0.5)
        repeats = np.abs(turned - middle).max() < _PERIODIC_RAD and abs(middle - 2.0 * np.pi) < _PERIODIC_RAD / 2.0
        if repeats and turn > 0:
            break
    return period
