"""`obi://HOST[:2224],HOST,…?width=1024&height=1024&dwell_us=1…` as a source."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Event
from urllib.parse import urlsplit

import numpy as np

from eclips4d.acquisition.device_address import Host, parse_host, parse_query
from eclips4d.acquisition.device_source import DeviceSource, Loss, RunClock
from eclips4d.acquisition.obi.board import PORT, Board, Scanned, scan_in_turn
from eclips4d.acquisition.obi.settings import ObiScan
from eclips4d.acquisition.reconnecting import reconnecting
from eclips4d.acquisition.recording import read_only, segment_names
from eclips4d.acquisition.reported import Reported, as_reported
from eclips4d.core.errors import InputError, SourceError, WireError
from eclips4d.core.frame import Frame, FrameHeader
from eclips4d.core.instrument import Instrument
from eclips4d.core.instrument_text import to_toml
from eclips4d.core.log import get_logger
from eclips4d.core.source import SourceInfo


@dataclass(slots=True)
class Scanning:
    """How one microscope is scanned for one run."""

    hosts: tuple[Host, ...]
    asked: ObiScan
    instrument: Instrument
    info: SourceInfo
    clock: RunClock
    run_id: str

    def receive(self, start: int, ended: Event) -> Iterator[Frame | Loss]:
        """What is scanned, as `device_source.Receive` has it; a scan that was damaged leaves a hole in the numbers."""
        last = math.inf if self.asked.frames is None else self.asked.frames - 1
        number = start

        def session() -> Iterator[Frame | Loss]:
            nonlocal number
            with ExitStack() as connected:
                boards = [connected.enter_context(Board(host, ended)) for host in self.hosts]
                for board in boards:
                    board.synchronize()
                    board.take_over(False)
                while number <= last and not ended.is_set():
                    number += 1
                    yield self._one(boards, number - 1)

        yield from reconnecting(session, ended, where=self.info.address)

    def _one(self, boards: list[Board], number: int) -> Frame | Loss:
        try:
            images, first_s = scan_in_turn(boards, self.asked, self.clock.now_s)
        except WireError as error:
            get_logger().warning("a scan is damaged", number=number, error=error.line)
            return Loss(lost=1, damaged=1)
        return self._frame(images, number, first_s)

    def _frame(self, images: list[Scanned], number: int, first_s: float) -> Frame:
        line_time_s = self.asked.line_time_s
        scan_s = line_time_s * self.asked.height
        header = FrameHeader(
            run_id=self.run_id,
            sequence=number,
            frame_id=number,
            start_s=first_s - scan_s,
            end_s=self.clock.now_s(),
            line_time_s=line_time_s,
            segments=self.info.segments,
            dtype=self.info.dtype,
            shape=self.info.shape,
            pixel_size_nm=self.instrument.scan.pixel_size_xy_nm,
            rotation_deg=self.instrument.scan.rotation_deg,
            instrument=self.info.instrument,
            side={f"dark_{name}": image.dark for name, image in zip(self.info.segments, images, strict=True)},
        )
        return Frame(header, read_only(np.ascontiguousarray(np.stack([image.pixels for image in images]))))


def open_obi(address: str, instrument: Instrument, run_id: str) -> DeviceSource:
    """The boards at `obi://HOST[:PORT],…?…`, one for each segment.

    Raises
    ------
    InputError
        A parameter that cannot be, or another number of boards than of segments.
    SourceError
        A board does not answer.
    """
    asked = parse_query(ObiScan, address)
    hosts = tuple(parse_host(text, PORT, address) for text in urlsplit(address).netloc.split(","))
    _check(hosts, instrument, address)
    segments = segment_names(len(hosts))
    clock = RunClock()
    for host in hosts:
        try:
            with Board(host, Event()) as board:
                board.synchronize()
        except (OSError, WireError) as error:
            raise SourceError(
                f"the board at {host} cannot be asked: {error}", where=address, cure="check host, port and its server"
            ) from error
    scan = instrument.scan.model_copy(update={"frame_times_s": None, "line_time_s": asked.line_time_s})
    reported = Reported(dwell_us=asked.cycles * 0.125)
    described, remarks = as_reported(instrument.model_copy(update={"scan": scan}), reported)
    info = SourceInfo(
        kind="obi",
        address=address,
        identity=address.split("?", 1)[0],
        instrument_toml=to_toml(described),
        instrument=described.fingerprint,
        segments=segments,
        dtype="uint16",
        shape=(len(hosts), asked.height, asked.width),
        frames=asked.frames,
        can_wait=False,
        start_utc=clock.start_utc,
        frames_per_second=1.0 / (asked.line_time_s * asked.height * len(hosts)),
        side_units={f"dark_{name}": "adu" for name in segments},
        pushed=True,
        remarks=(*remarks, "segments are scanned one after the other: what moves between them is read as slope"),
    )
    return DeviceSource(info, Scanning(hosts, asked, described, info, clock, run_id).receive)


def _check(hosts: tuple[Host, ...], instrument: Instrument, address: str) -> None:
    if len(hosts) != instrument.segments:
        raise InputError(
            f"{len(hosts)} boards, but the instrument file has {instrument.segments} azimuths; a board has one input",
            where=address,
            cure="give one HOST:PORT for each segment, separated by commas",
        )
    if len(set(hosts)) != len(hosts):
        raise InputError("a board is named twice", where=address, cure="give each segment a board of its own")
