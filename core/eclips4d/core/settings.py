"""Settings: strict pydantic models read from TOML, with errors that name the file, the key and the cure."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from eclips4d.core.errors import InputError, MissingInputError

S = TypeVar("S", bound="Settings")


class Settings(BaseModel):
    """Base of all settings: unknown keys are refused, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def parse_toml(model: type[S], text: str, where: str) -> S:
    """Read settings from TOML text.

    Raises
    ------
    InputError
        Not TOML, or a key that is unknown, missing or of a wrong value; `where` and the key are named.
    """
    return validated(model, _tables(text, where), where)


def load_toml(model: type[S], path: Path) -> S:
    """Read settings from a TOML file; errors as in `parse_toml`, and `MissingInputError`."""
    return validated(model, toml_values(path), str(path))


def toml_values(path: Path) -> dict[str, Any]:
    """Tables and keys of a TOML file as they stand there, not yet checked; errors as in `load_toml`."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise MissingInputError("no such file", where=str(path), cure="give the path of a TOML file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path)) from error
    return _tables(text, str(path))


def validated(model: type[S], values: dict[str, Any], where: str) -> S:
    """Settings from tables and keys; errors as in `parse_toml`."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _first_problem(error, where) from error


def _tables(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"not valid TOML: {error}", where=where) from error


def _first_problem(error: ValidationError, where: str) -> InputError:
    problem = error.errors()[0]
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    what, cure = problem["msg"].removeprefix("Value error, "), "correct this value"
    if problem["type"] == "extra_forbidden":
        what, cure = "unknown key", "remove it or correct its spelling"
    elif problem["type"] == "missing":
        what, cure = "this key is missing", "add it"
    elif isinstance(problem["input"], (bool, int, float, str)):
        what = f"{what}, not {problem['input']!r}"
    return InputError(f"[{_key(problem['loc'])}] {what}{more}", where=where, cure=cure)


def _key(loc: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).removeprefix(".")
