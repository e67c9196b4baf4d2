"""The look-ups transposed: what derivatives with respect to signals say of slopes and horizons, pixel by pixel."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.dsm.hidden_table import FACETS, POWERS, TOGETHER, HiddenTables
from eclips4d.physics.dsm.hide import Looks

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def facets_to_slopes(values: F32, slope: F32, wanted: F32, to_slope: F32, first: int, last: int) -> None:
    """Transpose of `look_up_rows`: adds to `to_slope`."""
    columns, table = slope.shape[2], values[0]  # the changes over the field are looked up without interpolation
    half, top = 0.5 * (table.shape[0] - 1), table.shape[0] - 1.001
    for y in range(first, last):
        for x in range(columns):
            p, q = float(slope[0, y, x]), float(slope[1, y, x])
            norm = 1.0 + p * p + q * q
            a, b = half + half * p / np.sqrt(norm), half + half * q / np.sqrt(norm)
            if not (a >= 0.0 and b >= 0.0):
                continue
            a, b = min(a, top), min(b, top)
            i, j = int(a), int(b)
            f, g = a - i, b - j
            to_a = to_b = 0.0
            for k in range(wanted.shape[0]):
                t00, t01 = float(table[j, i, k]), float(table[j, i + 1, k])
                t10, t11 = float(table[j + 1, i, k]), float(table[j + 1, i + 1, k])
                to_a += wanted[k, y, x] * ((1.0 - g) * (t01 - t00) + g * (t11 - t10))
                to_b += wanted[k, y, x] * ((1.0 - f) * (t10 - t00) + f * (t11 - t01))
            per = half * norm**-1.5
            to_slope[0, y, x] += per * (to_a * (1.0 + q * q) - to_b * p * q)
            to_slope[1, y, x] += per * (to_b * (1.0 + p * p) - to_a * p * q)


@_compiled  # type: ignore[untyped-decorator]
def hidden_to_horizons(
    p: float,
    q: float,
    horizon: F64,
    looks: Looks,
    tables: HiddenTables,
    wanted: F64,
    to_slope: F64,
    to_horizon: F64,
) -> bool:
    """Transpose of what `shade_rows` looks up at one pixel; whether any horizon matters there.

    Parameters
    ----------
    p, q
        The facet's slopes dh/dx, dh/dy.
    horizon, to_horizon : float64 [D]
        Of the directions that rays follow; the latter is added to.
    wanted, to_slope : float64 [n] and [2]
        Derivatives with the pixel's signals, and with its slopes; the latter is added to.
    """
    any_hidden, pairs = False, tables.segment.size
    amplitude, to_amplitude = np.empty(TOGETHER), np.empty(TOGETHER)
    for group in range(tables.hidden.size // (pairs * TOGETHER * POWERS)):
        _amplitudes(tables.amplitude, group, p, q, amplitude)
        to_amplitude[:] = 0.0
        for m in range(looks.before.size):
            d, after, share = looks.before[m], looks.after[m], float(looks.share[m])
            cx, cy, floor = float(looks.toward[m, 0]), float(looks.toward[m, 1]), float(tables.floor[m])
            rise, along = horizon[d] + share * (horizon[after] - horizon[d]), cx * p + cy * q
            own, per_tangent = max(along, floor), float(tables.per_tangent[m])
            if not rise > own:
                continue
            any_hidden, by_rise, by_own = True, 0.0, 0.0
            for e in range(tables.first[m], tables.first[m + 1]):
                weight, begin = -wanted[tables.segment[e]], (group * pairs + e) * TOGETHER * POWERS
                given = (tables.hidden, begin, amplitude)
                by_rise += _of_horizon(*given, (rise - floor) * per_tangent, weight, to_amplitude)
                by_own += _of_horizon(*given, (own - floor) * per_tangent, -weight, to_amplitude)
            to_horizon[d] += (1.0 - share) * by_rise * per_tangent
            to_horizon[after] += share * by_rise * per_tangent
            if along > floor:
                to_slope[0] += cx * by_own * per_tangent
                to_slope[1] += cy * by_own * per_tangent
        _amplitudes_to_slopes(tables.amplitude, group, p, q, to_amplitude, to_slope)
    return any_hidden


@_compiled  # type: ignore[untyped-decorator]
def _of_horizon(hidden: F32, begin: int, amplitude: F64, at: float, weight: float, to_amplitude: F64) -> float:
    """Derivative with a horizon's place, from 0 to 1, of what it hides; adds to those with the amplitudes."""
    inside, at = at < 1.0, min(at, 1.0)
    grows = 0.0
    for c in range(TOGETHER):
        value, slope = 0.0, 0.0
        for power in range(POWERS - 1, -1, -1):
            of = float(hidden[begin + c * POWERS + power])
            slope = slope * at + (power + 1) * of
            value = (value + of) * at
        to_amplitude[c] += weight * value
        grows += amplitude[c] * slope
    return weight * grows if inside else 0.0


@_compiled  # type: ignore[untyped-decorator]
def _place(p: float, q: float) -> tuple[int, int, float, float]:
    """A facet's entry in the table of amplitudes, along y and x, and how far on it lies."""
    half, top = 0.5 * (FACETS - 1), FACETS - 1.001
    per_slope = half / np.sqrt(1.0 + p * p + q * q)
    a, b = min(max(half + p * per_slope, 0.0), top), min(max(half + q * per_slope, 0.0), top)
    return int(b), int(a), b - int(b), a - int(a)


@_compiled  # type: ignore[untyped-decorator]
def _amplitudes(table: F32, group: int, p: float, q: float, amplitude: F64) -> None:
    """See `hide.facet_amplitudes`."""
    j, i, g, f = _place(p, q)
    for c in range(TOGETHER):
        at = ((group * FACETS + j) * FACETS + i) * TOGETHER + c
        below = at + FACETS * TOGETHER
        upper = (1.0 - f) * table[at] + f * table[at + TOGETHER]
        amplitude[c] = (1.0 - g) * upper + g * ((1.0 - f) * table[below] + f * table[below + TOGETHER])


@_compiled  # type: ignore[untyped-decorator]
def _amplitudes_to_slopes(table: F32, group: int, p: float, q: float, to_amplitude: F64, to_slope: F64) -> None:
    """Its transpose: adds to `to_slope`."""
    j, i, g, f = _place(p, q)
    to_a = to_b = 0.0
    for c in range(TOGETHER):
        at = ((group * FACETS + j) * FACETS + i) * TOGETHER + c
        below = at + FACETS * TOGETHER
        here, right, under, across = table[at], table[at + TOGETHER], table[below], table[below + TOGETHER]
        to_a += to_amplitude[c] * ((1.0 - g) * (right - here) + g * (across - under))
        to_b += to_amplitude[c] * ((1.0 - f) * (under - here) + f * (across - right))
    per = 0.5 * (FACETS - 1) * (1.0 + p * p + q * q) ** -1.5
    to_slope[0] += per * (to_a * (1.0 + q * q) - to_b * p * q)
    to_slope[1] += per * (to_b * (1.0 + p * p) - to_a * p * q)
