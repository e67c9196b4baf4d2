"""Detectors and laws of the distilled simulator's tables, and how far images lie apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument
from eclips4d.physics.bsesm.amplitudes import fill_slopes
from eclips4d.physics.emission.choose import emission_law
from eclips4d.physics.emission.law import EmissionLaw

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

DISTANCE_MM, ENERGY_KEV = 6.0, 10.0


@dataclass(frozen=True, slots=True)
class Detector:
    """An annulus of segments.

    Attributes
    ----------
    polar_deg
        Innermost and outermost.
    material
        Emission by its tables; Lambert's law when empty.
    """

    segments: int
    first_deg: float
    polar_deg: tuple[float, float]
    offset_mm: tuple[float, float] = (0.0, 0.0)
    material: str = ""

    def instrument(self, pixel_nm: float) -> Instrument:
        """As the simulators are told."""
        inner, outer = (float(np.tan(np.radians(angle)) * DISTANCE_MM) for angle in self.polar_deg)
        azimuths = tuple(self.first_deg + 360.0 / self.segments * k for k in range(self.segments))
        detector = {
            "distance_mm": DISTANCE_MM,
            "inner_radius_mm": inner,
            "outer_radius_mm": outer,
            "offset_mm": self.offset_mm,
            "azimuths_deg": azimuths,
        }
        scan = {"pixel_size_nm": pixel_nm}
        return Instrument.model_validate({"beam": {"energy_kev": ENERGY_KEV}, "scan": scan, "detector": detector})

    def law(self) -> EmissionLaw | None:
        """None for Lambert's."""
        return emission_law(self.material, ENERGY_KEV) if self.material else None


DETECTORS = {
    "4 quadrants, 14–42°, Cu": Detector(4, 45.0, (14.0, 42.0), material="Cu"),
    "3 segments, 15–49°, off axis, Si": Detector(3, 10.0, (15.0, 49.0), (0.3, -0.2), "Si"),
    "6 segments, 20–55°, Lambert": Detector(6, 0.0, (20.0, 55.0)),
}
"""By what they are."""


def central_slopes(height_nm: F64, pixel_nm: float) -> F32:
    """Of the bilinear surface at pixels' centres, as the exact simulator takes them, [2, y, x]."""
    slope = np.empty((2, *height_nm.shape), np.float32)
    fill_slopes(np.ascontiguousarray(height_nm, dtype=np.float64), pixel_nm, pixel_nm, slope, 0, len(height_nm))
    return slope


def errors(image: F32, exact: F32, flat: F32) -> float:
    """Rms of the difference, in percent of the mean signal of a flat spot."""
    return 100.0 * float(np.sqrt(np.mean(np.square(image - exact, dtype=np.float64)))) / float(flat.mean())
