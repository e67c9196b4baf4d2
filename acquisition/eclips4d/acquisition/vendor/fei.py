"""FEI and Thermo Fisher: sections and keys in TIFF tags 34680 and 34682, in SI units and radians."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eclips4d.acquisition.vendor.header import FileHeader, known, moment, quantity

Tags = Mapping[str, Mapping[str, Any]]

_KEYS: dict[str, tuple[tuple[str, str], str]] = {
    "high_voltage": (("EBeam", "HV"), "V"),
    "beam_current": (("EBeam", "BeamCurrent"), "A"),
    "working_distance": (("EBeam", "WD"), "m"),
    "scan_rotation": (("EBeam", "ScanRotation"), "rad"),
    "pixel_width": (("EScan", "PixelWidth"), "m"),
    "pixel_height": (("EScan", "PixelHeight"), "m"),
    "dwell": (("EScan", "Dwell"), "s"),
    "line_time": (("EScan", "LineTime"), "s"),
    "frame_time": (("EScan", "FrameTime"), "s"),
    "chamber_pressure": (("Vacuum", "ChPressure"), "Pa"),
    "specimen_tilt": (("Stage", "StageT"), "rad"),
}
"""Value: section and key of the file, its unit there."""
_ELSEWHERE = {
    ("EBeam", "HV"): ("Beam", "HV"),
    ("EBeam", "WD"): ("Stage", "WorkingDistance"),
    ("EBeam", "ScanRotation"): ("Beam", "ScanRotation"),
    ("EScan", "PixelWidth"): ("Scan", "PixelWidth"),
    ("EScan", "PixelHeight"): ("Scan", "PixelHeight"),
    ("EScan", "Dwell"): ("Scan", "Dwelltime"),
    ("EScan", "FrameTime"): ("Scan", "FrameTime"),
}
"""Single columns write some of it into other sections."""


def fei_header(tags: Tags) -> FileHeader:
    """What the sections of one file say.

    The sense of its scan rotation is that of `rotation_deg`: on the facets measured with a rotation of 30 degrees the
    slopes have no curl only with this sign.
    """
    values = [(name, quantity(name, _of(tags, *place), unit)) for name, (place, unit) in _KEYS.items()]
    detector = str(tags.get("Detectors", {}).get("Name", ""))
    values += [
        (name, quantity(name, tags.get(detector, {}).get(name.title()), "%")) for name in ("contrast", "brightness")
    ]
    if str(tags.get("EBeamDeceleration", {}).get("ModeOn", "")) in ("On", "on", "yes", "True"):
        landing = quantity("landing_energy", tags["EBeamDeceleration"].get("LandingEnergy"), "eV")
        values.append(("landing_energy", landing))
    rows = tags.get("Image", {}).get("ResolutionY")
    user = tags.get("User", {})
    return FileHeader(
        vendor="FEI / Thermo Fisher",
        values=known(values),
        rows=rows if isinstance(rows, int) and rows > 0 else None,
        start_utc=moment(f"{user.get('Date')} {user.get('Time')}", "%m/%d/%Y %I:%M:%S %p"),
        sense_known=True,
    )


def _of(tags: Tags, section: str, key: str) -> object:
    value = tags.get(section, {}).get(key)
    if value in (None, "") and (section, key) in _ELSEWHERE:
        section, key = _ELSEWHERE[section, key]
        value = tags.get(section, {}).get(key)
    return value
