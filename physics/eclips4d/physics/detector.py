"""Solid angles of a segmented detector: how much each segment sees of a flat spot, and of a sloped one.

A spot of slope g emits by Lambert's law, so a detector element at (X, Y, H) from it receives
`w·(1 − (X, Y)·g/H) dA` with `w = H²/(π·(X² + Y² + H²)²)`. Integrated over a segment this is linear in the slope.
Where electrodes make a field, (X, Y)/H is the tangent of the direction in which the electron left, and w follows from
where neighbouring directions land.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument
from eclips4d.physics.valid_angle.area import area_nodes
from eclips4d.physics.valid_angle.gap import gap_of
from eclips4d.physics.valid_angle.segments import NOMINAL_TAKE_OFF_DEG, annulus_mm, detector_centre_mm
from eclips4d.physics.valid_angle.tangents import tangent_nodes

__all__ = [
    "NOMINAL_TAKE_OFF_DEG",
    "SegmentResponse",
    "annulus_mm",
    "detector_centre_mm",
    "kappa",
    "quadrature",
    "segment_response",
]

FloatArray = NDArray[np.float64]

_NODES = 48


@dataclass(frozen=True, slots=True)
class SegmentResponse:
    """Signal of segment k: `u·(flat[k] − contrast[k]·(dh/dx, dh/dy))`, u being the local yield per surface normal.

    Attributes
    ----------
    flat : float64 [n]
        Share of the emitted electrons that segment k collects from a flat spot.
    contrast : float64 [n, 2]
        Its decrease per unit slope, along the array axes (x right, y down).
    calibrated : bool
        False when nominal radii stood in for unknown ones.
    """

    flat: FloatArray
    contrast: FloatArray
    calibrated: bool = True

    @property
    def segments(self) -> int:
        """Number of segments."""
        return len(self.flat)

    @property
    def kappa(self) -> FloatArray:
        """Directional contrast of each segment: relative change of its signal per unit slope, float64 [n]."""
        return np.asarray(np.hypot(*self.contrast.T) / self.flat)

    @property
    def matrix(self) -> FloatArray:
        """Rows (flat, −contrast_x, −contrast_y): the design matrix for (u, u·p, u·q), float64 [n, 3]."""
        return np.column_stack([self.flat, -self.contrast])


def segment_response(instrument: Instrument, at_mm: tuple[float, float] = (0.0, 0.0)) -> SegmentResponse:
    """Flat signal and slope contrast of every segment, by Gauss-Legendre quadrature over the segments' area.

    Lambert emission, no occlusion. A segment is a polygon, or an annular sector of its opening (360°/n when not given,
    from the middle of one gap to the middle of the next), narrowed by half a gap on either side:
    half opening `a(r) = opening/2 − arcsin(gap/2r)`.

    Parameters
    ----------
    instrument
        Azimuths and offset are turned by the scan rotation: azimuth on the screen = azimuth in the file − rotation.
    at_mm
        Where the beam strikes, relative to the axis, on the screen: x right, y up.

    Returns
    -------
    SegmentResponse
        Contrast along array axes, so the screen's y (up) has changed sign.
    """
    x, y, weight = quadrature(instrument, at_mm)
    over = (1, 2)
    contrast = np.column_stack([(weight * x).sum(over), -(weight * y).sum(over)])
    return SegmentResponse(weight.sum(over), contrast, annulus_mm(instrument)[2])


def quadrature(instrument: Instrument, at_mm: tuple[float, float] = (0.0, 0.0)) -> tuple[FloatArray, ...]:
    """Nodes on every segment: X/H, Y/H (screen axes, y up) and the share of a flat spot's electrons they stand for.

    In a field these are the tangents of the emission directions that lead to the nodes, energy after energy.

    Returns
    -------
    tuple of float64 [n, radius, angle]
        For a spot of slope g (screen axes) node j receives `weight_j·max(0, 1 − (X, Y)_j·g/H)`, zero being below the
        spot's own horizon. The sum over an inward corner of a polygon may hold negative weights.
    """
    gap = gap_of(instrument)
    if gap is not None:
        return tangent_nodes(instrument, gap, at_mm)
    height = instrument.detector.height_mm
    x, y, area = area_nodes(instrument, at_mm, _NODES)
    weight = area * height**2 / (np.pi * (x**2 + y**2 + height**2) ** 2)
    return x / height, y / height, weight


def kappa(instrument: Instrument) -> float:
    """Directional contrast of the whole detector: the segments' own, weighted by what they collect.

    For equal segments this is `∫ w (r/H) 2 sin a dr / ∫ w 2a dr` with `w = r/(r² + H²)²`.
    """
    response = segment_response(instrument)
    return float(np.hypot(*response.contrast.T).sum() / response.flat.sum())
