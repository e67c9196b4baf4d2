"""`NAME` and `SCHEME://…?unit=…`: which side stream is meant and how its values are joined to frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from eclips4d.acquisition.device_address import parse_host, parse_query
from eclips4d.core.errors import InputError
from eclips4d.core.frame import check_side_names
from eclips4d.core.loopback import is_loopback
from eclips4d.core.settings import Settings

LIBRARIES = {"zmq": "zmq", "ca": "caproto", "pva": "p4p"}
"""Scheme, and the library that reads it."""
MOST_NAME = 200
Kind = Literal["linear", "last"]
Clock = Literal["auto", "sender", "arrival"]


class SideSettings(Settings):
    """What may stand behind the `?`."""

    unit: Annotated[str, StringConstraints(min_length=1, max_length=32, strip_whitespace=True)]
    """Of the values; a message that names another one is refused."""
    kind: Kind | None = None
    """`linear` between the values around the frame's middle, or the `last` one before it."""
    stale_s: Annotated[float, Field(gt=0, le=86400)] = 10.0
    """A value further from the frame's middle is none."""
    clock: Clock | None = None
    """Whose times count: the `sender`'s, those of `arrival` here, or `auto`: the sender's, corrected where off."""


@dataclass(frozen=True, slots=True)
class SideStream:
    """One side stream; `place` is `HOST:PORT` for zmq and empty for EPICS, `key` the name it has over there."""

    name: str
    address: str
    scheme: str
    place: str
    key: str
    unit: str
    kind: Kind
    stale_s: float
    clock: Clock


def parse_side(name: str, address: str) -> SideStream:
    """Read an address.

    Values of EPICS come when they change, so the last one holds, at the time it came; a script's come regularly.

    Raises
    ------
    InputError
        A name that no array can have, an unknown scheme or parameter, no unit, a host other than this one, or a
        library that is missing.
    """
    where = f"{name}={address}"
    check_side_names([name], where)
    scheme, found, rest = address.partition("://")
    if not found or scheme not in LIBRARIES:
        raise InputError("no side stream", where=where, cure="say NAME=zmq://…, NAME=ca://PV or NAME=pva://PV")
    if "unit=" not in rest.partition("?")[2]:
        raise InputError("the unit is missing", where=where, cure=f"say {address}{'&' if '?' in rest else '?'}unit=…")
    asked = parse_query(SideSettings, address)
    place, key = _zmq_target(rest.partition("?")[0], name, where) if scheme == "zmq" else ("", rest.partition("?")[0])
    if not 0 < len(key) <= MOST_NAME:
        raise InputError("no name of a process variable", where=where, cure=f"say {scheme}://PV?unit={asked.unit}")
    if find_spec(LIBRARIES[scheme]) is None:
        cure = "pip install 'eclips4d[epics]'"
        raise InputError(f"{scheme}:// needs {LIBRARIES[scheme]}", where=where, cure=cure)
    regular = scheme == "zmq"
    return SideStream(
        name=name,
        address=address,
        scheme=scheme,
        place=place,
        key=key,
        unit=asked.unit,
        kind=asked.kind or ("linear" if regular else "last"),
        stale_s=asked.stale_s,
        clock=asked.clock or ("auto" if regular else "arrival"),
    )


def parse_sides(sides: Mapping[str, str]) -> tuple[SideStream, ...]:
    """All of a run; errors as of `parse_side`."""
    check_side_names(sides, "--side")
    return tuple(parse_side(name, address) for name, address in sides.items())


def _zmq_target(rest: str, name: str, where: str) -> tuple[str, str]:
    host, _, key = rest.partition("/")
    found = parse_host(host, 0, where)
    if not found.port:
        raise InputError("the port is missing", where=where, cure="say zmq://127.0.0.1:PORT/NAME")
    if not is_loopback(found.name):
        cure = "let it publish here, or bring its port here: ssh -L PORT:127.0.0.1:PORT HOST"
        raise InputError("side streams of other hosts cannot be told from anybody's", where=where, cure=cure)
    return str(found), key or name
