"""Which detector feeds which image channel."""

from __future__ import annotations

import re
from collections.abc import Sequence

from eclips4d.acquisition.sharksem.connection import Connection
from eclips4d.acquisition.sharksem.settings import ScanSettings
from eclips4d.core.errors import InputError, SourceError

_LINE = re.compile(r"^det\.(\d+)\.(name|detector)=(.*?)\r?$", re.MULTILINE)


def known_detectors(listed: str) -> dict[str, int]:
    """Numbers by names, from the text that the microscope lists its detectors in."""
    entries: dict[str, dict[str, str]] = {}
    for entry, key, value in _LINE.findall(listed):
        entries.setdefault(entry, {})[key] = value.strip()
    return {
        said["name"]: int(said["detector"])
        for said in entries.values()
        if said.get("name") and said.get("detector", "").isdecimal()
    }


def choose_detectors(microscope: Connection, asked: ScanSettings) -> tuple[int, ...]:
    """Number of the detector for each channel: as asked for, or as it is chosen at the microscope; nothing is changed.

    Raises
    ------
    InputError
        No such channel or detector.
    """
    (channels,) = microscope.ask_for("i", "DtGetChannels")
    where = str(microscope.host)
    if max(asked.channels) >= int(channels):
        cure = f"use channels below {channels}"
        raise InputError(f"no image channel {max(asked.channels)}", where=where, cure=cure)
    if not asked.detectors:
        return tuple(_selected(microscope, channel) for channel in asked.channels)
    (listed,) = microscope.ask_for("s", "DtEnumDetectors")
    known = known_detectors(str(listed))
    return tuple(_number(name, known, where) for name in asked.detectors)


def set_up_channels(microscope: Connection, asked: ScanSettings, detectors: Sequence[int]) -> None:
    """Give the channels their detectors and switch on these and no others."""
    (channels,) = microscope.ask_for("i", "DtGetChannels")
    for channel, detector in zip(asked.channels, detectors, strict=True):
        microscope.send("DtSelect", channel, detector)
        microscope.send("DtEnable", channel, 1, asked.bpp)
    for channel in set(range(min(int(channels), 64))) - set(asked.channels):
        microscope.send("DtEnable", channel, 0)


def _selected(microscope: Connection, channel: int) -> int:
    (detector,) = microscope.ask_for("i", "DtGetSelected", channel)
    if int(detector) < 0:
        raise SourceError(
            f"no detector is chosen for channel {channel}",
            where=str(microscope.host),
            cure="choose one at the microscope, or give detectors=NAME,… in the address",
        )
    return int(detector)


def _number(name: str, known: dict[str, int], where: str) -> int:
    if name in known:
        return known[name]
    if name.isdecimal() and int(name) in known.values():
        return int(name)
    there_are = ", ".join(f"{known[one]} {one}" for one in known) or "none"
    raise InputError(f"no detector {name!r}", where=where, cure=f"there are: {there_are}")
