"""Uncertainties that neither instrument file nor store tells: declared by the user, or assumed and said to be."""

from __future__ import annotations

import math
from dataclasses import dataclass

from eclips4d.core.calibration_settings import CalibrationSettings
from eclips4d.metrology.budget.contribution import Distribution

MAGNIFICATION, GRATING = 0.03, 0.005
"""Pixel size: half width of what makers of microscopes guarantee; what a grating usually reaches, relative."""
SHEAR_DEG = 0.3
"""Deviation of the scan's axes from a right angle, standard uncertainty."""
DISTANCE_MM, REFOCUS_MM = 0.1, 0.05
"""Specimen to detector: a working distance that was read off; focusing again after the artefact."""
GAIN, DARK_ADU = 0.003, 2.0
"""Relative gain of a segment against the others, and its dark level: their wander between two looks at a flat."""
MOUNTING_DEG = 1.0
"""Tilt of the specimen, which gains that were estimated from the frame itself take for their own."""
PRESSURE, SCATTERING, GAS_PATH_MM = 0.05, 0.2, 2.0
"""Reading of a gauge and cross-section of a gas, relative; way of the beam through the gas."""
LAMBERT_TO_COPPER = 0.5
"""Half width of what an unknown emission law does to the slope scale: copper's contrast at 10 keV is up to 1.5 times
Lambert's."""
CLOCK = 1e-4
"""Time base, relative."""


@dataclass(frozen=True, slots=True)
class Known:
    """A standard uncertainty, and where it is from.

    Attributes
    ----------
    u : float
    origin : str
    assumed : bool
        True where nobody stated or measured it.
    distribution : str
    degrees_of_freedom : float
    """

    u: float
    origin: str
    assumed: bool = False
    distribution: Distribution = "normal"
    degrees_of_freedom: float = math.inf


@dataclass(frozen=True, slots=True)
class ScanCalibration:
    """How well the scan's geometry is known: declared, from a grating, or assumed.

    Attributes
    ----------
    pixel_size_u : (float, float)
        Relative standard uncertainty of the pixel size along x and along y.
    shear_u_deg : float
        Standard uncertainty of the angle between the scan's axes, whose known part has been corrected.
    origin, shear_origin : str
        What told the one and the other.
    alike : bool
        Whether the pixel size errs by one factor along x and y: one magnification, one grating.
    size_assumed, shear_assumed : bool
        True where nobody stated or measured it.
    """

    pixel_size_u: tuple[float, float]
    shear_u_deg: float
    origin: str = "declared"
    shear_origin: str = "declared"
    alike: bool = False
    size_assumed: bool = False
    shear_assumed: bool = False


@dataclass(frozen=True, slots=True)
class Declared:
    """Standard uncertainties that the user states; what is None is taken from the store or assumed.

    Attributes
    ----------
    scan : ScanCalibration or None
    distance_u_mm : float or None
        Of the distance from the specimen to the detector.
    gain_u : float or None
        Relative, of one segment's gain against the others'.
    offset_u_adu : float or None
        Of one segment's dark level.
    pressure_u, scattering_u : float or None
        Relative, of a pressure reading and of a gas's scattering coefficient.
    gas_path_mm : float or None
        Way of the beam through the gas, for calibrations that do not know about gas.
    emission_u : float or None
        Relative, of the slope scale where no artefact has fixed it: by how much the specimen's contrast may differ
        from Lambert's.
    clock_u : float or None
        Relative, of the time base.
    """

    scan: ScanCalibration | None = None
    distance_u_mm: float | None = None
    gain_u: float | None = None
    offset_u_adu: float | None = None
    pressure_u: float | None = None
    scattering_u: float | None = None
    gas_path_mm: float | None = None
    emission_u: float | None = None
    clock_u: float | None = None


NOTHING = Declared()


def stated(value: float | None, assumed: float, why: str) -> Known:
    """What was declared; otherwise the assumption."""
    return Known(value, "declared") if value is not None else Known(assumed, why, assumed=True)


def scan_of(declared: Declared, section: CalibrationSettings | None) -> ScanCalibration:
    """The scan's calibration: as declared, else as the instrument file's `[calibration]` tells, else assumed."""
    if declared.scan is not None:
        return declared.scan
    size, origin, assumed = MAGNIFICATION / math.sqrt(3.0), "usual guarantee of ± 3 % for a magnification", True
    if section is not None and section.pixel_scale_u is not None:
        size, origin, assumed = section.pixel_scale_u, "instrument file, pixel_scale_u", False
    elif section is not None and section.pixel_scale:
        size, origin = GRATING, "a grating, its own uncertainty not stored"
    # Where a cross grating has told the shear it can be corrected, and a third of the usual one is left.
    crossed = section is not None and section.shear is not None
    shear, told = (SHEAR_DEG / 3.0, "what a cross grating leaves") if crossed else (SHEAR_DEG, "usual scan")
    return ScanCalibration((size, size), shear, origin, told, alike=True, size_assumed=assumed, shear_assumed=True)
