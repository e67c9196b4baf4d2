"""From `sim://SCENE?key=value…` to a scene's name and settings."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from pydantic import ValidationError

from eclips4d.acquisition.sim_settings import SimSettings
from eclips4d.core.errors import InputError
from eclips4d.physics.scenes import SCENES

FLOOD = "flood"
"""The scene that is only there to measure throughput."""


class SimAddress(NamedTuple):
    """What an address asks for; `options` are the scene's own, which the scene checks."""

    scene: str
    settings: SimSettings
    options: dict[str, str]


def parse_sim(address: str) -> SimAddress:
    """Scene and parameters of an address.

    Raises
    ------
    InputError
        Unknown scene, a parameter twice, or a value out of range.
    """
    parts = urlsplit(address)
    name = parts.netloc or parts.path.strip("/")
    known = sorted([*SCENES, FLOOD])
    if parts.scheme != "sim" or name not in known:
        raise InputError(f"unknown scene {name!r}", where=address, cure=f"use one of: {', '.join(known)}")
    words = parse_qsl(parts.query, keep_blank_values=True)
    query = dict(words)
    if len(query) < len(words):
        twice = next(key for key, _ in words if sum(key == other for other, _ in words) > 1)
        raise InputError(f"parameter {twice} is given twice", where=address, cure="give it once")
    own = {key: value for key, value in query.items() if key in SimSettings.model_fields}
    options = {key: value for key, value in query.items() if key not in own}
    _check_known(name, options, address)
    try:
        return SimAddress(name, SimSettings.model_validate(own), options)
    except ValidationError as error:
        raise _first_problem(error, address) from error


def _check_known(scene: str, options: dict[str, str], address: str) -> None:
    of_scene = [] if scene == FLOOD else list(SCENES[scene].options.model_fields)
    unknown = sorted(set(options) - set(of_scene))
    if unknown:
        known = ", ".join([*of_scene, *SimSettings.model_fields])
        raise InputError(f"unknown parameter {unknown[0]!r}", where=address, cure=f"known are: {known}")


def _first_problem(error: ValidationError, address: str) -> InputError:
    problem = error.errors()[0]
    key = str(problem["loc"][0]) if problem["loc"] else ""
    what = problem["msg"].removeprefix("Value error, ")
    return InputError(f"parameter {key}: {what}" if key else what, where=address, cure="correct this value")
