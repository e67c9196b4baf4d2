"""A height map measured elsewhere, brought onto a run's grid: sought, fitted, judged, or refused."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.metrology.change import centred
from eclips4d.metrology.coregistration.affine import Affine
from eclips4d.metrology.coregistration.candidates import Candidate, best_candidate
from eclips4d.metrology.coregistration.confidence import Confidence, either_way, significance, slope_correlation
from eclips4d.metrology.coregistration.fit import Level, Place, fitted
from eclips4d.metrology.coregistration.joint import fitted_together
from eclips4d.metrology.coregistration.normal import PLACE
from eclips4d.metrology.coregistration.refusal import CURE, refused
from eclips4d.metrology.coregistration.residual import heights
from eclips4d.metrology.coregistration.result import Coregistration, Settings
from eclips4d.metrology.coregistration.search import Outcome, search
from eclips4d.metrology.coregistration.tip import KNOWN_WITHIN, NEARER, Tip, fitted_tip
from eclips4d.metrology.coregistration.uncertainty import place_covariance
from eclips4d.metrology.maps.blunt import blunted
from eclips4d.metrology.maps.height_map import HeightMap

F64 = NDArray[np.float64]

TIP_BLUR, LAST_BLUR = 2.0, 1.25
"""Smoothing while the tip is sought, and at last; in pixels of the coarser of both."""


def coregister(
    height: F64, pixel_nm: tuple[float, float], chart: HeightMap, settings: Settings | None = None
) -> Coregistration:
    """Bring a map onto a run's grid.

    Parameters
    ----------
    height : float64 [y, x]
        Of the run, nm, NaN where unknown.
    pixel_nm : (float, float)
        The run's, along x and y.
    chart : HeightMap
        Of the same place: its scale wrong by up to 10 %, turned by up to 15 degrees from what is said, sheared by up
        to 3 %, shifted by up to half the field.
    settings : Settings, optional

    Raises
    ------
    InputError
        It is not found, or not found with confidence.
    """
    wanted = settings or Settings()
    outcome = search(height, pixel_nm, chart, wanted.tried)
    candidate = best_candidate(height, pixel_nm, chart, outcome, wanted)
    return _judged(height, pixel_nm, outcome, candidate, wanted)


def _judged(
    height: F64, pixel_nm: tuple[float, float], outcome: Outcome, candidate: Candidate, wanted: Settings
) -> Coregistration:
    chart, shape = candidate.chart, (height.shape[0], height.shape[1])
    tip = _tip(height, pixel_nm, chart, candidate.place, wanted)
    joint = fitted_together(
        height,
        pixel_nm,
        chart,
        LAST_BLUR * max(*pixel_nm, *chart.pixel_size_nm),
        tip.place,
        tip.radius_nm,
        stated=wanted.tip_radius_nm is not None,
        fixed_ratio=wanted.fixed_ratio,
    )
    level, place = joint.level, joint.place
    spread, length = place_covariance(level, place, shape, wanted.fixed_ratio)
    correlation = slope_correlation(level, place)
    sure = Confidence(
        correlation,
        significance(level, place, shape, correlation),
        either_way(level, place, shape),
        candidate.lead,
        outcome.chance,
        overlap(place.affine, chart, height, pixel_nm),
    )
    refusal = refused(sure, place.affine, wanted.tried.turn_deg)
    if refusal:
        raise InputError(f"not found on the run with confidence: {refusal}", where=chart.source, cure=CURE)
    agreed = heights(joint.blunt_nm, pixel_nm, chart, place)
    if wanted.tip_radius_nm is None and joint.radius_nm > 0.0:
        sharper, blunter = (
            blunted(height, times * joint.radius_nm, pixel_nm, joint.cone_deg) for times in KNOWN_WITHIN
        )
        agreed = agreed.with_tip(
            heights(sharper, pixel_nm, chart, place).ratio, heights(blunter, pixel_nm, chart, place).ratio
        )
    total = spread + np.outer(tip.u, tip.u)
    return Coregistration(
        chart,
        pixel_nm,
        outcome.places[0].affine,
        place.affine,
        total,
        candidate.upside_down,
        joint.radius_nm,
        length,
        agreed,
        sure,
    )


def _tip(height: F64, pixel_nm: tuple[float, float], chart: HeightMap, start: Place, wanted: Settings) -> Tip:
    if wanted.tip_radius_nm is not None:
        return Tip(wanted.tip_radius_nm, start, np.zeros(PLACE))
    blur = TIP_BLUR * max(*pixel_nm, *chart.pixel_size_nm)
    tip = fitted_tip(height, pixel_nm, chart, blur, start, fixed_ratio=wanted.fixed_ratio)
    if tip.radius_nm <= 0.0:
        return tip
    level = Level.of(blunted(height, tip.radius_nm, pixel_nm), pixel_nm, chart, blur)
    place = fitted(level, tip.place, wanted.fixed_ratio) or tip.place
    nearer = tuple(tip.radius_nm * times for times in NEARER)
    return fitted_tip(height, pixel_nm, chart, blur, place, nearer, fixed_ratio=wanted.fixed_ratio)


def overlap(affine: Affine, chart: HeightMap, height: F64, pixel_nm: tuple[float, float]) -> float:
    """Share of the smaller of both, by area, that the other covers."""
    y, x = centred(height.shape, pixel_nm)
    east, south = affine.to_map(x + 0 * y, y + 0 * x)
    width, length = chart.size_nm
    common = float(((np.abs(east) <= width / 2) & (np.abs(south) <= length / 2)).sum())
    area = width * length * abs(float(np.linalg.det(affine.matrix()))) / (pixel_nm[0] * pixel_nm[1])
    return common / min(area, float(height.size))
