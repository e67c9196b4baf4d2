"""What is known of how a microscope shows a riser, besides the slopes it tells."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from eclips4d.core.instrument import Instrument
from eclips4d.metrology.profiles.detector import Detector, detector_of

COPPER_Z = 29.0
KNOWN_U = 0.02
"""Relative standard uncertainty of the tangents of a detector whose radii and distance are told."""
RISER_DEG, RISER_U_DEG = 45.0, 20.0
"""Of risers of which nobody has said anything."""


@dataclass(frozen=True, slots=True)
class Response:
    """Of specimen, beam and detector; the defaults hold for copper under an annular detector of usual size.

    Attributes
    ----------
    atomic_number : float or None
        Of the surface: how its backscatter yield grows with tilt. None: not at all.
    blur_px, blur_u_px : float
        Standard deviation, in pixels, of what smears signals beyond the pixel's own area (beam, amplifier), and the
        standard uncertainty of that.
    detector : Detector or None
        What horizons hide of it; None: of `detector.usual_detector`.
    detector_u : float
        Relative standard uncertainty of its tangents, all together.
    riser_deg, riser_u_deg : float
        Angles of risers known beforehand, mean and standard deviation: decides only where pixels do not.
    """

    atomic_number: float | None = COPPER_Z
    blur_px: float = 0.0
    blur_u_px: float = 0.05
    detector: Detector | None = None
    detector_u: float = 0.17
    riser_deg: float = RISER_DEG
    riser_u_deg: float = RISER_U_DEG

    @classmethod
    def of(cls, instrument: Instrument, **more: Any) -> Response:
        """With the detector that an instrument file describes, and what else is told by name."""
        return replace(cls(detector=detector_of(instrument), detector_u=KNOWN_U), **more)

    @property
    def riser_told(self) -> bool:
        """Whether somebody has said how steep risers are."""
        return (self.riser_deg, self.riser_u_deg) != (RISER_DEG, RISER_U_DEG)

    @property
    def yield_power(self) -> float:
        """Exponent of Arnal's law."""
        return 0.0 if self.atomic_number is None else 9.0 / math.sqrt(self.atomic_number)

    @property
    def variance_u_px2(self) -> float:
        """Standard uncertainty of the variance of what smears, square pixels."""
        return math.hypot(2.0 * self.blur_px * self.blur_u_px, self.blur_u_px**2)


USUAL = Response()
