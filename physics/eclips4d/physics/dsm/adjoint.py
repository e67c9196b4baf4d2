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
    """Transpose of `facet_rows`: adds to `to_slope`."""
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
    """Transpose of what `hide` adds up at one pixel; whether any horizon matters there.

    Parameters
    ----------
    p, q
        The facet's slopes dh/dx, dh/dy.
    horizon, to_horizon : float64 [D]
        Of the directions that rays follow; the latter is added to.
    wanted, to_slope : float64 [n] and [2]
        Derivatives with the pixel's signals, and with its slopes; the latter is added to.
    """
    any_hidden, measure, to_measure = False, np.empty((2, horizon.size)), np.zeros((2, horizon.size))
    for d in range(horizon.size):
        own = float(looks.toward[d, 0]) * p + float(looks.toward[d, 1]) * q
        any_hidden |= horizon[d] > max(own, tables.beginning)
        measure[0, d] = _measure(own, tables)
        measure[1, d] = _measure(max(horizon[d], own), tables)
    if not any_hidden:
        return False
    amplitude, to_amplitude = np.empty(TOGETHER), np.empty(TOGETHER)
    for group in range(tables.amplitude.shape[0] // TOGETHER):
        _amplitudes(tables.amplitude, group, p, q, amplitude)
        to_amplitude[:] = 0.0
        for segment in range(wanted.size):
            for e in range(tables.first[segment], tables.first[segment + 1]):
                given = (group * tables.look.size + e, looks, tables, amplitude, measure)
                _pair_to_measures(*given, -wanted[segment], to_amplitude, to_measure)
        _amplitudes_to_slopes(tables.amplitude, group, p, q, to_amplitude, to_slope)
    for d in range(horizon.size):
        cx, cy = float(looks.toward[d, 0]), float(looks.toward[d, 1])
        own, to_own = cx * p + cy * q, to_measure[0, d] * _per_tangent(cx * p + cy * q, tables)
        if horizon[d] > own:
            to_horizon[d] += to_measure[1, d] * _per_tangent(horizon[d], tables)
        else:
            to_own += to_measure[1, d] * _per_tangent(own, tables)
        to_slope[0] += cx * to_own
        to_slope[1] += cy * to_own
    return True


@_compiled  # type: ignore[untyped-decorator]
def _measure(tangent: float, tables: HiddenTables) -> float:
    tangent = min(max(tangent, tables.beginning), tables.ending)
    return float(tables.ceiling - 1.0 / (1.0 + tangent * tangent))


@_compiled  # type: ignore[untyped-decorator]
def _per_tangent(tangent: float, tables: HiddenTables) -> float:
    """Derivative of the measure."""
    inside = tables.beginning < tangent < tables.ending
    return 2.0 * tangent / (1.0 + tangent * tangent) ** 2 if inside else 0.0


@_compiled  # type: ignore[untyped-decorator]
def _pair_to_measures(
    pair: int,
    looks: Looks,
    tables: HiddenTables,
    amplitude: F64,
    measure: F64,
    weight: float,
    to_amplitude: F64,
    to_measure: F64,
) -> None:
    """What one direction hides of one segment: its own horizon's measure counts against what is seen."""
    m = tables.look[pair % tables.look.size]
    here, there, share = looks.before[m], looks.after[m], float(looks.share[m])
    for which in range(2):
        sign = weight if which else -weight
        value = measure[which, here] + share * (measure[which, there] - measure[which, here])
        at = min(max(value, float(tables.lowest[m])), float(tables.highest[m]))
        grows = 0.0
        for c in range(TOGETHER):
            of = (pair * TOGETHER + c) * POWERS
            by_value, by_square = float(tables.hidden[of]), float(tables.hidden[of + 1])
            to_amplitude[c] += sign * (by_value + by_square * at) * at
            grows += amplitude[c] * (by_value + 2.0 * by_square * at)
        if at == value or not tables.uneven:
            to_measure[which, here] += sign * (1.0 - share) * grows
            to_measure[which, there] += sign * share * grows


@_compiled  # type: ignore[untyped-decorator]
def _place(p: float, q: float) -> tuple[int, int, float, float]:
    """A facet's entry in the table of amplitudes, along y and x, and how far on it lies."""
    half, top = 0.5 * (FACETS - 1), FACETS - 1.001
    per_slope = half / np.sqrt(1.0 + p * p + q * q)
    a, b = min(max(half + p * per_slope, 0.0), top), min(max(half + q * per_slope, 0.0), top)
    return int(b), int(a), b - int(b), a - int(a)


@_compiled  # type: ignore[untyped-decorator]
def _amplitudes(table: F32, group: int, p: float, q: float, amplitude: F64) -> None:
    """Of a facet, bilinear."""
    j, i, g, f = _place(p, q)
    for c in range(TOGETHER):
        of = table[group * TOGETHER + c]
        upper, below = (1.0 - f) * of[j, i] + f * of[j, i + 1], (1.0 - f) * of[j + 1, i] + f * of[j + 1, i + 1]
        amplitude[c] = (1.0 - g) * upper + g * below


@_compiled  # type: ignore[untyped-decorator]
def _amplitudes_to_slopes(table: F32, group: int, p: float, q: float, to_amplitude: F64, to_slope: F64) -> None:
    """Its transpose: adds to `to_slope`."""
    j, i, g, f = _place(p, q)
    to_a = to_b = 0.0
    for c in range(TOGETHER):
        of = table[group * TOGETHER + c]
        here, right, under, across = of[j, i], of[j, i + 1], of[j + 1, i], of[j + 1, i + 1]
        to_a += to_amplitude[c] * ((1.0 - g) * (right - here) + g * (across - under))
        to_b += to_amplitude[c] * ((1.0 - f) * (under - here) + f * (across - right))
    per = 0.5 * (FACETS - 1) * (1.0 + p * p + q * q) ** -1.5
    to_slope[0] += per * (to_a * (1.0 + q * q) - to_b * p * q)
    to_slope[1] += per * (to_b * (1.0 + p * p) - to_a * p * q)
