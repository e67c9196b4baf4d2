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
from eclips4d.physics.dsm.packed import Packed, packed
from eclips4d.physics.emission.law import EmissionLaw

F32 = NDArray[np.float32]

POINTS: Final = 193
"""Of the table along an axis: linear interpolation is then good to 2e-4 of the flat signal."""
_ALIKE: Final = 2e-3
"""Share of the flat signal up to which a change over the field is left out."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})


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

    @property
    def by_segment(self) -> F32:
        """The same as [1 or 3, n, POINTS²], for looking up."""
        parts, rows, columns, segments = self.values.shape
        return np.ascontiguousarray(self.values.reshape(parts, rows * columns, segments).transpose(0, 2, 1))

    @property
    def packed(self) -> Packed:
        """Part by part, the segments of each filled up."""
        parts = np.moveaxis(self.values, -1, 1)
        return packed(np.ascontiguousarray(parts).reshape(-1, *parts.shape[2:]))


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
    values = np.ascontiguousarray(np.stack([centre, along_x, along_y]).astype(np.float32))
    return FacetTable(values if np.abs(values[1:]).max() > _ALIKE * centre.max() else values[:1].copy())


@_compiled  # type: ignore[untyped-decorator]
def look_up_rows(table: F32, points: int, slope: F32, signal: F32, first: int, last: int) -> None:
    """Signals [n, y, x] of facets, rows `first` to `last`; a slope that is no number counts as flat.

    A row's places in the table come first and serve all segments, so that processors fetch several at a time.

    Parameters
    ----------
    table, points
        By segment, and its entries along an axis.
    """
    rows, columns = slope.shape[1:]
    half, top = np.float32(0.5 * (points - 1)), np.float32(points - 1.001)
    nought, one = np.float32(0.0), np.float32(1.0)
    place, wide = np.empty(columns, np.int32), np.int32(points)
    aside, down = np.empty(columns, np.float32), np.empty(columns, np.float32)
    for y in range(first, last):
        v = np.float32((2.0 * y - (rows - 1)) / (rows - 1))
        p, q = slope[0, y], slope[1, y]
        for x in range(columns):
            square = p[x] * p[x] + q[x] * q[x]
            known = square == square  # false for NaN alone
            per_slope = half / np.sqrt(one + square) if known else nought
            a, b = half + (p[x] * per_slope if known else nought), half + (q[x] * per_slope if known else nought)
            a, b = min(max(a, nought), top), min(max(b, nought), top)
            i, j = np.int32(a), np.int32(b)
            aside[x], down[x] = a - np.float32(i), b - np.float32(j)
            place[x] = j * wide + i
        for k in range(table.shape[1]):
            here, right = table[0, k], table[0, k, 1:]
            below, across, out = table[0, k, points:], table[0, k, points + 1 :], signal[k, y]
            for x in range(columns):
                at = np.uint32(place[x])
                upper = here[at] + aside[x] * (right[at] - here[at])
                lower = below[at] + aside[x] * (across[at] - below[at])
                out[x] = upper + down[x] * (lower - upper)
            if table.shape[0] == 3:
                to_right, downward = table[1, k], table[2, k]
                for x in range(columns):
                    at = np.uint32(place[x])
                    u = np.float32((2.0 * x - (columns - 1)) / (columns - 1))
                    out[x] += u * to_right[at] + v * downward[at]
