"""The `[calibration]` section of an instrument file: what an artefact of known shape has fixed, and what for.

`eclips4d calibrate` writes it; gains, dark levels and azimuths it finds go into `[detector]`, where they belong.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

import numpy as np
from pydantic import Field, Strict, model_validator

from eclips4d.core.gas_dilution import GasDilution
from eclips4d.core.settings import Settings

Real = Annotated[float, Strict()]
Positive = Annotated[float, Strict(), Field(gt=0)]
NonNegative = Annotated[float, Strict(), Field(ge=0)]


class ValidFor(Settings):
    """What was set while the artefact was imaged; a recording that differs is not calibrated by it."""

    energy_kev: Positive | None = None
    distance_mm: Positive | None = None
    """As stated for the artefact's recording: specimen to detector plane, or the working distance in its place."""
    material: str | None = None
    side: dict[str, Real] = Field(default_factory=dict)
    """Brightness and contrast of the amplifiers, by the names of the side values."""


class GasSettings(Settings):
    """How a gas dilutes the contrast; see `GasDilution`."""

    per_unit: dict[str, Real]
    """Side value (a partial pressure) and share of beam electrons scattered per unit of it."""
    at: dict[str, Real] = Field(default_factory=dict)
    """Side values while the artefact was imaged."""

    def dilution(self) -> GasDilution:
        """The same, ready to be used."""
        return GasDilution(per_unit=tuple(self.per_unit.items()), at=tuple(self.at.items()))


class CalibrationSettings(Settings):
    """Directional contrast over tilt, what is known of its uncertainty, and where it holds."""

    artefact: str
    """As given to `eclips4d calibrate`."""
    tilt_deg: tuple[NonNegative, ...] = ()
    """Rising; the first is 0. None where the artefact tells nothing of contrast: a grating."""
    kappa: tuple[Positive, ...] = ()
    """Relative change of a segment's signal above dark per unit slope, mean over segments, at those tilts."""
    kappa_u: tuple[NonNegative, ...] = ()
    """Standard uncertainty of `kappa`, with the dark level as it stands in `[detector]`."""
    second: tuple[Real, ...] = ()
    """Second harmonic at those tilts: segment k's signal over the flat one changes by
    `second·slope²·cos 2(azimuth − azimuth_k)`."""
    third: Real = 0.0
    """Third harmonic, with slope³ and cos 3(…)."""
    tilt_range_deg: tuple[NonNegative, NonNegative] | None = None
    """Tilts the artefact has; the rest of `kappa` is carried on by the law's shape."""
    scale_u: NonNegative = 0.0
    """Relative standard uncertainty of the slope scale within those tilts, fully correlated."""
    flat_adu: tuple[Real, ...] | None = None
    """Signal of each segment on a flat spot of the artefact, dark level included."""
    azimuths_u_deg: tuple[NonNegative, ...] | None = None
    gain_u: tuple[NonNegative, ...] | None = None
    offset_u_adu: tuple[NonNegative, ...] | None = None
    mean_tilt_deg: tuple[Real, Real] | None = None
    """Of the artefact's axis against the flat around it: dh/dx, dh/dy of the array axes."""
    pixel_scale: tuple[Positive, Positive] | None = None
    """True pixel size over the stated one, x and y, from a grating."""
    pixel_scale_u: NonNegative | None = None
    """Relative standard uncertainty of the pixel size, fully correlated: one for both axes and all frames."""
    shear: Real | None = None
    """Of the scan: columns moved per row, from a cross grating."""
    not_fixed: tuple[str, ...] = ()
    """What this artefact cannot tell, in words."""
    valid: ValidFor = ValidFor()
    used_at: ValidFor | None = None
    """What the recording that it is used on states; noted when the two are put together."""
    gas: GasSettings | None = None
    made_utc: str | None = None
    fingerprint: str | None = None
    """Of the artefact's recording and the fit's settings."""

    @model_validator(mode="after")
    def _consistent(self) -> CalibrationSettings:
        if len(self.kappa) != len(self.tilt_deg) or len(self.kappa_u) != len(self.tilt_deg):
            raise ValueError("tilt_deg, kappa and kappa_u need as many values each")
        if self.second and len(self.second) != len(self.tilt_deg):
            raise ValueError("second needs as many values as tilt_deg, or none")
        if any(b <= a for a, b in pairwise(self.tilt_deg)) or self.tilt_deg[:1] not in ((), (0.0,)):
            raise ValueError("tilt_deg must start at 0 and increase")
        if self.tilt_deg and self.tilt_deg[-1] >= 90.0:
            raise ValueError("tilt_deg must stay below 90")
        return self

    @property
    def ratio(self) -> tuple[float, ...]:
        """Contrast over that of a flat spot, at `tilt_deg`."""
        return tuple(float(v) for v in np.asarray(self.kappa) / self.kappa[0])

    def differences(self, stated: ValidFor) -> list[str]:
        """In what a recording differs from what this holds for, in words; what either does not say is no difference.

        Parameters
        ----------
        stated
            Of the recording.
        """
        found = []
        for name, unit, within in (("energy_kev", "keV", 0.01), ("distance_mm", "mm", 0.01)):
            ours, theirs = getattr(self.valid, name), getattr(stated, name)
            if ours is not None and theirs is not None and abs(theirs / ours - 1.0) > within:
                said = name.rsplit("_", 1)[0].replace("_", " ")
                found.append(f"{said} is {theirs:g} {unit}, calibrated at {ours:g} {unit}")
        if self.valid.material and stated.material and self.valid.material != stated.material:
            found.append(f"material is {stated.material}, calibrated on {self.valid.material}")
        for name, value in self.valid.side.items():
            theirs = stated.side.get(name)
            if theirs is not None and abs(theirs - value) > 1e-3 * max(abs(value), 1.0):
                found.append(f"{name} is {theirs:g}, calibrated at {value:g}")
        return found
