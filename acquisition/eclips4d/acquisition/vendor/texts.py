"""TESCAN, JEOL and Hitachi: lines of text, in a TIFF tag or in a file beside the image."""

from __future__ import annotations

import re
from collections.abc import Mapping

from eclips4d.acquisition.vendor.header import FileHeader, known, moment, quantity

JEOL_MARK = "$CM_"
HITACHI_MARK = "[SemImageFile]"
_ASSIGNED = re.compile(r"^\s*([A-Za-z]\w*)\s*=\s*(.*?)\s*$", re.MULTILINE)
_SPACED = re.compile(r"^\s*(\$+[A-Z]\w*)[ \t]+(.*?)\s*$", re.MULTILINE)

_TESCAN: dict[str, tuple[tuple[str, ...], str]] = {
    "high_voltage": (("HV",), "V"),
    "beam_current": (("PredictedBeamCurrent", "BeamCurrent"), "A"),
    "working_distance": (("WD",), "m"),
    "scan_rotation": (("ScanRotation",), "deg"),
    "pixel_width": (("PixelSizeX",), "m"),
    "pixel_height": (("PixelSizeY",), "m"),
    "dwell": (("DwellTime",), "s"),
    "chamber_pressure": (("ChamberPressure",), "Pa"),
    "specimen_tilt": (("StageTilt",), "deg"),
}
_HITACHI: dict[str, tuple[tuple[str, ...], str]] = {
    "high_voltage": (("AcceleratingVoltage",), "Volt"),
    "working_distance": (("WorkingDistance",), "um"),
    "pixel_width": (("PixelSize",), "nm"),
}
_JEOL: dict[str, tuple[tuple[str, ...], str]] = {
    "high_voltage": (("$CM_ACCEL_VOLT",), "kV"),
    "working_distance": (("$$SM_WD", "$SM_WD"), "mm"),
}
_DATES = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S")


def tescan_header(text: str, rows: int) -> FileHeader:
    """TIFF tag 50431, or `NAME-tif.hdr`: SI units and degrees.

    Parameters
    ----------
    text
        Lines `Key=value`; what stands before and between them is passed over.
    rows
        Of the file; the strip below the image is part of it.
    """
    said = dict(_ASSIGNED.findall(text))
    strip = said.get("ImageStripSize", "")
    bar = int(strip) if strip.isdecimal() else 0
    return FileHeader(
        vendor="TESCAN",
        values=known((name, _first(name, said, keys, unit)) for name, (keys, unit) in _TESCAN.items()),
        rows=rows - bar if 0 < bar < rows else None,
        start_utc=moment(f"{said.get('Date')} {said.get('Time', '')[:8]}", *_DATES),
    )


def hitachi_header(text: str) -> FileHeader:
    """`NAME.txt` beside the image.

    With a deceleration voltage the energy is not taken: whether it is contained is not the same in all models.
    """
    said = dict(_ASSIGNED.findall(text))
    values = known((name, _first(name, said, keys, unit)) for name, (keys, unit) in _HITACHI.items())
    if quantity("high_voltage", said.get("DecelerationVoltage", "0"), "Volt"):
        values.pop("high_voltage", None)
    size = re.fullmatch(r"(\d+)\s*[x*]\s*(\d+)", said.get("DataSize", ""))
    return FileHeader(
        vendor="Hitachi",
        values=values,
        rows=int(size[2]) if size else None,
        start_utc=moment(f"{said.get('Date')} {said.get('Time')}", *_DATES),
    )


def jeol_header(text: str, columns: int) -> FileHeader:
    """`NAME.txt` beside the image.

    The size of a pixel comes from the micron bar, whose length is told in whole pixels of the full image.
    """
    said = dict(_SPACED.findall(text))
    full = re.fullmatch(r"(\d+)\s+(\d+)", said.get("$CM_FULL_SIZE", ""))
    scale = int(full[1]) / columns if full and int(full[1]) else 1.0
    values = known((name, _first(name, said, keys, unit)) for name, (keys, unit) in _JEOL.items())
    bar, marker = said.get("$$SM_MICRON_BAR", ""), quantity("pixel_width", said.get("$$SM_MICRON_MARKER", ""), "")
    if bar.isdecimal() and int(bar) and marker:
        values["pixel_width"] = marker / int(bar) * scale
    return FileHeader(
        vendor="JEOL",
        values=values,
        rows=round(int(full[2]) / scale) if full else None,
        start_utc=moment(f"{said.get('$CM_DATE')} {said.get('$CM_TIME')}", *_DATES),
    )


def _first(name: str, said: Mapping[str, str], keys: tuple[str, ...], unit: str) -> float | None:
    found = (quantity(name, said[key], unit) for key in keys if key in said)
    return next((value for value in found if value is not None), None)
