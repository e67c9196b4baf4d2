"""Signals of facets that stand alone, as a table over all facets: one look-up renders a pixel that nothing shades."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.bsesm.facet_signal import facet_signal
from eclips4d.physics.bsesm.optics import Optics
from eclips4d.physics.dsm.normals import slopes_on_grid
from eclips4d.physics.emission.law import EmissionLaw

F32 = NDArray[np.float32]

POINTS: Final = 257
"""Of the table along an axis: linear interpolation is then good to 1e-4 of the flat signal."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})


@dataclass(frozen=True, slots=True)
class FacetTable:
    """What every segment counts of a facet.

    Attributes
    ----------
    values : float32 [1 or 3, POINTS, POINTS, n]
        Signals over the normal's horizontal part along y and x, at the field's centre; and their changes with x and y
        (down), both from −1 to 1 over the field, where the field is large enough to matter.
    """

    values: F32


def facet_table(optics: Optics, law: EmissionLaw) -> FacetTable:
    """Tabulate a law as a detector sees it."""
    down, right = slopes_on_grid(POINTS)
    slope = np.stack([right, down]).astype(np.float32)

    def at(x: float, y: float) -> F32:
        return np.moveaxis(facet_signal(optics, law, slope, (x, y)), 0, -1)

    centre = at(0.0, 0.0)
    if optics.full.shape[2:] == (1, 1):
        return FacetTable(np.ascontiguousarray(centre[None]))
    along_x, along_y = (at(1.0, 0.0) - at(-1.0, 0.0)) / 2, (at(0.0, 1.0) - at(0.0, -1.0)) / 2
    return FacetTable(np.ascontiguousarray(np.stack([centre, along_x, along_y]).astype(np.float32)))


@_compiled  # type: ignore[untyped-decorator]
def look_up_rows(values: F32, slope: F32, signal: F32, first: int, last: int) -> None:
    """Signals [n, y, x] of facets, rows `first` to `last`; a slope that is no number counts as flat."""
    rows, columns = slope.shape[1:]
    half = np.float32(0.5 * (values.shape[1] - 1))
    top, nought, one, two = np.float32(values.shape[1] - 1.001), np.float32(0.0), np.float32(1.0), np.float32(2.0)
    table, parts = values[0], values.shape[0]
    for y in range(first, last):
        v = (two * y - (rows - 1)) / (rows - 1)
        for x in range(columns):
            p, q = slope[0, y, x], slope[1, y, x]
            per_slope = half / np.sqrt(one + p * p + q * q)
            a, b = half + p * per_slope, half + q * per_slope
            if not (a >= nought and b >= nought):
                a = b = half
            a, b = min(a, top), min(b, top)
            i, j = int(a), int(b)
            f, g = a - np.float32(i), b - np.float32(j)
            w00, w01, w10, w11 = (one - g) * (one - f), (one - g) * f, g * (one - f), g * f
            for k in range(table.shape[2]):
                signal[k, y, x] = (
                    w00 * table[j, i, k]
                    + w01 * table[j, i + 1, k]
                    + w10 * table[j + 1, i, k]
                    + w11 * table[j + 1, i + 1, k]
                )
            if parts == 3:
                u = (two * x - (columns - 1)) / (columns - 1)
                for k in range(table.shape[2]):
                    signal[k, y, x] += u * values[1, j, i, k] + v * values[2, j, i, k]
