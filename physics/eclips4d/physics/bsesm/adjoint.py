"""From what a loss says of the images back to heights: the transposed steps of rendering, exactly as rendered.

A horizon is `(h(place) − h(pixel))/distance`. At its maximum it does not change when the place moves along the ray, so
a change of it belongs to the pixel itself and to the four heights around the place where the ray touches the surface.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.bsesm.rays import DEPARTURE

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def unhide_rows(
    tangent: F32,
    slope_along: F32,
    slope_across: F32,
    along: float,
    across: float,
    floor: float,
    segments: NDArray[np.int64],
    low: float,
    per_entry: float,
    table: F64,
    field_x: F64,
    field_y: F64,
    amplitude: F32,
    wanted: F32,
    to_amplitude: F32,
    to_slope: F32,
    to_tangent: F32,
    first: int,
    last: int,
) -> None:
    """Transpose of `hide_rows`.

    Parameters
    ----------
    wanted : float32 [n, y, x]
        Derivative of the loss with respect to every segment's visible integral.
    to_amplitude, to_slope : float32 [C, y, x], [2, y, x]
        Are added to. The slopes count where the facet's own horizon is the higher one.
    to_tangent : float32 [y, x]
        Is written: derivative with respect to the surroundings' horizon.
    """
    entries = table.shape[1] - 1
    for y in range(first, last):
        for x in range(tangent.shape[1]):
            to_tangent[y, x] = 0.0
            own = np.float32(along) * slope_along[y, x] + np.float32(across) * slope_across[y, x]
            horizon = max(tangent[y, x], own)
            if horizon <= np.float32(floor):
                continue
            rise = float(horizon)
            at = max((rise / math.sqrt(1.0 + rise * rise) - low) * per_entry, 0.0)
            i = min(int(at), entries - 1)
            share = min(at - i, 1.0)
            growing = 0.0
            for s in range(segments.size):
                here = -wanted[segments[s], y, x]
                for c in range(amplitude.shape[0]):
                    value, change = table[0, i, s, c], table[0, i + 1, s, c] - table[0, i, s, c]
                    if table.shape[0] > 1:
                        value += field_x[x] * table[1, i, s, c] + field_y[y] * table[2, i, s, c]
                        change += field_x[x] * (table[1, i + 1, s, c] - table[1, i, s, c])
                        change += field_y[y] * (table[2, i + 1, s, c] - table[2, i, s, c])
                    to_amplitude[c, y, x] += here * (value + share * change)
                    growing += here * amplitude[c, y, x] * change
            if at < entries:
                growing *= per_entry / math.pow(1.0 + rise * rise, 1.5)
                if own >= tangent[y, x]:
                    to_slope[0, y, x] += along * growing
                    to_slope[1, y, x] += across * growing
                else:
                    to_tangent[y, x] = growing


@_compiled  # type: ignore[untyped-decorator]
def spread_tangents(
    to_tangent: F32,
    steps: F32,
    forward: int,
    drift: float,
    step_nm: float,
    first: int,
    last: int,
    to_height: F64,
) -> None:
    """Give the derivative with respect to horizons to the heights that make them; `to_height` is added to."""
    rows, columns = to_height.shape
    side = 0 if drift == 0.0 else (1 if drift > 0.0 else -1)
    for y in range(first, last):
        for x in range(columns):
            if to_tangent[y, x] == 0.0:
                continue
            away = float(steps[y, x])
            if away == 0.0:
                share = to_tangent[y, x] / step_nm
                to_height[y, x] += share * (abs(drift) * (DEPARTURE - 1.0) - 1.0)
                to_height[y, x + forward] += share * (1.0 - abs(drift) * DEPARTURE)
                to_height[y + side, x] += share * abs(drift) * (1.0 - DEPARTURE)
                to_height[y + side, x + forward] += share * abs(drift) * DEPARTURE
                continue
            share = to_tangent[y, x] / (away * step_nm)
            at_x, at_y = x + forward * away, min(max(y + drift * away, 0.0), rows - 1.0)
            left, upper = min(int(at_x), columns - 2), min(int(at_y), rows - 2)
            fx, fy = at_x - left, at_y - upper
            to_height[y, x] -= share
            to_height[upper, left] += share * (1.0 - fx) * (1.0 - fy)
            to_height[upper, left + 1] += share * fx * (1.0 - fy)
            to_height[upper + 1, left] += share * (1.0 - fx) * fy
            to_height[upper + 1, left + 1] += share * fx * fy


@_compiled  # type: ignore[untyped-decorator]
def unsee_rows(
    full: F64,
    field_x: F64,
    field_y: F64,
    amplitude: F32,
    relative_yield: F32,
    hidden: F32,
    margin: int,
    supersample: int,
    to_signal: F32,
    wanted: F32,
    to_amplitude: F32,
    to_yield: F32,
    first: int,
    last: int,
) -> None:
    """Transpose of `signal_rows`, for image rows `first` to `last`.

    Parameters
    ----------
    to_signal : float32 [n, Y, X]
        Derivative of the loss with respect to the images.
    wanted, to_amplitude, to_yield : float32 [n, y, x], [C, y, x], [y, x]
        Are written: derivatives with respect to the visible integrals, amplitudes (their full part) and yields.
    """
    part = 1.0 / (supersample * supersample)
    integral = np.empty(full.shape[:2])
    for y in range(margin + first * supersample, margin + last * supersample):
        for x in range(margin, amplitude.shape[2] - margin):
            v, u = (y - margin) // supersample, (x - margin) // supersample
            _integrals(full, field_x[x], field_y[y], integral)
            for k in range(full.shape[0]):
                seen = -float(hidden[k, y, x])
                for c in range(full.shape[1]):
                    seen += amplitude[c, y, x] * integral[k, c]
                if seen > 0.0:
                    here = to_signal[k, v, u] * part
                    to_yield[y, x] += here * seen
                    here *= relative_yield[y, x]
                    wanted[k, y, x] = here
                    for c in range(full.shape[1]):
                        to_amplitude[c, y, x] += here * integral[k, c]


@_compiled  # type: ignore[untyped-decorator]
def _integrals(full: F64, x: float, y: float, integral: F64) -> None:
    for k in range(full.shape[0]):
        for c in range(full.shape[1]):
            total = 0.0
            for b in range(full.shape[2] - 1, -1, -1):
                along = 0.0
                for a in range(full.shape[3] - 1, -1, -1):
                    along = along * x + full[k, c, b, a]
                total = total * y + along
            integral[k, c] = total


@_compiled  # type: ignore[untyped-decorator]
def spread_slopes(to_slope: F32, pixel_x: float, pixel_y: float, to_height: F64) -> None:
    """Transpose of `fill_slopes`; `to_height` is added to."""
    rows, columns = to_height.shape
    for y in range(rows):
        above, below = max(y - 1, 0), min(y + 1, rows - 1)
        for x in range(columns):
            left, right = max(x - 1, 0), min(x + 1, columns - 1)
            along = to_slope[0, y, x] / (max(right - left, 1) * pixel_x)
            across = to_slope[1, y, x] / (max(below - above, 1) * pixel_y)
            to_height[y, right] += along
            to_height[y, left] -= along
            to_height[below, x] += across
            to_height[above, x] -= across
