"""Outlines of the segments: where in the detector plane they lie, and how far inside one of them a place is.

Places are complex numbers x + iy in mm about the detector's centre, on the screen's axes (y up): the scan rotation has
been applied.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument

F64 = NDArray[np.float64]
C128 = NDArray[np.complex128]

NOMINAL_TAKE_OFF_DEG = (14.0, 42.0)
"""Polar angles of the annulus that stands in when the file gives no radii: a common four-quadrant detector."""

_compiled: Any = numba.njit(cache=True, nogil=True)


def annulus_mm(instrument: Instrument) -> tuple[float, float, bool]:
    """Inner and outer radius, and whether they were given: nominal take-off angles stand in when they were not.

    Polygons have the radii of the annulus that just holds them.
    """
    detector = instrument.detector
    if detector.polygons_mm is not None:
        outlines = polygons(instrument)
        nearest = min(-float(inside_polygon(outline, np.zeros(1, complex))[0]) for outline in outlines)
        return max(nearest, 0.0), max(float(np.abs(outline).max()) for outline in outlines), True
    if detector.outer_radius_mm is not None:
        return detector.inner_radius_mm or 0.0, detector.outer_radius_mm, True
    inner, outer = (float(detector.height_mm * np.tan(np.radians(a))) for a in NOMINAL_TAKE_OFF_DEG)
    return inner, outer, False


def detector_centre_mm(instrument: Instrument) -> tuple[float, float]:
    """Detector centre relative to the beam axis as seen on the screen (x right, y up), scan rotation applied."""
    x, y = instrument.detector.offset_mm
    turn = np.radians(-instrument.scan.rotation_deg)
    return float(x * np.cos(turn) - y * np.sin(turn)), float(x * np.sin(turn) + y * np.cos(turn))


def openings(instrument: Instrument) -> F64:
    """Full opening of every segment, gaps included, rad [n]."""
    n = instrument.segments
    return np.radians(instrument.detector.openings_deg or (360.0 / n,) * n)


def azimuths(instrument: Instrument) -> F64:
    """Azimuth of every segment's middle on the screen, rad [n]."""
    return np.radians(np.asarray(instrument.detector.azimuths_deg) - instrument.scan.rotation_deg)


def polygons(instrument: Instrument) -> list[C128]:
    """Corners of every segment on the screen's axes, complex128 [corners] each, anticlockwise."""
    turn = np.exp(-1j * np.radians(instrument.scan.rotation_deg))
    corners = [turn * (np.asarray(p) @ np.array([1.0, 1.0j])) for p in instrument.detector.polygons_mm or ()]
    return [c if signed_area(c) > 0 else c[::-1].copy() for c in corners]


def signed_area(corners: C128) -> float:
    """Area of a polygon, negative when its corners run clockwise."""
    return float(np.imag(np.conj(corners) * np.roll(corners, -1)).sum() / 2.0)


def inside(instrument: Instrument, place: C128) -> Iterator[tuple[F64, ...]]:
    """For each segment the distances from its edges, positive inside, to first order near the edge.

    A place belongs to the segment where all of them are positive: for an annular sector there is one for the rims and
    one for the straight sides, because the edge of their lesser would be blunt at the corners.

    Parameters
    ----------
    place
        [P, A].

    Yields
    ------
    tuple of float64 [P, A]
    """
    if instrument.detector.polygons_mm is not None:
        flat = np.ascontiguousarray(place).ravel()
        for outline in polygons(instrument):
            yield (inside_polygon(outline, flat).reshape(place.shape),)
        return
    inner, outer, _ = annulus_mm(instrument)
    radius, half_gap = np.abs(place), instrument.detector.gap_mm / 2.0
    rims = np.minimum(radius - inner, outer - radius) if inner > 0 else outer - radius
    for middle, opening in zip(azimuths(instrument), openings(instrument), strict=True):
        from_side = opening / 2.0 - np.abs(np.angle(place * np.exp(-1j * middle)))
        # a right angle away from the middle of the gap, its end is nearest
        yield rims, radius * np.sin(np.clip(from_side, -np.pi / 2.0, np.pi / 2.0)) - half_gap


@_compiled  # type: ignore[untyped-decorator]
def inside_polygon(corners: C128, place: C128) -> F64:
    """Distance from a polygon's edge, positive inside, for places complex128 [m]."""
    result = np.empty(place.size)
    for j in range(place.size):
        nearest, odd = np.inf, False  # the square of the distance; how often a line to the right meets the outline
        for i in range(corners.size):
            start, end = corners[i], corners[(i + 1) % corners.size]
            edge, to = end - start, place[j] - start
            along = (to.real * edge.real + to.imag * edge.imag) / (edge.real**2 + edge.imag**2)
            off = to - min(max(along, 0.0), 1.0) * edge
            nearest = min(nearest, off.real**2 + off.imag**2)
            if (start.imag > place[j].imag) != (end.imag > place[j].imag):
                crossing = start.real + (place[j].imag - start.imag) / edge.imag * edge.real
                odd ^= place[j].real < crossing
        result[j] = np.sqrt(nearest) if odd else -np.sqrt(nearest)
    return result
