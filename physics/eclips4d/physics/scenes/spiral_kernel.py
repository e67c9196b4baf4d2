"""Heights of growth spirals on lines, from one recorded turn."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.scenes.profile import sawtooth

FloatArray = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")
_inlined: Any = numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")


@_inlined  # type: ignore[untyped-decorator]
def _weights(f: float, value: FloatArray, slope: FloatArray) -> None:
    """Cubic B-spline and its derivative at the four nearest points."""
    e = 1.0 - f
    value[0], value[3] = e * e * e / 6.0, f * f * f / 6.0
    value[1], value[2] = (4.0 + f * f * (3.0 * f - 6.0)) / 6.0, (4.0 + e * e * (3.0 * e - 6.0)) / 6.0
    slope[0], slope[3] = -0.5 * e * e, 0.5 * f * f
    slope[1], slope[2] = 0.5 * f * (3.0 * f - 4.0), -0.5 * e * (3.0 * e - 4.0)


@_compiled  # type: ignore[untyped-decorator]
def _patch(phase: NDArray[np.float32], level: int, in_time: FloatArray, i: int, j: int, patch: FloatArray) -> None:
    """The 4 × 4 coefficients around a grid cell at the moment of the line."""
    levels = phase.shape[0]
    for a in range(4):
        for b in range(4):
            total = 0.0
            for k in range(4):
                total += in_time[k] * phase[(level - 1 + k) % levels, i - 1 + a, j - 1 + b]
            patch[a, b] = total


@_compiled  # type: ignore[untyped-decorator]
def spiral_lines(
    x0: FloatArray,
    step: float,
    ys: FloatArray,
    turns: FloatArray,
    phase: NDArray[np.float32],
    grid: FloatArray,
    cores: FloatArray,
    profile: FloatArray,
    height: FloatArray,
) -> None:
    """Fill heights (nm).

    Parameters
    ----------
    turns
        How far the spirals have turned at each line, in turns.
    phase
        Cubic spline coefficients of `Turn.phase`.
    grid
        First point x and y, cell (nm), cosine and sine of the crystal's orientation.
    cores
        x, y (nm, crystal axes) and signed number of steps.
    profile
        Step height and standard deviation of a riser, nm.
    """
    levels, rows, columns = phase.shape
    in_time, value_x, value_y = np.empty(4), np.empty(4), np.empty(4)
    slope_x, slope_y, patch = np.empty(4), np.empty(4), np.empty((4, 4))
    cell, cosine, sine = grid[2], grid[3], grid[4]
    for line in range(height.shape[0]):
        part = (turns[line] - math.floor(turns[line])) * levels
        level = int(part)
        _weights(part - level, in_time, slope_x)
        i_last, j_last = -1, -1
        for column in range(height.shape[1]):
            x = x0[line] + step * column
            cx, cy = x * cosine + ys[line] * sine, ys[line] * cosine - x * sine
            u, v = (cx - grid[0]) / cell, (cy - grid[1]) / cell
            inside_u, inside_v = min(max(u, 1.0), columns - 3.0), min(max(v, 1.0), rows - 3.0)
            j, i = int(inside_u), int(inside_v)
            if i != i_last or j != j_last:
                _patch(phase, level, in_time, i, j, patch)
                i_last, j_last = i, j
            _weights(inside_u - j, value_x, slope_x)
            _weights(inside_v - i, value_y, slope_y)
            spiral, along_x, along_y = 0.0, 0.0, 0.0
            for a in range(4):
                across = (
                    value_x[0] * patch[a, 0]
                    + value_x[1] * patch[a, 1]
                    + value_x[2] * patch[a, 2]
                    + value_x[3] * patch[a, 3]
                )
                spiral += value_y[a] * across
                along_y += slope_y[a] * across
                along_x += value_y[a] * (
                    slope_x[0] * patch[a, 0]
                    + slope_x[1] * patch[a, 1]
                    + slope_x[2] * patch[a, 2]
                    + slope_x[3] * patch[a, 3]
                )
            spiral += (u - inside_u) * along_x + (v - inside_v) * along_y
            height[line, column] = _height(spiral, along_x / cell, along_y / cell, cx, cy, turns[line], cores, profile)


@_compiled  # type: ignore[untyped-decorator]
def _height(
    spiral: float,
    along_x: float,
    along_y: float,
    x: float,
    y: float,
    turns: float,
    cores: FloatArray,
    profile: FloatArray,
) -> float:
    """Steps where u minus the sheets' angle is a whole turn; one arc tangent for all cores, turns do not matter."""
    real, imaginary = 1.0, 0.0
    for k in range(cores.shape[0]):
        dx, dy = x - cores[k, 0], y - cores[k, 1]
        r2 = dx * dx + dy * dy + 1e-18
        along_x += cores[k, 2] * dy / r2
        along_y -= cores[k, 2] * dx / r2
        unit = 1.0 / math.sqrt(r2)
        sense = 1.0 if cores[k, 2] > 0.0 else -1.0
        for _ in range(int(abs(cores[k, 2]))):
            real, imaginary = (
                unit * (real * dx - imaginary * sense * dy),
                unit * (real * sense * dy + imaginary * dx),
            )
    sheets = math.atan2(imaginary, real)
    density = math.sqrt(along_x * along_x + along_y * along_y) / (2.0 * math.pi)
    grown = turns + spiral / (2.0 * math.pi)
    return float(profile[0] * (grown - sawtooth(grown - sheets / (2.0 * math.pi), profile[1] * density)))
