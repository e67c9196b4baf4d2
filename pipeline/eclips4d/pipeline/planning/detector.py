"""The instrument of a plan: from a file, or from a few numbers, with what the command line overrides."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument, load_instrument
from eclips4d.pipeline.planning.wish import Wish

_MOST_SEGMENTS = 64
_LEAST_DISTANCE_MM = 0.01
_GEOMETRY = ("distance_mm", "inner_mm", "outer_mm", "gap_mm", "segments")


def planned_instrument(wish: Wish) -> Instrument:
    """Geometry, energy and pixel size.

    Raises
    ------
    InputError
        Something is missing, given twice, or impossible.
    """
    geometry = {name: value for name in _GEOMETRY if (value := getattr(wish, name)) is not None}
    if wish.instrument is None:
        return _from_numbers(wish, geometry)
    if geometry:
        name = _option(next(iter(geometry)))
        raise InputError(f"{name} and --instrument both describe the detector", cure="leave one of them out")
    known = load_instrument(wish.instrument)
    said = known.model_dump()
    if wish.energy_kev is not None:
        said["beam"]["energy_kev"] = wish.energy_kev
    if wish.pixel_nm is not None:
        said["scan"]["pixel_size_nm"] = wish.pixel_nm
    return _checked(said)


def _from_numbers(wish: Wish, geometry: dict[str, Any]) -> Instrument:
    for name in ("distance_mm", "inner_mm", "outer_mm"):
        if name not in geometry:
            cure = "give --instrument FILE.toml, or --distance-mm, --inner-mm and --outer-mm"
            raise InputError("the detector is not known", where=_option(name), cure=cure)
    for name in ("energy_kev", "pixel_nm"):
        if getattr(wish, name) is None:
            raise InputError("this is needed", where=_option(name), cure="give it, or --instrument FILE.toml")
    n = geometry.get("segments", 4)
    if geometry["distance_mm"] < _LEAST_DISTANCE_MM:
        cure = f"give at least {_LEAST_DISTANCE_MM:g}"
        raise InputError(f"{geometry['distance_mm']:g} mm", where="--distance-mm", cure=cure)
    if n < 3:
        raise InputError(f"{n} segments cannot tell two slopes", where="--segments", cure="three or more are needed")
    if n > _MOST_SEGMENTS:
        raise InputError(f"{n} segments", where="--segments", cure=f"give at most {_MOST_SEGMENTS}")
    detector = {
        "distance_mm": geometry["distance_mm"],
        "inner_radius_mm": geometry["inner_mm"],
        "outer_radius_mm": geometry["outer_mm"],
        "gap_mm": geometry.get("gap_mm", 0.0),
        "azimuths_deg": tuple((k + 0.5) * 360.0 / n for k in range(n)),
    }
    beam, scan = {"energy_kev": wish.energy_kev}, {"pixel_size_nm": wish.pixel_nm}
    return _checked({"beam": beam, "scan": scan, "detector": detector})


def _checked(said: dict[str, Any]) -> Instrument:
    try:
        return Instrument.model_validate(said)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise InputError(
            problem["msg"].removeprefix("Value error, "), where=where, cure="correct this value"
        ) from error


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
