"""Graded axes for the potential: fine where an electrode ends, because the field is steep there."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

_SAME_MM = 1e-9


def graded_axis(places: tuple[float, ...], cells: int) -> F64:
    """Nodes from the first to the last place, through every place, crowded at each of them.

    Between two places the nodes follow a cosine, so that the spacing changes smoothly: halving it everywhere divides
    the error of central differences by four.

    Parameters
    ----------
    places
        Rising, mm; places closer than 1e-9 count once.
    cells
        Between each two places.
    """
    kept = [places[0]]
    for place in places[1:]:
        if place - kept[-1] > _SAME_MM:
            kept.append(place)
    even = np.linspace(0.0, 1.0, cells + 1)
    crowded = (1.0 - np.cos(np.pi * even)) / 2.0
    spans = [low + (high - low) * crowded[:-1] for low, high in pairwise(kept)]
    return np.concatenate([*spans, [kept[-1]]])
