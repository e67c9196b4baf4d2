"""The best of the places that the search found, each fitted with wide smoothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.metrology.coregistration.affine import Affine
from eclips4d.metrology.coregistration.confidence import slope_correlation
from eclips4d.metrology.coregistration.fit import Level, Place, fitted
from eclips4d.metrology.coregistration.refusal import CURE, ON_THE_WAY, plausible
from eclips4d.metrology.coregistration.result import Settings
from eclips4d.metrology.coregistration.search import Outcome
from eclips4d.metrology.maps.height_map import HeightMap

F64 = NDArray[np.float64]

WIDEST = 20.0
"""The first smoothing is the run's longer side over this: what the search leaves wrong is no more."""
NARROWER = 2.0
LEAST_BLUR = 2.0
"""Smoothing, pixels of the coarser of both, below which none of this goes."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """The best place of several, fitted with wide smoothing."""

    chart: HeightMap
    place: Place
    upside_down: bool
    lead: float


def best_candidate(
    height: F64, pixel_nm: tuple[float, float], chart: HeightMap, outcome: Outcome, wanted: Settings
) -> Candidate:
    """Of the places that the search found.

    Raises
    ------
    InputError
        None of them can be fitted.
    """
    coarser = max(*pixel_nm, *chart.pixel_size_nm)
    first = max(height.shape[1] * pixel_nm[0], height.shape[0] * pixel_nm[1]) / WIDEST
    blurs = [max(blur, LEAST_BLUR * coarser) for blur in (first, first / NARROWER)]
    charts = {1: chart, -1: replace(chart, height_nm=-chart.height_nm)}
    levels = {
        sign: [Level.of(height, pixel_nm, charts[sign], blur) for blur in blurs]
        for sign in {one.sign for one in outcome.places}
    }
    tried: list[tuple[float, Place, int]] = []
    for one in outcome.places:
        place: Place | None = Place(one.affine, 1.0)
        for level in levels[one.sign]:
            place = fitted(level, place, wanted.fixed_ratio) if place else None
        if place is not None and plausible(place.affine, wanted.tried.turn_deg, ON_THE_WAY):
            z = float(np.arctanh(np.clip(slope_correlation(levels[one.sign][-1], place), 0.0, 0.9999)))
            tried.append((z, place, one.sign))
    if not tried:
        raise InputError("fits the run nowhere", where=chart.source, cure=CURE)
    z, place, sign = max(tried, key=lambda one: one[0])
    apart = 2.0 * first
    rivals = [other for other, at, _ in tried if _distance(at.affine, place.affine, first * WIDEST / 4.0) > apart]
    return Candidate(charts[sign], place, sign < 0, z / max(rivals, default=0.0) if rivals else np.inf)


def _distance(one: Affine, other: Affine, reach: float) -> float:
    """Largest distance between where both put the corners of a square about the map's middle."""
    x, y = np.array([-reach, reach, -reach, reach]), np.array([-reach, -reach, reach, reach])
    (a, b), (c, d) = one.to_grid(x, y), other.to_grid(x, y)
    return float(np.hypot(a - c, b - d).max())
