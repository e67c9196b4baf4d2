"""Side streams joined to frames as these come: a frame has what is known by then, and never waits."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from eclips4d.acquisition.side.address import SideStream, parse_sides
from eclips4d.acquisition.side.series import Series
from eclips4d.acquisition.side.telling import EVERY_S, Telling
from eclips4d.core.errors import InputError
from eclips4d.core.frame import Frame
from eclips4d.core.messages import Remark
from eclips4d.core.source import SourceInfo


class Reader(Protocol):
    """Fills series from elsewhere, on threads of its own."""

    def close(self) -> None:
        """End them."""
        ...


class SideStreams:
    """All side streams of a run.

    Parameters
    ----------
    series : sequence of Series
    readers : sequence of Reader
        What fills them; closed with this.
    """

    def __init__(self, series: Sequence[Series], readers: Sequence[Reader] = ()) -> None:
        self.series, self._readers = tuple(series), tuple(readers)
        self._told: deque[Remark] = deque(maxlen=1000)
        self._tellings = tuple(Telling(one) for one in self.series)
        self._last_s = time.monotonic()

    def described(self, info: SourceInfo) -> SourceInfo:
        """What the source says about itself, with the units of these side values.

        Raises
        ------
        InputError
            The source has a side value of the same name, or a dark level is in another unit than the pixels.
        """
        return described(info, [series.stream for series in self.series])

    def joined(self, frame: Frame, came_s: float) -> Frame:
        """The frame with the side values that its middle had.

        Parameters
        ----------
        came_s
            When its last row was there, seconds since 1970.
        """
        if not self.series:
            return frame
        header = frame.header
        middle_s = came_s - 0.5 * (header.end_s - header.start_s)
        found = {series.stream.name: series.at(middle_s) for series in self.series}
        for telling, value in zip(self._tellings, found.values(), strict=True):
            if (remark := telling.seen(value, time.monotonic())) is not None:
                self._told.append(remark)
        side = header.side | {name: value for name, value in found.items() if math.isfinite(value)}
        return Frame(msgspec.structs.replace(header, side=side), frame.data)

    def news(self, *, all_of_it: bool = False) -> list[Remark]:
        """What has happened since the last time, each thing once, in turns or `all_of_it`."""
        told = []
        while self._told:
            told.append(self._told.popleft())
        now_s = time.monotonic()
        if all_of_it or now_s - self._last_s >= EVERY_S:
            self._last_s = now_s
            told += [remark for telling in self._tellings for remark in telling.news()]
        return told

    def close(self) -> None:
        """End all threads; may be called again."""
        for reader in self._readers:
            reader.close()


def came_s(frame: Frame, info: SourceInfo) -> float:
    """When the last row of a frame that has just come was there, seconds since 1970 by this host's clock.

    What an instrument pushes has times read off a clock; times of other sources follow from numbers, so now counts.
    """
    if not info.pushed:
        return time.time()
    try:
        return datetime.fromisoformat(info.start_utc).timestamp() + frame.header.end_s
    except ValueError:  # no date: nothing to count from
        return time.time()


def described(info: SourceInfo, streams: Sequence[SideStream]) -> SourceInfo:
    """What a source says about itself, with the units of side streams; errors as of `SideStreams.described`."""
    twice = sorted({stream.name for stream in streams} & set(info.side_units))
    if twice:
        raise InputError(f"the source tells {twice[0]} itself", where="--side", cure="choose another name")
    dark = {f"dark_{segment}" for segment in info.segments}
    other = [stream for stream in streams if stream.name in dark and stream.unit != "adu"]
    if other:
        what = f"{other[0].name} is a dark level in {other[0].unit}"
        raise InputError(what, where="--side", cure="frames are inverted with it: give it in adu, or another name")
    units = info.side_units | {stream.name: stream.unit for stream in streams}
    return msgspec.structs.replace(info, side_units=units) if streams else info


def open_sides(sides: Mapping[str, str]) -> SideStreams:
    """Listen to side streams; none of them need be there yet.

    Parameters
    ----------
    sides
        Address of each name.

    Raises
    ------
    InputError
        As of `parse_side`.
    """
    series = [Series(stream) for stream in parse_sides(sides)]
    readers: list[Reader] = []
    of = {scheme: [one for one in series if one.stream.scheme == scheme] for scheme in ("zmq", "ca", "pva")}
    if of["zmq"]:
        from eclips4d.acquisition.side.zmq_reader import ZmqReader

        readers.append(ZmqReader(of["zmq"]))
    if of["ca"]:
        from eclips4d.acquisition.side.epics_ca import CaReader

        readers.append(CaReader(of["ca"]))
    if of["pva"]:
        from eclips4d.acquisition.side.epics_pva import PvaReader

        readers.append(PvaReader(of["pva"]))
    return SideStreams(series, readers)
