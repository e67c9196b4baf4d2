"""Nodes and weights that integrate a smooth function over every segment's area in the detector plane."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument
from eclips4d.physics.valid_angle.segments import annulus_mm, azimuths, detector_centre_mm, openings, polygons

F64 = NDArray[np.float64]


def area_nodes(
    instrument: Instrument, about_mm: tuple[float, float], nodes: int, outermost_mm: float = np.inf
) -> tuple[F64, F64, F64]:
    """Places in the detector plane on the screen's axes (x right, y up), and the area each stands for.

    Parameters
    ----------
    about_mm
        Relative to the beam axis: where the places are counted from.
    nodes
        Of Gauss-Legendre, in each of two directions.
    outermost_mm
        Radius about the detector's centre beyond which annular sectors are cut off.

    Returns
    -------
    x, y, area : float64 [n, …, nodes]
        mm and mm². Polygons are cut into a fan of triangles; a corner that bulges inwards makes areas negative, which
        the sum puts right.
    """
    if instrument.detector.polygons_mm is not None:
        return _of_polygons(instrument, about_mm, nodes)
    return _of_sectors(instrument, about_mm, nodes, outermost_mm)


def _of_sectors(
    instrument: Instrument, about_mm: tuple[float, float], nodes: int, outermost_mm: float
) -> tuple[F64, F64, F64]:
    inner, outer, _ = annulus_mm(instrument)
    radius, radius_weight = gauss_legendre(inner, max(min(outer, outermost_mm), inner), nodes)
    unit, unit_weight = gauss_legendre(-1.0, 1.0, nodes)
    centre_x, centre_y = detector_centre_mm(instrument)
    narrowing = np.arcsin(np.minimum(instrument.detector.gap_mm / (2.0 * np.maximum(radius, 1e-12)), 1.0))
    half = np.maximum(openings(instrument)[:, None] / 2.0 - narrowing, 0.0)  # [n, radius]
    angle = azimuths(instrument)[:, None, None] + half[:, :, None] * unit  # [n, radius, angle]
    x = centre_x - about_mm[0] + radius[:, None] * np.cos(angle)
    y = centre_y - about_mm[1] + radius[:, None] * np.sin(angle)
    return x, y, (radius_weight * radius)[:, None] * half[:, :, None] * unit_weight


def _of_polygons(instrument: Instrument, about_mm: tuple[float, float], nodes: int) -> tuple[F64, F64, F64]:
    outlines = polygons(instrument)
    most = max(len(outline) for outline in outlines) - 2
    u, weight = gauss_legendre(0.0, 1.0, nodes)
    place = np.zeros((len(outlines), most, nodes, nodes), complex)
    area = np.zeros(place.shape)
    for k, outline in enumerate(outlines):
        first = outline[0]
        second, third = outline[1:-1, None, None] - first, outline[2:, None, None] - first
        fan = len(outline) - 2
        # Duffy: u runs from the shared corner to the far edge, the other coordinate along that edge
        place[k, :fan] = first + u[:, None] * (second + u * (third - second))
        place[k, fan:] = place[k, 0]
        area[k, :fan] = (weight * u)[:, None] * weight * np.imag(np.conj(second) * third)
    place += complex(*detector_centre_mm(instrument)) - complex(*about_mm)
    shape = (len(outlines), most * nodes, nodes)
    return place.real.reshape(shape), place.imag.reshape(shape), area.reshape(shape)


def gauss_legendre(low: float, high: float, nodes: int) -> tuple[F64, F64]:
    """Nodes and weights on an interval."""
    unit, weights = _unit_interval(nodes)
    return (high - low) / 2.0 * unit + (high + low) / 2.0, (high - low) / 2.0 * weights


@lru_cache
def _unit_interval(nodes: int) -> tuple[F64, F64]:
    """From -1 to 1; finding them takes longer than a whole detector's sums, and calibrations ask a thousand times."""
    found = np.polynomial.legendre.leggauss(nodes)
    for each in found:
        each.flags.writeable = False
    return found
