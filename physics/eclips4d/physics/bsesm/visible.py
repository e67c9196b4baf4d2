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
    hidden: F32,
    first: int,
    last: int,
) -> None:
    """Add what the horizon of one direction hides, for rows `first` to `last`; `hidden` [n, y, x].

    The horizon is the higher one of the surroundings' (`tangent`) and the facet's own: its slope in this direction.
    """
    entries = table.shape[1] - 1
    columns = tangent.shape[1]
    horizon = np.empty(columns, np.float32)
    lowest, toward, beside = np.float32(floor), np.float32(along), np.float32(across)
    for y in range(first, last):
        reaches = 0
        for x in range(columns):
            own = toward * slope_along[y, x] + beside * slope_across[y, x]
            horizon[x] = max(tangent[y, x], own)
            reaches += horizon[x] > lowest
        if reaches == 0:
            continue
        for x in range(columns):
            if horizon[x] > lowest:
                rise = float(horizon[x])
                at = max((rise / math.sqrt(1.0 + rise * rise) - low) * per_entry, 0.0)
                i = min(int(at), entries - 1)
                share = min(at - i, 1.0)
                for s in range(segments.size):
                    for part in range(table.shape[0]):
                        weight = 1.0 if part == 0 else (field_x[x] if part == 1 else field_y[y])
                        total = 0.0
                        for c in range(amplitude.shape[0]):
                            entry = table[part, i, s, c]
                            total += amplitude[c, y, x] * (entry + share * (table[part, i + 1, s, c] - entry))
                        hidden[segments[s], y, x] += weight * total


@_compiled  # type: ignore[untyped-decorator]
def signal_rows(
    full: F64,
    field_x: F64,
    field_y: F64,
    amplitude: F32,
    relative_yield: F32,
    hidden: F32,
    margin: int,
    supersample: int,
    signal: F32,
    first: int,
    last: int,
) -> None:
    """Image rows `first` to `last`: `yield·(Σ amplitude·full − hidden)`, mean over sub-pixels, never below 0."""
    columns = amplitude.shape[2]
    row, seen = np.empty((*full.shape[:2], full.shape[3])), np.empty(columns)
    signal[:, first:last] = 0.0
    for y in range(margin + first * supersample, margin + last * supersample):
        v = (y - margin) // supersample
        _along_row(full, field_y[y], row)
        for k in range(full.shape[0]):
            for x in range(columns):
                seen[x] = -float(hidden[k, y, x])
            for c in range(full.shape[1]):
                _add_product(row[k, c], field_x, amplitude[c, y], seen)
            for x in range(margin, columns - margin):
                share = relative_yield[y, x] / (supersample * supersample)
                signal[k, v, (x - margin) // supersample] += max(seen[x], 0.0) * share


@_compiled  # type: ignore[untyped-decorator]
def _along_row(full: F64, field_y: float, row: F64) -> None:
    """Coefficients in x of one image row, [n, C, a]."""
    for k in range(full.shape[0]):
        for c in range(full.shape[1]):
            for a in range(full.shape[3]):
                value = 0.0
                for b in range(full.shape[2] - 1, -1, -1):
                    value = value * field_y + full[k, c, b, a]
                row[k, c, a] = value


@_compiled  # type: ignore[untyped-decorator]
def _add_product(coefficients: F64, field_x: F64, amplitude: F32, seen: F64) -> None:
    """Add `amplitude · polynomial(field_x)` along a row."""
    for a in range(coefficients.size):
        constant = coefficients[a]
        for x in range(seen.size):
            power = 1.0
            for _ in range(a):
                power *= field_x[x]
            seen[x] += constant * power * amplitude[x]


@_compiled  # type: ignore[untyped-decorator]
def add_transposed(across: F32, hidden: F32, first: int, last: int) -> None:
    """Add [n, x, y] to rows `first` to `last` of [n, y, x], in squares that fit the cache."""
    side = 32
    for k in range(hidden.shape[0]):
        for top in range(first, last, side):
            for left in range(0, hidden.shape[2], side):
                for y in range(top, min(top + side, last)):
                    for x in range(left, min(left + side, hidden.shape[2])):
                        hidden[k, y, x] += across[k, x, y]
