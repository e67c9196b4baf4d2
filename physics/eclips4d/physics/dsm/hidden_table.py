"""What a horizon hides of a facet's signal, one table per direction: over the horizon and the facet.

The channels of an emission law are summed up beforehand, so that a look-up costs the same whatever the law.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.bsesm.amplitudes import fill_amplitudes, law_arrays
from eclips4d.physics.bsesm.optics import Optics
from eclips4d.physics.dsm.normals import slopes_on_grid
from eclips4d.physics.emission.law import EmissionLaw

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

HORIZONS: Final = 32
FACETS: Final = 21


class HiddenTables(NamedTuple):
    """Of all directions in which anything counts.

    Attributes
    ----------
    floor : float32 [D]
        Tangent of the lowest elevation from which an electron counts.
    low, per_entry : float32 [D]
        cos(theta) of the first horizon, and horizons per unit.
    hidden : float32 [D, HORIZONS, FACETS, FACETS, S]
        Signal below a horizon of facets, over their normal's parts along the direction and across it (along turned
        clockwise on the screen), at the field's centre.
    segment : int64 [D, S]
        Which segments lose it; −1 where there are fewer than S.
    """

    floor: F32
    low: F32
    per_entry: F32
    hidden: F32
    segment: NDArray[np.int64]


def hidden_tables(optics: Optics, law: EmissionLaw, seeing: list[int]) -> HiddenTables:
    """Tabulate the directions of these numbers."""
    shares = [optics.hidden[m] for m in seeing]
    most = max((share.segments.size for share in shares), default=1)
    hidden = np.zeros((len(seeing), HORIZONS, FACETS, FACETS, most), np.float32)
    segment = np.full((len(seeing), most), -1, np.int64)
    for d, (m, share) in enumerate(zip(seeing, shares, strict=True)):
        count = share.segments.size
        hidden[d, ..., :count] = _of_direction(share.table[0], optics.directions[m].azimuth, law)
        segment[d, :count] = share.segments
    floor, low = (np.array([getattr(s, name) for s in shares], np.float32) for name in ("floor", "low"))
    fewer = [(HORIZONS - 1) / (len(share.table[0]) - 1) for share in shares]
    per_entry = np.array([s.per_entry * f for s, f in zip(shares, fewer, strict=True)], np.float32)
    return HiddenTables(floor, low, per_entry, hidden, segment)


def _of_direction(table: F64, azimuth: float, law: EmissionLaw) -> F64:
    """[HORIZONS, FACETS, FACETS, S]; `table` [entries, S, C] runs evenly in cos(theta)."""
    along, across = slopes_on_grid(FACETS)
    x, y = np.cos(azimuth), -np.sin(azimuth)
    slope = np.stack([x * along + y * across, y * along - x * across]).astype(np.float32)
    arrays = law_arrays(law)
    amplitude = np.empty((len(arrays[2]), FACETS, FACETS), np.float32)
    fill_amplitudes(slope, *arrays, amplitude, 0, FACETS)
    at = np.linspace(0.0, len(table) - 1.0, HORIZONS)
    before = np.minimum(at.astype(int), len(table) - 2)
    share = (at - before)[:, None, None]
    fewer = table[before] * (1.0 - share) + table[before + 1] * share
    return np.asarray(np.einsum("tsc,cab->tabs", fewer, amplitude))
