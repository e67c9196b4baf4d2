"""Solid angles of a segmented annular detector: how much each segment sees of a flat spot, and of a sloped one.

A spot of slope g emits by Lambert's law, so a detector element at (X, Y, H) from it receives
`w·(1 − (X, Y)·g/H) dA` with `w = H²/(π·(X² + Y² + H²)²)`. Integrated over a segment this is linear in the slope.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument

FloatArray = NDArray[np.float64]

NOMINAL_TAKE_OFF_DEG = (14.0, 42.0)
"""Polar angles of the annulus that stands in when the file gives no radii: a common four-quadrant detector."""
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
    """Flat signal and slope contrast of every segment, by Gauss-Legendre quadrature over the annular sectors.

    Lambert emission, no occlusion. A segment is an annular sector of its opening (360°/n when not given, from the
    middle of one gap to the middle of the next), narrowed by half a gap on either side:
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

    Returns
    -------
    tuple of float64 [n, radius, angle]
        For a spot of slope g (screen axes) node j receives `weight_j·max(0, 1 − (X, Y)_j·g/H)`, zero being below the
        spot's own horizon.
    """
    detector = instrument.detector
    height = detector.height_mm
    inner, outer, _ = annulus_mm(instrument)
    radius, radius_weight = _gauss_legendre(inner, outer)
    unit, unit_weight = _gauss_legendre(-1.0, 1.0)
    centre_x, centre_y = detector_centre_mm(instrument)
    n = instrument.segments
    openings = np.radians(detector.openings_deg or (360.0 / n,) * n)
    azimuths = np.radians(np.asarray(detector.azimuths_deg) - instrument.scan.rotation_deg)
    narrowing = np.arcsin(np.minimum(detector.gap_mm / (2.0 * np.maximum(radius, 1e-12)), 1.0))
    half = np.maximum(openings[:, None] / 2.0 - narrowing, 0.0)  # [n, radius]
    angle = azimuths[:, None, None] + half[:, :, None] * unit  # [n, radius, angle]
    x = centre_x - at_mm[0] + radius[:, None] * np.cos(angle)
    y = centre_y - at_mm[1] + radius[:, None] * np.sin(angle)
    area = (radius_weight * radius)[:, None] * half[:, :, None] * unit_weight
    weight = area * height**2 / (np.pi * (x**2 + y**2 + height**2) ** 2)
    return x / height, y / height, weight


def kappa(instrument: Instrument) -> float:
    """Directional contrast of the whole detector: the segments' own, weighted by what they collect.

    For equal segments this is `∫ w (r/H) 2 sin a dr / ∫ w 2a dr` with `w = r/(r² + H²)²`.
    """
    response = segment_response(instrument)
    return float(np.hypot(*response.contrast.T).sum() / response.flat.sum())


def annulus_mm(instrument: Instrument) -> tuple[float, float, bool]:
    """Inner and outer radius, and whether they were given: nominal take-off angles stand in when they were not."""
    detector = instrument.detector
    if detector.outer_radius_mm is not None:
        return detector.inner_radius_mm or 0.0, detector.outer_radius_mm, True
    inner, outer = (float(detector.height_mm * np.tan(np.radians(a))) for a in NOMINAL_TAKE_OFF_DEG)
    return inner, outer, False


def detector_centre_mm(instrument: Instrument) -> tuple[float, float]:
    """Detector centre relative to the beam axis as seen on the screen (x right, y up), scan rotation applied."""
    x, y = instrument.detector.offset_mm
    turn = np.radians(-instrument.scan.rotation_deg)
    return float(x * np.cos(turn) - y * np.sin(turn)), float(x * np.sin(turn) + y * np.cos(turn))


def _gauss_legendre(low: float, high: float) -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return (high - low) / 2.0 * nodes + (high + low) / 2.0, (high - low) / 2.0 * weights
