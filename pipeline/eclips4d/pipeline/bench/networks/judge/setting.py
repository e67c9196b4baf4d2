"""The instruments that judge frames are taken with; none of them, and no copper, is among those of the training."""

from __future__ import annotations

from dataclasses import dataclass

from eclips4d.core.instrument import Instrument
from eclips4d.physics.emission.lambert import lambert_law
from eclips4d.physics.emission.law import EmissionLaw
from eclips4d.physics.emission.tables import monte_carlo_law
from eclips4d.physics.microscope.microscope import COPPER_Z
from eclips4d.physics.signal.effects import Effects

_MOST_ADU, _ADU = 20000.0, 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A detector, what its specimen emits, and the instrument's faults.

    Attributes
    ----------
    material
        Of the Monte Carlo law, or `lambert`.
    azimuth_deg
        Of the first of `segments` equal segments.
    gain_error, dark_error
        Standard deviation of what the calibration says of a gain (relative) and of a dark level (of the flat signal).
    read_noise
        Standard deviation, electrons.
    excess_noise
        Variance over that of counting, in electrons.
    blur
        Whether electrons leave the surface beside the beam, as copper at this energy lets them.
    """

    name: str
    material: str = "Cu"
    energy_kev: float = 10.0
    segments: int = 4
    azimuth_deg: float = 45.0
    distance_mm: float = 6.5
    radii_mm: tuple[float, float] = (1.6, 6.2)
    gap_mm: float = 0.25
    offset_mm: tuple[float, float] = (0.15, -0.1)
    pixel_nm: float = 20.0
    blur: bool = False
    lag_px: float = 0.3
    read_noise: float = 2.0
    excess_noise: float = 1.1
    gain_error: float = 0.003
    dark_error: float = 0.001

    @property
    def law(self) -> EmissionLaw:
        """How the specimen emits."""
        return lambert_law(COPPER_Z) if self.material == "lambert" else monte_carlo_law(self.material, self.energy_kev)

    @property
    def gain(self) -> tuple[float, ...]:
        """True relative gain of every segment."""
        return tuple(1.0 + 0.02 * (-1.0) ** k * (1 + k % 3) for k in range(self.segments))

    @property
    def dark_adu(self) -> tuple[float, ...]:
        """True dark level of every segment."""
        return tuple(200.0 + 30.0 * k for k in range(self.segments))

    def instrument(self, dose: float) -> Instrument:
        """As its file would describe it; gains and dark levels are not told.

        Parameters
        ----------
        dose
            Electrons per segment and pixel on a flat spot.
        """
        step = 360.0 / self.segments
        return Instrument.model_validate(
            {
                "beam": {
                    "energy_kev": self.energy_kev,
                    "electrons_per_pixel": dose,
                    "adu_per_electron": min(_ADU, _MOST_ADU / dose),
                },
                "scan": {"pixel_size_nm": self.pixel_nm},
                "detector": {
                    "distance_mm": self.distance_mm,
                    "inner_radius_mm": self.radii_mm[0],
                    "outer_radius_mm": self.radii_mm[1],
                    "gap_mm": self.gap_mm,
                    "offset_mm": self.offset_mm,
                    "azimuths_deg": tuple(self.azimuth_deg + step * k for k in range(self.segments)),
                },
            }
        )

    def effects(self, dose: float) -> Effects:
        """Faults of the instrument at a dose."""
        adu = self.instrument(dose).beam.adu_per_electron or 1.0
        return Effects(blur=self.blur, lag_px=self.lag_px, read_noise_adu=self.read_noise * adu)


SETTINGS = (
    Setting(name="Cu 10 keV, 4 at 45°"),
    Setting(
        name="Cu 20 keV, 3 segments",
        energy_kev=20.0,
        segments=3,
        azimuth_deg=80.0,
        distance_mm=9.0,
        radii_mm=(2.3, 8.3),
        gap_mm=0.4,
        offset_mm=(-0.2, 0.1),
    ),
    Setting(
        name="Lambert, 4 at 0°",
        material="lambert",
        azimuth_deg=0.0,
        distance_mm=5.0,
        radii_mm=(1.1, 5.3),
        gap_mm=0.45,
        offset_mm=(0.0, 0.2),
    ),
    Setting(
        name="Cu 10 keV, 4 at 0°, blurred",
        azimuth_deg=0.0,
        distance_mm=7.5,
        radii_mm=(1.4, 7.0),
        gap_mm=0.15,
        offset_mm=(-0.1, -0.15),
        pixel_nm=250.0,
        blur=True,
    ),
)
"""Taken in turn, one per seed."""


def setting_of(seed: int) -> Setting:
    """The setting of a seed."""
    return SETTINGS[seed % len(SETTINGS)]
