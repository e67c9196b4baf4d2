"""What the microscope says of itself, in the units of this project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eclips4d.acquisition.reported import Reported
from eclips4d.acquisition.sharksem.connection import Connection
from eclips4d.acquisition.sharksem.messages import decode_numbers
from eclips4d.core.errors import WireError

CHAMBER_GAUGE = 0
IMAGE_ROTATION = 1
"""Of the geometries that the microscope can set."""
BEAM_ON = 1
STAGE = (("stage_x", "mm"), ("stage_y", "mm"), ("stage_z", "mm"), ("stage_rotation", "deg"), ("stage_tilt", "deg"))
UNITS = {
    "high_voltage": "kV",
    "working_distance": "mm",
    "view_field": "um",
    "image_rotation": "deg",
    "chamber_pressure": "Pa",
    **dict(STAGE),
}


@dataclass(frozen=True, slots=True)
class Readings:
    """One look at the microscope.

    Attributes
    ----------
    beam_on
        Whether there are electrons.
    side
        Values named as in `units_of`.
    """

    beam_on: bool
    side: dict[str, float]

    def pixel_nm(self, field_px: int) -> float:
        """The view field is as wide as the square that is scanned."""
        return self.side["view_field"] * 1e3 / field_px

    def reported(self, field_px: int, dwell_us: float) -> Reported:
        """What goes into the instrument's description.

        Not the image rotation: which way round it counts is said nowhere public.
        """
        pixel_nm = self.pixel_nm(field_px)
        return Reported(
            energy_kev=self.side["high_voltage"],
            working_distance_mm=self.side["working_distance"],
            pixel_size_nm=(pixel_nm, pixel_nm),
            dwell_us=dwell_us,
        )


def units_of(segments: Sequence[str]) -> dict[str, str]:
    """Of all side values."""
    gains = {f"{name}_{segment}": "%" for segment in segments for name in ("contrast", "brightness")}
    return {**UNITS, **gains}


def read_microscope(microscope: Connection, detectors: Sequence[int], segments: Sequence[str]) -> Readings:
    """Ask for everything; errors as in `Connection.ask`.

    Parameters
    ----------
    detectors
        Number of each segment's detector, whose contrast (gain) and brightness (black level) are read.
    """

    def number(name: str, *arguments: int) -> float:
        return float(microscope.ask_for("f", name, *arguments)[0])

    stage = decode_numbers(microscope.ask("StgGetPosition"))
    rotation = decode_numbers(microscope.ask("GetGeometry", IMAGE_ROTATION))
    if len(stage) < len(STAGE) or not rotation:
        raise WireError("the microscope tells too few numbers of its stage or rotation", where=str(microscope.host))
    side = {
        "high_voltage": number("HVGetVoltage") * 1e-3,
        "working_distance": number("GetWD"),
        "view_field": number("GetViewField") * 1e3,
        "image_rotation": rotation[0],
        "chamber_pressure": number("VacGetPressure", CHAMBER_GAUGE),
        **{name: value for (name, _unit), value in zip(STAGE, stage, strict=False)},
    }
    for segment, detector in zip(segments, detectors, strict=True):
        contrast, brightness = microscope.ask_for("ff", "DtGetGainBlack", detector)
        side |= {f"contrast_{segment}": float(contrast), f"brightness_{segment}": float(brightness)}
    (beam,) = microscope.ask_for("i", "HVGetBeam")
    return Readings(beam == BEAM_ON, side)
