"""From horizons to signals: what stays of every segment's full integral."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def hide_rows(
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
    first: int,
    last: int,
    hidden: F32,
) -> None:
    """Add what the horizon of one direction hides, for rows `first` to `last`; `hidden` [n, y, x].

    The horizon is the higher one of the surroundings' (`tangent`) and the facet's own: its slope in this direction.
    """
    entries = table.shape[1] - 1
    parts = table.shape[0]
    for y in range(first, last):
        for x in range(tangent.shape[1]):
            own = along * slope_along[y, x] + across * slope_across[y, x]
            horizon = max(float(tangent[y, x]), own)
            if horizon <= floor:
                continue
            at = (horizon / math.sqrt(1.0 + horizon * horizon) - low) * per_entry
            i = min(int(at), entries - 1)
            share = min(at - i, 1.0)
            for s in range(segments.size):
                total = 0.0
                for c in range(amplitude.shape[0]):
                    value = table[0, i, s, c] + share * (table[0, i + 1, s, c] - table[0, i, s, c])
                    if parts > 1:
                        value += field_x[x] * (table[1, i, s, c] + share * (table[1, i + 1, s, c] - table[1, i, s, c]))
                        value += field_y[y] * (table[2, i, s, c] + share * (table[2, i + 1, s, c] - table[2, i, s, c]))
                    total += amplitude[c, y, x] * value
                hidden[segments[s], y, x] += total


@_compiled  # type: ignore[untyped-decorator]
def signal_rows(
    full: F64,
    field_x: F64,
    field_y: F64,
    amplitude: F32,
    relative_yield: F32,
    hidden: F32,
    hidden_across: F32,
    margin: int,
    supersample: int,
    first: int,
    last: int,
    signal: F32,
) -> None:
    """Image rows `first` to `last`: `yield·(Σ amplitude·full − hidden)`, mean over sub-pixels, never below 0.

    `hidden_across` [n, x, y] is what directions hide that were swept on the transposed surface.
    """
    row = np.empty((*full.shape[:2], full.shape[3]))
    signal[:, first:last] = 0.0
    for y in range(margin + first * supersample, margin + last * supersample):
        v = (y - margin) // supersample
        _along_row(full, field_y[y], row)
        for x in range(margin, amplitude.shape[2] - margin):
            u = (x - margin) // supersample
            share = relative_yield[y, x] / (supersample * supersample)
            for k in range(full.shape[0]):
                seen = -float(hidden[k, y, x]) - hidden_across[k, x, y]
                for c in range(full.shape[1]):
                    seen += amplitude[c, y, x] * _polynomial(row[k, c], field_x[x])
                signal[k, v, u] += max(seen, 0.0) * share


@_compiled  # type: ignore[untyped-decorator]
def _along_row(full: F64, field_y: float, row: F64) -> None:
    """Coefficients in x of one image row, [n, C, a]."""
    for k in range(full.shape[0]):
        for c in range(full.shape[1]):
            for a in range(full.shape[3]):
                row[k, c, a] = _polynomial(full[k, c, :, a], field_y)


@_compiled  # type: ignore[untyped-decorator]
def _polynomial(coefficients: F64, at: float) -> float:
    value = coefficients[-1]
    for i in range(coefficients.size - 2, -1, -1):
        value = value * at + coefficients[i]
    return float(value)
