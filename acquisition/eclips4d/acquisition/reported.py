"""What an instrument says of itself, put into the description that the user gave."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument

SAME = 1e-3
"""Relative: a reading this close is what the file says, and the file's digits stand."""
SAME_DEG = 0.05
DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """Readings; None where the instrument does not tell. `rotation_deg` is meant as in the instrument file."""

    energy_kev: float | None = None
    current_na: float | None = None
    dwell_us: float | None = None
    pixel_size_nm: tuple[float, float] | None = None
    rotation_deg: float | None = None
    line_time_s: float | None = None
    working_distance_mm: float | None = None

    def of(self, *names: str) -> dict[str, Any]:
        """Those of these that were told."""
        return {name: value for name in names if (value := getattr(self, name)) is not None}


def as_reported(instrument: Instrument, reported: Reported) -> tuple[Instrument, tuple[str, ...]]:
    """The description with the readings in it, and in what they differ from what it had said.

    The instrument is believed: it is there now, the file was written once. Readings are rounded to six digits, so that
    a run that is opened again has the description it had. Where the file gives both distances, their difference is how
    the detector is mounted, and its distance moves with the working distance; where it gives `distance_mm` alone, that
    stays.

    Returns
    -------
    Instrument
    tuple of str
        Such as `beam.energy_kev is 20, the instrument file says 10`; what the file leaves out differs in nothing.

    Raises
    ------
    InputError
        A reading that no description can hold.
    """
    said = instrument.model_dump(exclude_unset=True)
    readings = {
        "beam": reported.of("energy_kev", "current_na", "dwell_us"),
        "scan": reported.of("pixel_size_nm", "rotation_deg", "line_time_s"),
        "detector": reported.of("working_distance_mm"),
    }
    differences = []
    for part, values in readings.items():
        for name, value in values.items():
            stated = said[part].get(name)
            if stated is not None and _alike(name, stated, value):
                continue
            if stated is not None:
                differences.append(f"{part}.{name} is {_text(value)}, the instrument file says {_text(stated)}")
            _move_detector(said["detector"], name, value)
            said[part][name] = _rounded(value)
    try:
        return Instrument.model_validate(said), tuple(differences)
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(map(str, problem["loc"]))
        raise InputError(f"the instrument reports {problem['input']!r} as {key}: {problem['msg']}") from error


def _move_detector(detector: dict[str, Any], name: str, value: float) -> None:
    if name == "working_distance_mm" and None not in (detector.get(name), detector.get("distance_mm")):
        detector["distance_mm"] = _rounded(detector["distance_mm"] + value - detector[name])


def _alike(name: str, stated: Any, value: Any) -> bool:
    if isinstance(stated, (tuple, list)):
        return all(_alike(name, one, two) for one, two in zip(stated, value, strict=True))
    if name == "rotation_deg":
        return abs(math.remainder(stated - value, 360.0)) <= SAME_DEG
    return math.isclose(stated, value, rel_tol=SAME)


def _rounded(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return tuple(map(_rounded, value))
    return float(f"{value:.{DIGITS}g}")


def _text(value: Any) -> str:
    return " x ".join(f"{v:g}" for v in value) if isinstance(value, (tuple, list)) else f"{value:g}"
