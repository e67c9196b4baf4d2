"""One file's header in our units, and how numbers with units are read."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from eclips4d.core.units import NM_PER_UNIT, S_PER_UNIT

UNITS = {
    "high_voltage": "kV",
    "landing_energy": "keV",
    "beam_current": "nA",
    "working_distance": "mm",
    "scan_rotation": "deg",
    "pixel_width": "nm",
    "pixel_height": "nm",
    "dwell": "us",
    "line_time": "s",
    "frame_time": "s",
    "chamber_pressure": "Pa",
    "specimen_tilt": "deg",
    "contrast": "%",
    "brightness": "%",
}
"""Everything that is read, and the unit it is read into."""

_SCALES: dict[str, dict[str, float]] = {
    "kV": {"kV": 1.0, "V": 1e-3, "Volt": 1e-3},
    "keV": {"keV": 1.0, "eV": 1e-3, "kV": 1.0, "V": 1e-3},
    "nA": {"A": 1e9, "mA": 1e6, "µA": 1e3, "μA": 1e3, "uA": 1e3, "nA": 1.0, "pA": 1e-3},
    "mm": {unit: nm * 1e-6 for unit, nm in NM_PER_UNIT.items()},
    "nm": NM_PER_UNIT,
    "us": {unit: s * 1e6 for unit, s in S_PER_UNIT.items()},
    "s": S_PER_UNIT,
    "deg": {"deg": 1.0, "°": 1.0, "degrees": 1.0, "rad": 180.0 / math.pi},
    "Pa": {"Pa": 1.0, "mbar": 100.0, "Torr": 133.322368},
    "%": {"%": 1.0},
}
_NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(\S*)\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileHeader:
    """What one file says.

    Attributes
    ----------
    vendor
        Who wrote it; empty when nobody did.
    values
        By the names of `UNITS`, in those units; what is not said is not there.
    rows
        Rows of specimen; below them is a data bar. None where the header is silent.
    start_utc
        ISO 8601. The clocks of microscopes carry no zone; they are taken as UTC.
    sense_known
        Whether `scan_rotation` is known to count as this project's `rotation_deg` does.
    """

    vendor: str = ""
    values: dict[str, float] = field(default_factory=dict)
    rows: int | None = None
    start_utc: str | None = None
    sense_known: bool = False


def quantity(name: str, value: object, unit: str) -> float | None:
    """A number, or a text such as `8100 um`, in the unit of `UNITS[name]`.

    Parameters
    ----------
    unit
        Of a number that carries none.

    Returns
    -------
    float or None
        None where there is no finite number, or where its unit is unknown.
    """
    if isinstance(value, str):
        match = _NUMBER.match(value)
        if match is None:
            return None
        value, unit = float(match[1]), match[2] or unit
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    scale = _SCALES[UNITS[name]].get(unit)
    return None if scale is None else float(value) * scale


def known(values: Iterable[tuple[str, float | None]]) -> dict[str, float]:
    """Those that are there; lengths, times, energies that are not positive tell nothing and are left out."""
    signed = ("scan_rotation", "specimen_tilt", "contrast", "brightness")
    return {name: value for name, value in values if value is not None and (name in signed or value > 0.0)}


def moment(text: str, *formats: str) -> str | None:
    """ISO 8601 of a date and time in one of these formats."""
    for form in formats:
        try:
            return datetime.strptime(text.strip(), form).replace(tzinfo=UTC).isoformat()
        except ValueError:
            continue
    return None
