"""Zeiss SmartSEM: lines of `code` and `Label = value unit` in TIFF tag 34118, as the TIFF library reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eclips4d.acquisition.vendor.header import FileHeader, known, moment, quantity

_KEYS: dict[str, tuple[tuple[str, ...], str]] = {
    "high_voltage": (("ap_actualkv", "ap_manualkv"), "kV"),
    "beam_current": (("ap_iprobe",), "A"),
    "working_distance": (("ap_wd",), "mm"),
    "pixel_width": (("ap_image_pixel_size", "ap_pixel_size"), "nm"),
    "dwell": (("dp_dwell_time",), "ns"),
    "line_time": (("ap_line_time",), "s"),
    "frame_time": (("ap_frame_time",), "s"),
    "specimen_tilt": (("ap_stage_at_t",), "deg"),
    "contrast": (("ap_contrast",), "%"),
    "brightness": (("ap_brightness",), "%"),
}
"""Value: codes, the better first; unit of a number without one."""
_REFERENCE_COLUMNS = 1024
"""The unnamed fourth number at the top is the width in metres of a pixel of an image so wide."""


def zeiss_header(tags: Mapping[str, Any], columns: int) -> FileHeader:
    """What one file says.

    Parameters
    ----------
    tags
        Code in lower case: (label, value[, unit]); under the empty key the unnamed numbers.
    columns
        Of the image.
    """
    values = {name: _first(name, tags, codes, unit) for name, (codes, unit) in _KEYS.items()}
    if values["pixel_width"] is None:
        values["pixel_width"] = _unnamed(tags.get("", ()), columns)
    # Off, it keeps the angle that was set last.
    off = _value(tags, "dp_scan_rot") is False
    values["scan_rotation"] = 0.0 if off else _first("scan_rotation", tags, ("ap_scanrotation",), "deg")
    date, clock = _value(tags, "ap_date"), _value(tags, "ap_time")
    return FileHeader(
        vendor="Zeiss",
        values=known(values.items()),
        start_utc=moment(f"{date} {clock}", "%d %b %Y %H:%M:%S"),
    )


def _first(name: str, tags: Mapping[str, Any], codes: tuple[str, ...], unit: str) -> float | None:
    for code in codes:
        said = tags.get(code)
        if isinstance(said, tuple) and len(said) >= 2:
            value = quantity(name, said[1], said[2] if len(said) > 2 else unit)
            if value is not None:
                return value
    return None


def _value(tags: Mapping[str, Any], code: str) -> object:
    said = tags.get(code)
    return said[1] if isinstance(said, tuple) and len(said) >= 2 else None


def _unnamed(numbers: object, columns: int) -> float | None:
    if not isinstance(numbers, tuple) or len(numbers) < 4:
        return None
    width = quantity("pixel_width", numbers[3], "m")
    return None if width is None else width * _REFERENCE_COLUMNS / columns
