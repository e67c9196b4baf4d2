"""A Vickers indent: four faces found in the slopes, their angles, and the one scale factor that fits all four best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, gaussian_filter, label
from scipy.optimize import minimize_scalar

F64 = NDArray[np.float64]

FACE_DEG, FACE_U_DEG = 22.0, 0.25
"""By definition of the indenter, and how well real ones keep to it."""
_BLUR_PX, _EDGE_PX, _SECTOR_DEG = 4.0, 8, 30.0


@dataclass(frozen=True, slots=True)
class Faces:
    """Four mean slopes.

    Attributes
    ----------
    slope : float64 [4, 2]
        Median dh/dx and dh/dy of each face.
    azimuth_deg : float64 [4]
        Uphill direction on the screen.
    scale : float
        Factor on all slopes with which the four angles fit 22° best.
    """

    slope: F64
    azimuth_deg: F64
    scale: float

    @property
    def angles_deg(self) -> F64:
        """Angle of each face, scaled."""
        return np.asarray(np.degrees(np.arctan(self.scale * np.hypot(*self.slope.T))))

    @property
    def rms_deg(self) -> float:
        """Rms deviation of the four angles from 22°."""
        return float(np.sqrt(np.mean((self.angles_deg - FACE_DEG) ** 2)))


def indent_faces(slope: NDArray[np.floating]) -> Faces:
    """Find the four faces: the commonest steep directions, 90° apart, each a connected region without its edges."""
    p, q = (gaussian_filter(np.asarray(part, dtype=np.float64), _BLUR_PX) for part in slope)
    steepness = np.hypot(p, q)
    azimuth = np.degrees(np.arctan2(-q, p))
    steep = steepness > 0.5 * np.percentile(steepness, 99)
    first = _commonest(azimuth[steep])
    medians = [_face_median(slope, steep, azimuth, first + turn) for turn in (0.0, 90.0, 180.0, 270.0)]
    faces = np.array(medians)
    return Faces(faces, np.degrees(np.arctan2(-faces[:, 1], faces[:, 0])), _best_scale(np.hypot(*faces.T)))


def _commonest(azimuth_deg: F64) -> float:
    """The direction, modulo 90°, of most steep pixels."""
    phase = np.exp(1j * np.radians(4.0 * azimuth_deg)).mean()
    return float(np.degrees(np.angle(phase)) / 4.0)


def _face_median(slope: NDArray[np.floating], steep: NDArray[np.bool_], azimuth: F64, centre: float) -> F64:
    sector = np.abs((azimuth - centre + 180.0) % 360.0 - 180.0) < _SECTOR_DEG
    regions, _ = label(steep & sector)
    sizes = np.bincount(regions.ravel())
    sizes[0] = 0
    face = binary_erosion(regions == sizes.argmax(), iterations=_EDGE_PX)
    return np.array([np.median(part[face]) for part in slope], dtype=np.float64)


def _best_scale(steepness: F64) -> float:
    start = np.tan(np.radians(FACE_DEG)) / steepness.mean()

    def misfit(scale: float) -> float:
        return float(((np.degrees(np.arctan(scale * steepness)) - FACE_DEG) ** 2).sum())

    return float(minimize_scalar(misfit, bounds=(0.8 * start, 1.25 * start), method="bounded").x)
