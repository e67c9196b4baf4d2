"""The instrument description of a recording: what its file says, and where that is silent, the image's own header."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eclips4d.acquisition.vendor.says import VendorSays
from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.core.instrument import Instrument, load_instrument
from eclips4d.core.instrument_text import to_toml
from eclips4d.core.settings import toml_values, validated

_NEEDED = {
    ("beam", "energy_kev"): "energy of the beam",
    ("scan", "pixel_size_nm"): "pixel size",
    ("detector", "azimuths_deg"): "azimuths of the segments",
}
_FROM_HEADER = {
    ("beam", "current_na"): "beam_current",
    ("beam", "dwell_us"): "dwell",
    ("scan", "line_time_s"): "line_time",
    ("specimen", "tilt_deg"): "specimen_tilt",
}
_TURNED_DEG = 0.05
"""Rotations and tilts below this are none."""
_DIGITS = 7
_ALIKE = 1e-4
"""Relative difference of a pixel's width and height that is none."""
Values = dict[str, Any]


def described(given: Path | None, beside: Path, says: VendorSays, where: str) -> tuple[Instrument, str]:
    """The description and its text.

    Parameters
    ----------
    given
        What the user gave instead of the file beside the recording. Where it holds a calibration, beam, scan and
        specimen are the recording's own: those of `beside`, or else those of the header.
    beside
        The recording's own description, which need not be there.
    says
        The header's values, which fill what the file leaves open.
    where
        The recording, for messages.

    Raises
    ------
    InputError
        No file, or one that together with the header does not say all that is needed; everything that is missing is
        named.
    """
    path = given or beside
    if not path.exists():
        raise MissingInputError(
            f"no instrument file{_told(says)}",
            where=str(path),
            cure="write one beside the recording or give --instrument FILE.toml",
        )
    values = toml_values(path)
    if given is None or "calibration" not in values or given.resolve() == beside.resolve():
        return _filled_description(values, says, path, where)
    calibrated = load_instrument(given)
    if beside.exists():
        own, _ = _filled_description(toml_values(beside), says, beside, where)
    elif _energy(says) and "pixel_width" in says.side:
        detector = {"azimuths_deg": list(calibrated.detector.azimuths_deg)}
        if "working_distance" not in says.side:
            detector["distance_mm"] = calibrated.detector.height_mm  # type: ignore[assignment]
        own = validated(Instrument, filled({"detector": detector}, says, where), where)
    else:
        return calibrated, given.read_text(encoding="utf-8")
    merged = own.calibrated_by(calibrated)
    return merged, to_toml(merged)


def _filled_description(values: Values, says: VendorSays, path: Path, where: str) -> tuple[Instrument, str]:
    more = filled(values, says, where)
    _refuse_gaps(more, says, path, where)
    instrument = validated(Instrument, more, str(path))
    return instrument, path.read_text(encoding="utf-8") if more == values else to_toml(instrument)


def azimuths_in(path: Path) -> int:
    """How many an instrument file has; 0 where it does not say, which `described` refuses."""
    azimuths = _table(toml_values(path), "detector").get("azimuths_deg") if path.exists() else None
    return len(azimuths) if isinstance(azimuths, list) else 0


def filled(values: Values, says: VendorSays, where: str) -> Values:
    """A description's values with those of the header where it has none.

    Raises
    ------
    InputError
        The scan is rotated, and it is not known in which sense this maker counts.
    """
    more = {name: dict(table) if isinstance(table, Mapping) else table for name, table in values.items()}
    side = says.side
    _fill(more, "beam", "energy_kev", _energy(says))
    _fill(more, "scan", "pixel_size_nm", _pixel_size(side))
    _fill(more, "scan", "rotation_deg", _rotation(more, says, where))
    detector = more.get("detector", {})
    if isinstance(detector, dict) and not {"distance_mm", "working_distance_mm"} & set(detector):
        _fill(more, "detector", "working_distance_mm", side.get("working_distance"))
    for (table, key), name in _FROM_HEADER.items():
        value = side.get(name)
        _fill(more, table, key, None if key == "tilt_deg" and abs(value or 0.0) < _TURNED_DEG else value)
    return more


def _fill(values: Values, table: str, key: str, value: object) -> None:
    inside = values.setdefault(table, {}) if value is not None else values.get(table)
    if value is not None and isinstance(inside, dict):
        inside.setdefault(key, _rounded(value))


def _rounded(value: object) -> object:
    """Digits that only a change of units has made are no part of a description."""
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value


def _energy(says: VendorSays) -> float | None:
    """A decelerated beam lands with less than the gun gave it."""
    return says.side.get("landing_energy", says.side.get("high_voltage"))


def _pixel_size(side: Mapping[str, float]) -> float | list[float] | None:
    width = side.get("pixel_width")
    if width is None:
        return None
    height = side.get("pixel_height", width)
    return width if abs(height / width - 1.0) < _ALIKE else [width, height]


def _rotation(values: Values, says: VendorSays, where: str) -> float | None:
    turned = says.side.get("scan_rotation", 0.0)
    scan = values.get("scan", {})
    if abs(turned) < _TURNED_DEG or (isinstance(scan, Mapping) and "rotation_deg" in scan):
        return None
    if not says.sense_known:
        raise InputError(
            f"the header of {says.vendor} says that the scan is rotated by {turned:g} degrees, and in which sense "
            "it counts is not known",
            where=where,
            cure=f"write [scan] rotation_deg = {turned:g} or {-turned:g} into the instrument file; with the wrong one "
            "the residual is large",
        )
    return turned


def _refuse_gaps(values: Values, says: VendorSays, path: Path, where: str) -> None:
    missing = [
        f"the {what} ([{table}] {key})" for (table, key), what in _NEEDED.items() if key not in _table(values, table)
    ]
    if not {"distance_mm", "working_distance_mm"} & set(_table(values, "detector")):
        missing.append("the distance of the detector ([detector] distance_mm or working_distance_mm)")
    if missing and says.vendor:
        raise InputError(
            f"neither the header of {says.vendor} nor {path.name} tells {', '.join(missing)}",
            where=where,
            cure=f"write it into {path}",
        )


def _table(values: Values, name: str) -> Mapping[str, Any]:
    table = values.get(name, {})
    return table if isinstance(table, Mapping) else {}


def _told(says: VendorSays) -> str:
    if not says.vendor:
        return ""
    told = [name.replace("_", " ") for name in ("high_voltage", "pixel_width", "working_distance") if name in says.side]
    return f" (the header of {says.vendor} tells {', '.join(told) or 'nothing of use'}, not the detector)"
