"""Terraces and risers: a staircase over a phase whose level lines are the steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np

from eclips4d.training.surfaces.surface import F32, F64, I32

RAMP_10_90 = 0.8
"""Share of a linear ramp between 10 % and 90 % of its height."""
ERF_10_90 = 1.8124
"""The same distance of (1 + erf(x))/2."""
_FLATTEST = 0.15
"""Gradient of the phase below which a step widens instead of staying as narrow as elsewhere."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps over a phase.

    Attributes
    ----------
    level : float64 [n]
        Where they are, pixels, ascending.
    rise : float64 [n]
        Height of each, pixels, signed.
    width : float
        Between 10 % and 90 % of the height, pixels.
    smooth
        Error function instead of a linear ramp.
    """

    level: F64
    rise: F64
    width: float
    smooth: bool


def rise_of(slope: float, width: float, smooth: bool) -> float:
    """Height of a riser by its steepest slope and its 10-90 width."""
    return slope * width * (math.sqrt(math.pi) / ERF_10_90 if smooth else 1.0 / RAMP_10_90)


def staircase(phase: F32, pitch_px: float, steps: Steps) -> tuple[F32, I32]:
    """Height and number of the terrace at every point.

    Parameters
    ----------
    phase : float32 [y, x]
        Pixels; the distance from a step is the difference of phase over the local gradient.
    pitch_px
        Between points.
    steps
        On it.
    """
    height, terrace = np.empty(phase.shape, np.float32), np.empty(phase.shape, np.int32)
    below = np.concatenate([[0.0], np.cumsum(steps.rise)])
    scale = steps.width / (ERF_10_90 if steps.smooth else RAMP_10_90)
    _climb(phase, pitch_px, steps.level, steps.rise, below, scale, steps.smooth, height, terrace)
    return height, terrace


@_compiled  # type: ignore[untyped-decorator]
def _profile(t: float, smooth: bool) -> float:
    if smooth:
        return 0.5 + 0.5 * math.erf(t)
    return min(1.0, max(0.0, t + 0.5))


@_compiled  # type: ignore[untyped-decorator]
def _climb(
    phase: Any,
    pitch: float,
    level: Any,
    rise: Any,
    below: Any,
    scale: float,
    smooth: bool,
    height: Any,
    terrace: Any,
) -> None:
    rows, columns = phase.shape
    count = len(level)
    reach = scale * (3.5 if smooth else 0.5)
    first = 0
    for y in range(rows):
        up, down = max(y - 1, 0), min(y + 1, rows - 1)
        for x in range(columns):
            left, right = max(x - 1, 0), min(x + 1, columns - 1)
            g_y = (phase[down, x] - phase[up, x]) / ((down - up) * pitch)
            g_x = (phase[y, right] - phase[y, left]) / ((right - left) * pitch)
            gradient = max(math.sqrt(g_x * g_x + g_y * g_y), _FLATTEST)
            here = phase[y, x]
            low, high = here - reach * gradient, here + reach * gradient
            while first < count and level[first] < low:
                first += 1
            while first > 0 and level[first - 1] >= low:
                first -= 1
            total = below[first]
            k, passed = first, first
            while k < count and level[k] <= high:
                total += rise[k] * _profile((here - level[k]) / (gradient * scale), smooth)
                passed += level[k] < here
                k += 1
            height[y, x] = total
            terrace[y, x] = passed
