"""How much of what a segment would count a horizon hides: cumulative tables per bin of azimuth.

Directions below a horizon of tangent t are those with `cot(theta) < t`. The cumulative integral is exact at the edges
of the acceptance's cells and monotone in between; the tables run evenly in cos(theta) = t/sqrt(1 + t²).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

ENTRIES = 512


@dataclass(frozen=True, slots=True)
class HiddenShare:
    """Table of one bin of azimuth.

    Attributes
    ----------
    floor : float
        Tangent of the lowest elevation from which an electron counts; infinite where none counts.
    segments : int64 [S]
        The segments that see this bin.
    low, per_entry : float
        cos(theta) of the first entry, and entries per unit.
    table : float64 [1 or 3, ENTRIES + 1, S, C]
        Integral hidden by a horizon, at the field's centre; and its change with x and y, both from −1 to 1 over the
        field, where the field is large enough to matter.
    """

    floor: float
    segments: NDArray[np.int64]
    low: float
    per_entry: float
    table: F64


def hidden_share(theta_edges: F64, integrals: F64) -> HiddenShare:
    """Tabulate one bin.

    Parameters
    ----------
    integrals
        Over the polar cells: at the centre, and changes over the field, [1 or 3, n, C, A].
    """
    from scipy.interpolate import PchipInterpolator  # slow to import, and the store's owner never needs it

    seen = np.abs(integrals).max((0, 1, 2)) > 0.0
    segments = np.flatnonzero(np.abs(integrals).max((0, 2, 3)) > 0.0)
    if not seen.any():
        return HiddenShare(np.inf, segments, 0.0, 0.0, np.zeros((len(integrals), ENTRIES + 1, 0, integrals.shape[2])))
    first, last = np.flatnonzero(seen)[[0, -1]]
    edges = theta_edges[first : last + 2]
    cosine = np.cos(edges[::-1])
    from_outside = np.cumsum(integrals[:, segments, :, first : last + 1][..., ::-1], axis=-1)
    cumulative = np.concatenate([np.zeros_like(from_outside[..., :1]), from_outside], axis=-1)
    entries = np.linspace(cosine[0], cosine[-1], ENTRIES + 1)
    table = np.moveaxis(PchipInterpolator(cosine, cumulative, axis=-1)(entries), -1, 1)
    floor = float(cosine[0] / np.sqrt(1.0 - cosine[0] ** 2))
    per_entry = ENTRIES / float(cosine[-1] - cosine[0])
    return HiddenShare(floor, segments, float(cosine[0]), per_entry, np.ascontiguousarray(table))
