"""What can be chosen of a scene: declared once, validated, listed in messages and documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from eclips4d.core.errors import InputError
from eclips4d.core.settings import Settings

S = TypeVar("S", bound=Settings)

_UNITS = {"_nm_s": "nm/s", "_nm": "nm", "_deg": "°", "_s": "s", "_per_um2": "1/µm²"}


class Option(NamedTuple):
    """One of them.

    Attributes
    ----------
    default
        As it would be written in an address.
    unit
        Empty for plain numbers and words.
    """

    name: str
    default: str
    unit: str
    meaning: str


def declared(model: type[Settings]) -> tuple[Option, ...]:
    """The options of a scene, in their order."""
    return tuple(
        Option(name, _written(field.default), _unit(name), field.description or "")
        for name, field in model.model_fields.items()
    )


def chosen(model: type[S], options: Mapping[str, object], where: str) -> S:
    """Validated options; text is converted.

    Raises
    ------
    InputError
        An option that is unknown (the known ones are named) or a value that it cannot take.
    """
    unknown = sorted(set(options) - set(model.model_fields))
    if unknown:
        known = ", ".join(model.model_fields)
        raise InputError(f"unknown option {unknown[0]!r}", where=where, cure=f"known are: {known}" if known else "")
    try:
        return model.model_validate(dict(options))
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"][:1]) or "options"
        raise InputError(f"option {key}: {problem['msg']}", where=where, cure="correct this value") from error


def _unit(name: str) -> str:
    return next((unit for ending, unit in _UNITS.items() if name.endswith(ending)), "")


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return ",".join(_written(part) for part in value)
    return "" if value is None else str(value)
