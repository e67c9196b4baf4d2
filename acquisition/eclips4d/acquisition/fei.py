"""What an FEI / Thermo Fisher microscope writes into its TIFF files, in the units of this project."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from eclips4d.core.instrument import Instrument
from eclips4d.core.log import get_logger

Tags = Mapping[str, Mapping[str, Any]]

_SIDE: dict[str, tuple[str, str, float, str]] = {
    "high_voltage": ("EBeam", "HV", 1e-3, "kV"),
    "beam_current": ("EBeam", "BeamCurrent", 1e9, "nA"),
    "working_distance": ("EBeam", "WD", 1e3, "mm"),
    "scan_rotation": ("EBeam", "ScanRotation", 180.0 / math.pi, "deg"),
    "pixel_width": ("EScan", "PixelWidth", 1e9, "nm"),
    "dwell": ("EScan", "Dwell", 1e6, "us"),
    "line_time": ("EScan", "LineTime", 1.0, "s"),
    "frame_time": ("EScan", "FrameTime", 1.0, "s"),
    "chamber_pressure": ("Vacuum", "ChPressure", 1.0, "Pa"),
    "specimen_tilt": ("Stage", "StageT", 180.0 / math.pi, "deg"),
}
"""Side value: section and key of the file, factor to our unit, unit."""

_TOLERANCE = 5e-3
_ROTATION_TOLERANCE_DEG = 0.1


@dataclass(frozen=True, slots=True)
class VendorSays:
    """What the file says of the scan; None where it is silent."""

    rows: int | None
    line_time_s: float | None
    start_utc: str | None
    side: dict[str, float]
    units: dict[str, str]


def vendor_says(tags: Mapping[str, Tags]) -> VendorSays:
    """The common values of the first segment, and each segment's contrast and brightness.

    Parameters
    ----------
    tags
        Per segment, the sections and keys of the file's own header.
    """
    first = next(iter(tags.values()))
    side = {name: value for name, (section, key, factor, _) in _SIDE.items()
            if (value := _number(first, section, key, factor)) is not None}  # fmt: skip
    units = {name: _SIDE[name][3] for name in side}
    for file, own in tags.items():
        segment = re.sub(r"\W", "_", file, flags=re.ASCII)[:32]
        detector = str(own.get("Detectors", {}).get("Name", ""))
        for key in ("Contrast", "Brightness"):
            value = _number(own, detector, key, 1.0)
            if value is not None:
                side[f"{key.lower()}_{segment}"] = value
                units[f"{key.lower()}_{segment}"] = "%"
    rows = _number(first, "Image", "ResolutionY", 1.0)
    return VendorSays(int(rows) if rows else None, side.get("line_time"), _start_utc(first), side, units)


def warn_of_differences(vendor: VendorSays, instrument: Instrument, where: str) -> None:
    """Log every value in which the instrument file and the vendor's header disagree; the instrument file is used."""
    for name, said, found in _differences(vendor.side, instrument):
        get_logger().warning(
            "the vendor's header differs, the instrument file is used",
            file=where, value=name, instrument=said, vendor=round(found, 6),
        )  # fmt: skip


def _differences(side: Mapping[str, float], instrument: Instrument) -> Iterator[tuple[str, float, float]]:
    beam, scan, detector = instrument.beam, instrument.scan, instrument.detector
    said = {
        "high_voltage": beam.energy_kev,
        "beam_current": beam.current_na,
        "working_distance": detector.working_distance_mm,
        "pixel_width": scan.pixel_size_xy_nm[0],
        "dwell": beam.dwell_us,
        "line_time": scan.line_time_s or None,
    }
    for name, value in said.items():
        if value is not None and name in side and abs(side[name] / value - 1.0) > _TOLERANCE:
            yield name, value, side[name]
    turned = side.get("scan_rotation")
    if turned is not None and abs(_turn_deg(turned - scan.rotation_deg)) > _ROTATION_TOLERANCE_DEG:
        yield "scan_rotation", scan.rotation_deg, turned


def _turn_deg(angle: float) -> float:
    return (angle + 180.0) % 360.0 - 180.0


def _number(tags: Tags, section: str, key: str, factor: float) -> float | None:
    value = tags.get(section, {}).get(key)
    return float(value) * factor if isinstance(value, int | float) and math.isfinite(value) else None


def _start_utc(tags: Tags) -> str | None:
    """The header's own clock carries no zone; it is taken as UTC."""
    said = tags.get("User", {})
    try:
        moment = datetime.strptime(f"{said.get('Date')} {said.get('Time')}", "%m/%d/%Y %I:%M:%S %p")
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC).isoformat()
