"""Horizons of single rays, as plainly as can be: what the simulator's sweeps are held against. Lengths in pixels."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

_SAMPLE = 1.0 / 16.0
_NONE = -1e12

_compiled: Any = numba.njit(cache=True, nogil=True)


@_compiled  # type: ignore[untyped-decorator]
def bilinear(height: F64, x: float, y: float) -> float:
    """Height of the surface through the pixels' centres."""
    left, upper = min(int(x), height.shape[1] - 2), min(int(y), height.shape[0] - 2)
    u, v = x - left, y - upper
    above = (1.0 - u) * height[upper, left] + u * height[upper, left + 1]
    below = (1.0 - u) * height[upper + 1, left] + u * height[upper + 1, left + 1]
    return float((1.0 - v) * above + v * below)


@_compiled  # type: ignore[untyped-decorator]
def marched(height: F64, summit: float, x: float, y: float, along_x: float, along_y: float, lowest: float) -> float:
    """Highest rise per step seen from the surface at (x, y), looking every sixteenth of a step.

    Parameters
    ----------
    summit
        Highest of all heights: how far it is worth while to look.
    along_x, along_y
        The step: one column, or one row if the ray is steeper than 45°.
    lowest
        What the answer is at least.
    """
    best, own, i = lowest, bilinear(height, x, y), 0
    while True:
        i += 1
        s = i * _SAMPLE
        there_x, there_y = x + s * along_x, y + s * along_y
        if not (0.0 <= there_x <= height.shape[1] - 1 and 0.0 <= there_y <= height.shape[0] - 1):
            return float(best)
        best = max(best, (bilinear(height, there_x, there_y) - own) / s)
        if summit - own <= best * s:
            return float(best)


@_compiled  # type: ignore[untyped-decorator]
def marched_map(height: F64, along_x: float, along_y: float) -> F64:
    """`marched` from every pixel's centre."""
    tangent = np.empty(height.shape)
    summit = height.max()
    for y in range(height.shape[0]):
        for x in range(height.shape[1]):
            tangent[y, x] = marched(height, summit, x, y, along_x, along_y, _NONE)
    return tangent


@_compiled  # type: ignore[untyped-decorator]
def every_step_map(height: F64, step_x: float, step_y: float, rows_too: bool) -> F64:
    """From every pixel's centre, all whole steps to the border are compared: rise per step, O(N) per pixel.

    Parameters
    ----------
    step_x, step_y
        One of them is ±1, the other at most 1 in size.
    rows_too
        Places where the ray crosses a grid line of the other kind are compared as well, and the first sixteenth step.
    """
    tangent = np.empty(height.shape)
    slower = min(abs(step_x), abs(step_y))
    for y in range(height.shape[0]):
        for x in range(height.shape[1]):
            best = _step(height, x, y, step_x, step_y, _SAMPLE, _NONE) if rows_too else _NONE
            for i in range(1, max(height.shape)):
                best = _step(height, x, y, step_x, step_y, float(i), best)
                if rows_too and slower > 0.0:
                    best = _step(height, x, y, step_x, step_y, i / slower, best)
            tangent[y, x] = best
    return tangent


@_compiled  # type: ignore[untyped-decorator]
def _step(height: F64, x: int, y: int, step_x: float, step_y: float, s: float, best: float) -> float:
    there_x, there_y = x + s * step_x, y + s * step_y
    if not (-1e-9 <= there_x <= height.shape[1] - 1 + 1e-9 and -1e-9 <= there_y <= height.shape[0] - 1 + 1e-9):
        return best
    there_x, there_y = max(there_x, 0.0), max(there_y, 0.0)
    return float(max(best, (bilinear(height, there_x, there_y) - height[y, x]) / s))


@_compiled  # type: ignore[untyped-decorator]
def supremum_map(height: F64, step_x: float, step_y: float) -> F64:
    """The least upper bound of the rise per step, from the first sixteenth of a step on: no place is left out.

    Between two crossings of grid lines the surface along a ray is a parabola `a + b·s + c·s²` over the pixel; its rise
    per step `a/s + b + c·s` is highest at an end, or at `sqrt(a/c)` where both are negative.
    """
    tangent = np.empty(height.shape)
    slower = min(abs(step_x), abs(step_y))
    for y in range(height.shape[0]):
        for x in range(height.shape[1]):
            best, s, whole, row = _NONE, _SAMPLE, 1, 1
            while True:
                end = float(whole)
                if slower > 0.0 and row / slower < whole - 1e-9:
                    end, row = row / slower, row + 1
                else:
                    row += slower > 0.0 and abs(row / slower - whole) <= 1e-9
                    whole += 1
                there_x, there_y = x + end * step_x, y + end * step_y
                if not (
                    -1e-9 <= there_x <= height.shape[1] - 1 + 1e-9 and -1e-9 <= there_y <= height.shape[0] - 1 + 1e-9
                ):
                    break
                best = max(best, _arc(height, x, y, step_x, step_y, s, end))
                s = end
            tangent[y, x] = best
    return tangent


@_compiled  # type: ignore[untyped-decorator]
def _arc(height: F64, x: int, y: int, step_x: float, step_y: float, s: float, end: float) -> float:
    middle = 0.5 * (s + end)
    rise = np.empty(3)
    for i, place in enumerate((s, middle, end)):
        at_x = min(max(x + place * step_x, 0.0), height.shape[1] - 1.0)
        at_y = min(max(y + place * step_y, 0.0), height.shape[0] - 1.0)
        rise[i] = bilinear(height, at_x, at_y) - height[y, x]
    best = max(rise[0] / s, rise[2] / end)
    half = end - middle
    c = (rise[0] + rise[2] - 2.0 * rise[1]) / (2.0 * half * half)
    b = (rise[2] - rise[0]) / (2.0 * half) - 2.0 * c * middle
    a = rise[1] - b * middle - c * middle * middle
    if a < 0.0 and c < 0.0:
        crest = math.sqrt(a / c)
        if s < crest < end:
            best = max(best, a / crest + b + c * crest)
    return float(best)
