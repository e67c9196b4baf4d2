"""What the headers of all segments of a scan say together, and where the instrument file says otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from eclips4d.acquisition.vendor.header import UNITS, FileHeader
from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument
from eclips4d.core.log import get_logger

_TOLERANCE = 5e-3
_ROTATION_TOLERANCE_DEG = 0.1
_OF_A_SEGMENT = ("contrast", "brightness")
_SAME = ("high_voltage", "pixel_width", "pixel_height", "scan_rotation")
"""In which the segments of one scan cannot differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorSays:
    """What the headers say of the scan; None where they are silent.

    Attributes
    ----------
    vendor
        Whose headers they are; empty when there are none.
    rows
        Rows of specimen.
    line_time_s, start_utc
    side, units
        Values by name, the segments' own as `contrast_A`, `brightness_A`.
    sense_known
        Whether `scan_rotation` counts as `rotation_deg` does.
    """

    vendor: str = ""
    rows: int | None = None
    line_time_s: float | None = None
    start_utc: str | None = None
    side: dict[str, float] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    sense_known: bool = False


def vendor_says(headers: Mapping[str, FileHeader], where: str = "") -> VendorSays:
    """The common values of the first segment, and each segment's contrast and brightness.

    Raises
    ------
    InputError
        Two segments were not scanned alike.
    """
    name, first = next(iter(headers.items()))
    for other, header in headers.items():
        changed = scan_difference(first.values, header.values)
        if changed:
            raise InputError(
                f"{changed} from {name} to {other}", where=where, cure="give segments of one and the same scan"
            )
    side = {key: value for key, value in first.values.items() if key not in _OF_A_SEGMENT}
    units = {key: UNITS[key] for key in side}
    for segment, header in headers.items():
        plain = re.sub(r"\W", "_", segment, flags=re.ASCII)[:32]
        for key in _OF_A_SEGMENT:
            if key in header.values:
                side[f"{key}_{plain}"] = header.values[key]
                units[f"{key}_{plain}"] = UNITS[key]
    return VendorSays(
        vendor=first.vendor,
        rows=first.rows,
        line_time_s=side.get("line_time"),
        start_utc=first.start_utc,
        side=side,
        units=units,
        sense_known=first.sense_known,
    )


def scan_difference(one: Mapping[str, float], two: Mapping[str, float]) -> str:
    """In what two headers are not of one scan, such as `high_voltage goes from 5 to 7 kV`; empty if they may be."""
    changed = (key for key in _SAME if _differ(key, one.get(key), two.get(key)))
    return next((f"{key} goes from {one[key]:g} to {two[key]:g} {UNITS[key]}" for key in changed), "")


def differences(vendor: VendorSays, instrument: Instrument) -> tuple[str, ...]:
    """In what the instrument file and the headers disagree, in words."""
    return tuple(
        f"{name} is {found:.6g} {UNITS[name]} in the header of {vendor.vendor}, the instrument file's {said:g} is used"
        for name, said, found in _differences(vendor, instrument)
    )


def warn_of_differences(vendor: VendorSays, instrument: Instrument, where: str) -> None:
    """Log every value in which the instrument file and the headers disagree; the instrument file is used."""
    for name, said, found in _differences(vendor, instrument):
        get_logger().warning(
            "the vendor's header differs, the instrument file is used",
            file=where, value=name, instrument=said, vendor=round(found, 6),
        )  # fmt: skip


def _differences(vendor: VendorSays, instrument: Instrument) -> Iterator[tuple[str, float, float]]:
    beam, scan, detector = instrument.beam, instrument.scan, instrument.detector
    side = vendor.side
    said = {
        "landing_energy" if "landing_energy" in side else "high_voltage": beam.energy_kev,
        "beam_current": beam.current_na,
        "working_distance": detector.working_distance_mm,
        "pixel_width": scan.pixel_size_xy_nm[0],
        "dwell": beam.dwell_us,
        "line_time": scan.line_time_s or None,
    }
    if vendor.sense_known:
        said["scan_rotation"] = scan.rotation_deg
    for name, value in said.items():
        if value is not None and _differ(name, value, side.get(name)):
            yield name, value, side[name]


def _differ(name: str, one: float | None, two: float | None) -> bool:
    if one is None or two is None:
        return False
    if name == "scan_rotation":
        return abs((one - two + 180.0) % 360.0 - 180.0) > _ROTATION_TOLERANCE_DEG
    return abs(one - two) > _TOLERANCE * abs(one)
