"""`SCHEME://HOST[:PORT]?key=value…`: where an instrument is, and how it is asked."""

from __future__ import annotations

from typing import NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlsplit

from pydantic import ValidationError

from eclips4d.core.errors import InputError
from eclips4d.core.settings import Settings

S = TypeVar("S", bound=Settings)


class Host(NamedTuple):
    """One end of a connection."""

    name: str
    port: int

    def __str__(self) -> str:
        return f"[{self.name}]:{self.port}" if ":" in self.name else f"{self.name}:{self.port}"


def parse_host(text: str, port: int, where: str) -> Host:
    """`HOST`, `HOST:PORT` or `[IPv6]:PORT`; `port` where none is given.

    Raises
    ------
    InputError
        No host, or no port that there can be.
    """
    try:
        parts = urlsplit(f"//{text}")
        given = parts.port
    except ValueError as error:
        raise InputError(f"{text!r} has no port between 0 and 65535", where=where, cure="say HOST:PORT") from error
    if not parts.hostname or parts.path or parts.username is not None:
        raise InputError(f"{text!r} is no host", where=where, cure="say HOST or HOST:PORT")
    return Host(parts.hostname, port if given is None else given)


def parse_query(model: type[S], address: str) -> S:
    """What stands behind the `?`, as these settings.

    Raises
    ------
    InputError
        A key that is unknown or given twice, or a value out of range.
    """
    words = parse_qsl(address.partition("?")[2].partition("#")[0], keep_blank_values=True)
    query = dict(words)
    if len(query) < len(words):
        twice = next(key for key, _ in words if sum(key == other for other, _ in words) > 1)
        raise InputError(f"parameter {twice} is given twice", where=address, cure="give it once")
    unknown = sorted(set(query) - set(model.model_fields))
    if unknown:
        known = ", ".join(model.model_fields) or "none"
        raise InputError(f"unknown parameter {unknown[0]!r}", where=address, cure=f"known are: {known}")
    try:
        return model.model_validate(query)
    except ValidationError as error:
        problem = error.errors()[0]
        key, what = ".".join(map(str, problem["loc"][:1])), problem["msg"].removeprefix("Value error, ")
        what = f"parameter {key}: {what}" if key else what
        raise InputError(what, where=address, cure="correct this value") from error
