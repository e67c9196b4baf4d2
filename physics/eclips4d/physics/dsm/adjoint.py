"""The look-ups transposed: what derivatives with respect to signals say of slopes and horizons, pixel by pixel."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.dsm.hidden_table import HiddenTables
from eclips4d.physics.dsm.shade import Looks

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
    slope: F32,
    y: int,
    x: int,
    horizon: F64,
    looks: Looks,
    tables: HiddenTables,
    wanted: F32,
    to_slope: F32,
    to_horizon: F64,
) -> bool:
    """Transpose of what `shade_rows` looks up at one pixel; whether any horizon matters there.

    Parameters
    ----------
    horizon, to_horizon : float64 [D]
        Of the directions that rays follow; the latter is added to.
    """
    p, q, any_hidden = float(slope[0, y, x]), float(slope[1, y, x]), False
    for m in range(looks.before.size):
        d, e, share = looks.before[m], looks.after[m], float(looks.share[m])
        rise = horizon[d] + share * (horizon[e] - horizon[d])
        floor = float(tables.floor[m])
        cx, cy = float(looks.toward[m, 0]), float(looks.toward[m, 1])
        along, across = cx * p + cy * q, cy * p - cx * q
        own = max(along, floor)
        if rise <= floor or not rise > own:
            continue
        any_hidden = True
        by_rise = _slopes_of(tables, m, rise, along, across, wanted, y, x)
        by_own = _slopes_of(tables, m, own, along, across, wanted, y, x)
        to_along, to_across = by_own[1] - by_rise[1], by_own[2] - by_rise[2]
        if along > floor:
            to_along += by_own[0]
        to_horizon[d] += (1.0 - share) * -by_rise[0]
        to_horizon[e] += share * -by_rise[0]
        to_slope[0, y, x] += cx * to_along + cy * to_across
        to_slope[1, y, x] += cy * to_along - cx * to_across
    return any_hidden


@_compiled  # type: ignore[untyped-decorator]
def _slopes_of(
    tables: HiddenTables, m: int, tangent: float, along: float, across: float, wanted: F32, y: int, x: int
) -> tuple[float, float, float]:
    """Derivatives of the wanted sum of hidden signals with the horizon, and with the facet's slope along and across."""
    table, segment = tables.hidden[m], tables.segment[m]
    half, top = 0.5 * (table.shape[1] - 1), table.shape[1] - 1.001
    norm = 1.0 + along * along + across * across
    a, b = min(half + half * along / np.sqrt(norm), top), min(half + half * across / np.sqrt(norm), top)
    i, j = int(a), int(b)
    f, g = a - i, b - j
    at = (tangent / np.sqrt(1.0 + tangent * tangent) - float(tables.low[m])) * float(tables.per_entry[m])
    inside = 0.0 < at < table.shape[0] - 1.001
    at = min(max(at, 0.0), table.shape[0] - 1.001)
    h = int(at)
    later = at - h
    to_at = to_a = to_b = 0.0
    for s in range(segment.size):
        if segment[s] < 0:
            continue
        weight = float(wanted[segment[s], y, x])
        for layer in range(2):
            t00, t01 = float(table[h + layer, i, j, s]), float(table[h + layer, i, j + 1, s])
            t10, t11 = float(table[h + layer, i + 1, j, s]), float(table[h + layer, i + 1, j + 1, s])
            of_layer = later if layer else 1.0 - later
            value = (1.0 - f) * ((1.0 - g) * t00 + g * t01) + f * ((1.0 - g) * t10 + g * t11)
            to_at += weight * (value if layer else -value)
            to_a += weight * of_layer * ((1.0 - g) * (t10 - t00) + g * (t11 - t01))
            to_b += weight * of_layer * ((1.0 - f) * (t01 - t00) + f * (t11 - t10))
    to_tangent = to_at * float(tables.per_entry[m]) * (1.0 + tangent * tangent) ** -1.5 if inside else 0.0
    per = half * norm**-1.5
    return (
        to_tangent,
        per * (to_a * (1.0 + across * across) - to_b * along * across),
        per * (to_b * (1.0 + along * along) - to_a * along * across),
    )
