"""Roughness: periodic tiles of Gaussian noise with a given spectrum, read off as cubic splines, line by line."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import spline_filter

FloatArray = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def rough_tile(
    points: int, step_nm: float, rms_nm: float, power: Callable[[FloatArray], FloatArray], random: np.random.Generator
) -> FloatArray:
    """Spline coefficients of a periodic tile, [points, points]; `points` is a power of two.

    Parameters
    ----------
    power
        Power spectrum over the wave number k (rad/nm), in any unit.
    """
    noise = random.standard_normal((points, points))
    k = 2.0 * np.pi * np.fft.fftfreq(points, step_nm)
    amplitude = np.sqrt(power(np.hypot(k[:, None], k[None, :])))
    amplitude[0, 0] = 0.0
    shaped = np.fft.ifft2(np.fft.fft2(noise) * amplitude).real
    shaped *= rms_nm / max(float(shaped.std()), 1e-300)
    return np.ascontiguousarray(spline_filter(shaped, order=3, mode="grid-wrap"))


def fine_grain(correlation_nm: float) -> Callable[[FloatArray], FloatArray]:
    """A spectrum that falls off beyond a length, as (1 + (k·length)²)^−3."""
    return lambda k: (1.0 + (k * correlation_nm) ** 2) ** -3.0


@_compiled  # type: ignore[untyped-decorator]
def tile_row(at: float, tile: FloatArray, row: FloatArray) -> None:
    """Coefficients along a line at distance `at` (grid steps) down the tile; the tile's side is a power of two."""
    last = tile.shape[0] - 1
    i = math.floor(at)
    f = at - i
    e = 1.0 - f
    w0, w3 = e * e * e / 6.0, f * f * f / 6.0
    w1, w2 = (4.0 + f * f * (3.0 * f - 6.0)) / 6.0, (4.0 + e * e * (3.0 * e - 6.0)) / 6.0
    r0, r1, r2, r3 = (i - 1) & last, i & last, (i + 1) & last, (i + 2) & last
    for j in range(tile.shape[1]):
        row[j] = w0 * tile[r0, j] + w1 * tile[r1, j] + w2 * tile[r2, j] + w3 * tile[r3, j]


@_compiled  # type: ignore[untyped-decorator]
def along_row(at: float, row: FloatArray) -> float:
    """Value at distance `at` (grid steps) along such a line."""
    last = row.shape[0] - 1
    j = math.floor(at)
    f = at - j
    e = 1.0 - f
    near = (4.0 + f * f * (3.0 * f - 6.0)) * row[j & last] + (4.0 + e * e * (3.0 * e - 6.0)) * row[(j + 1) & last]
    return float((e * e * e * row[(j - 1) & last] + near + f * f * f * row[(j + 2) & last]) / 6.0)


@_compiled  # type: ignore[untyped-decorator]
def buried(at: float, past: float, before: float, behind: float, row: FloatArray) -> float:
    """Roughness that a step replaces by its own as it passes.

    Parameters
    ----------
    at
        Place along the line, grid steps.
    past
        Distance from the step, positive behind it; from −1 to 1 one roughness goes over into the other.
    before, behind
        Where on the tile the two are read, grid steps.
    """
    if past <= -1.0:
        return float(along_row(at + before, row))
    if past >= 1.0:
        return float(along_row(at + behind, row))
    share = 0.5 + past * (0.75 - 0.25 * past * past)
    return float((1.0 - share) * along_row(at + before, row) + share * along_row(at + behind, row))


@_compiled  # type: ignore[untyped-decorator]
def tile_lines(
    x0: FloatArray, step: float, ys: FloatArray, tile_step: float, tile: FloatArray, out: FloatArray
) -> None:
    """Values on lines of equidistant points."""
    row = np.empty(tile.shape[1])
    for line in range(out.shape[0]):
        tile_row(ys[line] / tile_step, tile, row)
        for column in range(out.shape[1]):
            out[line, column] = along_row((x0[line] + step * column) / tile_step, row)
