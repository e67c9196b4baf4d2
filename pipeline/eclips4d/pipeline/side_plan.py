"""Side streams that a run asks for: whatever can be refused is refused before a process starts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eclips4d.acquisition.side.address import SideStream, parse_sides
from eclips4d.acquisition.side.joining import described
from eclips4d.core.errors import InputError
from eclips4d.core.source import SourceInfo
from eclips4d.storage.reader import summary


def plan_sides(words: Sequence[str], info: SourceInfo, out: Path) -> tuple[SourceInfo, dict[str, str]]:
    """What `--side NAME=ADDRESS`, any number of them, asks for.

    Returns
    -------
    SourceInfo
        What the source says about itself, with the units of these side values.
    dict
        The address of each name.

    Raises
    ------
    InputError
        Not such words, one name twice, a recording, whose time is past, or a store that was begun without them.
    """
    sides: dict[str, str] = {}
    for word in words:
        name, found, address = word.partition("=")
        if not found or "://" in name:
            raise InputError(
                f"{word!r} is no side stream", where="--side", cure="say NAME=zmq://127.0.0.1:PORT/NAME?unit=K"
            )
        if name in sides:
            raise InputError(f"{name} is given twice", where="--side", cure="give each name once")
        sides[name] = address
    streams = parse_sides(sides)
    if streams and info.can_wait:
        cure = "leave --side out: side values belong to frames as they are taken"
        raise InputError("the frames of a recording were taken before", where=info.address, cure=cure)
    whole = described(info, streams)
    if streams and out.exists():
        _check_begun(streams, out)
    return whole, sides


def _check_begun(streams: Sequence[SideStream], out: Path) -> None:
    """A store keeps the side values that it was begun with."""
    begun = summary(out).side_units
    other = [stream for stream in streams if begun.get(stream.name) != stream.unit]
    if other:
        said = f"the store was begun without the side value {other[0].name} in {other[0].unit}"
        raise InputError(said, where=str(out), cure="choose another --out")
