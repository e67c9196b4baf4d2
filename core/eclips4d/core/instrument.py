"""The instrument description that stands beside every recording: beam, scan, detector, specimen, calibration.

Angles are degrees counter-clockwise as seen on the screen, distances mm, the pixel size nm. `physics.detector` turns
it into solid angles; this module only reads, checks and fingerprints it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations, pairwise
from pathlib import Path
from typing import Annotated, Any

import msgspec
import xxhash
from pydantic import BeforeValidator, Field, PositiveInt, Strict, ValidationInfo, field_validator, model_validator

from eclips4d.core.calibration_settings import CalibrationSettings, ValidFor
from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.core.polygons import centroid, contains, outline_problem, overlap
from eclips4d.core.settings import Settings, load_toml, parse_toml

# Strict, because TOML has types: `true` or "6" as a length is a slip of the pen.
Real = Annotated[float, Strict()]
Positive = Annotated[float, Strict(), Field(gt=0)]
NonNegative = Annotated[float, Strict(), Field(ge=0)]


def _pair(value: object) -> object:
    return value if isinstance(value, (list, tuple)) else (value, value)


class Beam(Settings):
    """The primary beam and the dose."""

    energy_kev: Positive
    current_na: Positive | None = None
    dwell_us: Positive | None = None
    electrons_per_pixel: Positive | None = None
    """Detected on a flat area, per segment."""
    adu_per_electron: Positive | None = None


class Scan(Settings):
    """How the field is scanned."""

    pixel_size_nm: Annotated[tuple[Positive, Positive], BeforeValidator(_pair)]
    """x and y; one value in the file stands for both."""
    rotation_deg: Real = 0.0
    """Azimuth on the screen = azimuth in this file - rotation."""
    line_time_s: NonNegative = 0.0
    """Row r of a frame is seen at frame time + r * line time."""
    rows: PositiveInt | None = None
    """Rows below are the vendor's data bar."""
    frame_times_s: tuple[Real, ...] | None = None
    """Start of the first row of each frame."""

    @property
    def pixel_size_xy_nm(self) -> tuple[float, float]:
        """(x, y)."""
        return self.pixel_size_nm

    @model_validator(mode="after")
    def _times_increase(self) -> Scan:
        times = self.frame_times_s or ()
        if any(b <= a for a, b in pairwise(times)):
            raise ValueError("frame_times_s must increase")
        return self


class Detector(Settings):
    """A segmented annular detector around the beam axis."""

    distance_mm: Positive | None = None
    """Specimen to detector plane."""
    working_distance_mm: Positive | None = None
    """Stands in for the distance when that is not known."""
    inner_radius_mm: NonNegative | None = None
    outer_radius_mm: Positive | None = None
    gap_mm: NonNegative = 0.0
    """Insulating gap between neighbouring segments."""
    offset_mm: tuple[Real, Real] = (0.0, 0.0)
    """Detector centre relative to the beam axis: x right, y up."""
    azimuths_deg: Annotated[tuple[Real, ...], Field(min_length=3)]
    """Segment centres at rotation 0: 0 right, 90 up."""
    openings_deg: tuple[Positive, ...] | None = None
    """Full opening of each segment; 360/n when absent."""
    polygons_mm: (
        Annotated[tuple[Annotated[tuple[tuple[Real, Real], ...], Field(min_length=3)], ...], Field(min_length=3)] | None
    ) = None
    """Corners (x right, y up) of each segment about the detector's centre at rotation 0, instead of radii."""
    dead_layer_kev: NonNegative | None = None
    """A segment's signal grows with the electron's energy above this one; without it electrons are counted."""
    gain: tuple[Positive, ...] | None = None
    """Relative; estimated from the first frame when absent."""
    offset_adu: tuple[Real, ...] | None = None
    """Dark level; estimated from the first frame when absent."""

    @property
    def height_mm(self) -> float:
        """Distance from the specimen to the detector plane."""
        distance = self.distance_mm or self.working_distance_mm
        assert distance is not None
        return distance

    @model_validator(mode="after")
    def _consistent(self) -> Detector:
        if self.distance_mm is None and self.working_distance_mm is None:
            raise ValueError("distance_mm or working_distance_mm is needed")
        if (self.inner_radius_mm is None) != (self.outer_radius_mm is None):
            raise ValueError("inner_radius_mm and outer_radius_mm belong together")
        if self.outer_radius_mm is not None and self.outer_radius_mm <= (self.inner_radius_mm or 0.0):
            raise ValueError("outer_radius_mm must exceed inner_radius_mm")
        n = len(self.azimuths_deg)
        if len({azimuth % 360 for azimuth in self.azimuths_deg}) != n:
            raise ValueError("azimuths_deg has one azimuth twice")
        narrowest = math.radians(min(self.openings_deg or (360.0 / n,))) / 2
        if self.outer_radius_mm is not None and self.gap_mm >= 2 * self.outer_radius_mm * math.sin(narrowest):
            raise ValueError("gap_mm leaves nothing of a segment")
        for name in ("openings_deg", "gain", "offset_adu", "polygons_mm"):
            values = getattr(self, name)
            if values is not None and len(values) != n:
                raise ValueError(f"{name} has {len(values)} values for {n} segments")
        return self

    @model_validator(mode="after")
    def _drawn_well(self) -> Detector:
        if self.polygons_mm is None:
            return self
        if self.outer_radius_mm is not None or self.openings_deg is not None or self.gap_mm:
            raise ValueError("polygons_mm stands in place of radii, openings_deg and gap_mm")
        for k, outline in enumerate(self.polygons_mm):
            problem = outline_problem(outline)
            if problem:
                raise ValueError(f"polygons_mm[{k}] {problem}")
        for i, j in combinations(range(len(self.polygons_mm)), 2):
            if overlap(self.polygons_mm[i], self.polygons_mm[j]):
                raise ValueError(f"polygons_mm[{i}] and polygons_mm[{j}] overlap")
        for k, (outline, azimuth) in enumerate(zip(self.polygons_mm, self.azimuths_deg, strict=False)):
            x, y = centroid(outline)
            lies = math.degrees(math.atan2(y, x))
            if not contains(outline, (0.0, 0.0)) and math.cos(math.radians(lies - azimuth)) < 0.0:
                raise ValueError(f"polygons_mm[{k}] lies at {lies % 360:.0f} degrees, azimuths_deg says {azimuth:g}")
        return self


class Electrodes(Settings):
    """What makes the electrostatic field between pole piece and specimen; the specimen is at 0 V."""

    detector_v: Real = 0.0
    """Potential of the detector plane: positive pulls electrons up, negative holds them back."""
    pole_piece_v: Real = 0.0
    """Potential of the pole piece above the detector."""
    pole_piece_mm: Positive | None = None
    """Specimen to pole piece; just above the detector when absent."""
    bore_radius_mm: Positive | None = None
    """Of the hole in the pole piece; the detector's inner radius when absent."""


class Instrument(Settings):
    """Everything `NAME.toml` beside a recording says."""

    beam: Beam
    scan: Scan
    detector: Detector
    electrodes: Electrodes | None = None
    specimen: dict[str, Any] | None = None
    calibration: CalibrationSettings | None = None

    @field_validator("detector")
    @classmethod
    def _electrons_count(cls, detector: Detector, info: ValidationInfo) -> Detector:
        beam, dead = info.data.get("beam"), detector.dead_layer_kev
        if beam is not None and dead is not None and dead >= beam.energy_kev:
            raise ValueError(f"dead_layer_kev = {dead:g} stops all that a beam of {beam.energy_kev:g} keV sends back")
        return detector

    @field_validator("electrodes")
    @classmethod
    def _electrodes_fit(cls, electrodes: Electrodes | None, info: ValidationInfo) -> Electrodes | None:
        beam, detector = info.data.get("beam"), info.data.get("detector")
        if electrodes is None or beam is None or detector is None:
            return electrodes
        pole, height = electrodes.pole_piece_mm, detector.height_mm
        if pole is not None and pole <= height:
            raise ValueError(f"pole_piece_mm = {pole:g} must exceed the detector's distance of {height:g} mm")
        if -electrodes.detector_v >= 1e3 * beam.energy_kev:
            volts = f"detector_v = {electrodes.detector_v:g}"
            raise ValueError(f"{volts} holds back all that a beam of {beam.energy_kev:g} keV sends back")
        return electrodes

    @property
    def segments(self) -> int:
        """Number of detector segments."""
        return len(self.detector.azimuths_deg)

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits over what is said of the instrument; frame times are no part of it."""
        said = self.model_dump(mode="json", exclude={"scan": {"frame_times_s"}})
        return xxhash.xxh3_64_hexdigest(msgspec.json.encode(said, order="sorted"))

    def valid_for(self, side: Mapping[str, float] | None = None) -> ValidFor:
        """What is said here, and by the side values, of the settings that a calibration holds for."""
        material = (self.specimen or {}).get("material")
        settings = {k: float(v) for k, v in (side or {}).items() if k.startswith(("brightness_", "contrast_"))}
        return ValidFor(
            energy_kev=self.beam.energy_kev,
            distance_mm=self.detector.height_mm,
            material=material if isinstance(material, str) else None,
            side=settings,
        )

    def calibration_differences(self, side: Mapping[str, float] | None = None) -> list[str]:
        """In what this recording differs from the one that calibrated it, in words; empty where nothing does."""
        if self.calibration is None:
            return []
        stated, settings = self.calibration.used_at or self.valid_for(), self.valid_for(side).side
        return self.calibration.differences(stated.model_copy(update={"side": settings}))

    def calibrated_by(self, other: Instrument) -> Instrument:
        """The same with detector and calibration of another description, its pixel size corrected as that one says.

        Beam, scan and specimen stay what they are: they belong to the recording, not to the artefact's. The
        calibration keeps what this description stated, so that a difference can be told.
        """
        given = other.calibration
        noted = given.model_copy(update={"used_at": self.valid_for()}) if given else None
        scale = (other.calibration.pixel_scale if other.calibration else None) or (1.0, 1.0)
        size = tuple(length * factor for length, factor in zip(self.scan.pixel_size_nm, scale, strict=True))
        scan = self.scan.model_copy(update={"pixel_size_nm": size})
        return self.model_copy(update={"scan": scan, "detector": other.detector, "calibration": noted})

    def check_recording(self, *, segments: int, frames: int, where: str) -> None:
        """Refuse a recording whose segments or frames differ from what this description says.

        Raises
        ------
        InputError
            Naming both numbers.
        """
        if segments != self.segments:
            raise InputError(
                f"{segments} channels, but the instrument file has {self.segments} azimuths",
                where=where,
                cure="give one azimuths_deg value per channel",
            )
        times = self.scan.frame_times_s
        if times is not None and len(times) != frames:
            raise InputError(
                f"{frames} frames, but frame_times_s has {len(times)} values",
                where=where,
                cure="give one start time per frame, or leave frame_times_s out",
            )


def load_instrument(path: Path) -> Instrument:
    """Read `NAME.toml`; every problem is an `InputError` that names file and key."""
    if not path.exists():
        raise MissingInputError(
            "no instrument file", where=str(path), cure="write one beside the recording or give --instrument FILE.toml"
        )
    return load_toml(Instrument, path)


def parse_instrument(text: str, where: str = "instrument") -> Instrument:
    """As `load_instrument`, from text."""
    return parse_toml(Instrument, text, where)
