"""`sharksem://HOST[:8300]?channels=0,1,2,3&width=1024&height=1024&dwell_us=1…` as a source."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from threading import Event
from urllib.parse import urlsplit

from eclips4d.acquisition.device_address import Host, parse_host, parse_query
from eclips4d.acquisition.device_source import DeviceSource, Loss, Rows, RunClock
from eclips4d.acquisition.numbering import Numbering
from eclips4d.acquisition.reconnecting import reconnecting
from eclips4d.acquisition.recording import read_only
from eclips4d.acquisition.reported import SAME, SAME_DEG, as_reported
from eclips4d.acquisition.sharksem.assembly import Assembly, Scanned, Scanning
from eclips4d.acquisition.sharksem.connection import PORT, Connection
from eclips4d.acquisition.sharksem.detectors import choose_detectors
from eclips4d.acquisition.sharksem.readings import Readings, read_microscope, units_of
from eclips4d.acquisition.sharksem.scan import scan
from eclips4d.acquisition.sharksem.settings import ScanSettings
from eclips4d.core.errors import InputError, SourceError, WireError
from eclips4d.core.frame import Frame, FrameHeader
from eclips4d.core.instrument import Instrument
from eclips4d.core.instrument_text import to_toml
from eclips4d.core.source import SourceInfo

LETTERS = "ABCDEFGHIJKLMNOP"


@dataclass(slots=True)
class SharkSem:
    """How one microscope is scanned for one run."""

    host: Host
    asked: ScanSettings
    instrument: Instrument
    info: SourceInfo
    clock: RunClock
    run_id: str
    _assembly: Assembly = field(init=False)

    def __post_init__(self) -> None:
        pixels = self.asked.width * self.asked.height
        self._assembly = Assembly(self.asked.channels, pixels, self.asked.bpp)

    def receive(self, start: int, ended: Event) -> Iterator[Frame | Loss | Rows]:
        """What is scanned, as `device_source.Receive` has it."""
        last = math.inf if self.asked.frames is None else self.asked.frames - 1
        numbering = Numbering(start)
        # A run that goes on: no number stands twice in its store.
        self._assembly.number = max(self._assembly.number, start)

        def session() -> Iterator[Frame | Loss | Rows]:
            yield from self._assembly.give_up()
            with Connection(self.host, ended) as microscope, closing(self._scan(microscope)) as scanned:
                for item in scanned:
                    told = item if isinstance(item, Loss) else self._frame(*item, numbering)
                    yield told
                    if isinstance(told, Frame) and told.header.sequence >= last:
                        return

        return iter(()) if start > last else reconnecting(session, ended, where=self.info.address)

    def _scan(self, microscope: Connection) -> Generator[tuple[Scanned | Scanning, Readings] | Loss, None, None]:
        dwell_us = self.instrument.beam.dwell_us
        assert dwell_us is not None, "open_sharksem has seen to it"
        return scan(microscope, self.asked, dwell_us, self.info.segments, self._assembly, self.clock)

    def _frame(self, scanned: Scanned | Scanning, readings: Readings, numbering: Numbering) -> Frame | Rows:
        number, width = scanned.number, self.asked.width
        rows = scanned.data.shape[1] // width
        data = scanned.data[:, : rows * width].reshape(len(self.info.segments), rows, width)
        if isinstance(scanned, Scanning):
            return Rows(self._header(number, numbering.foretold(number), scanned.last_s, rows, readings), data)
        header = self._header(number, numbering.sequence(number), scanned.last_s, rows, readings)
        return Frame(header, read_only(data))

    def _header(self, number: int, sequence: int, last_s: float, rows: int, readings: Readings) -> FrameHeader:
        line_time_s = self.instrument.scan.line_time_s
        start_s = last_s - line_time_s * rows
        return FrameHeader(
            run_id=self.run_id,
            sequence=sequence,
            frame_id=number,
            start_s=start_s,
            end_s=max(last_s, start_s + line_time_s * self.asked.height),
            line_time_s=line_time_s,
            segments=self.info.segments,
            dtype=self.info.dtype,
            shape=self.info.shape,
            pixel_size_nm=self._pixel_size_nm(readings),
            rotation_deg=self.instrument.scan.rotation_deg,
            instrument=self.info.instrument,
            side=readings.side,
        )

    def _pixel_size_nm(self, readings: Readings) -> tuple[float, float]:
        """The run's own, digit for digit, unless the view field has been changed: then what it is now."""
        said, now = self.instrument.scan.pixel_size_xy_nm, readings.pixel_nm(self.asked.field_px)
        return said if all(math.isclose(now, one, rel_tol=SAME) for one in said) else (now, now)


def open_sharksem(address: str, instrument: Instrument, run_id: str) -> DeviceSource:
    """The microscope at `sharksem://HOST[:PORT]?…`: it is asked how it is, and scans when its frames are asked for.

    Raises
    ------
    InputError
        A parameter, channel or detector that cannot be.
    SourceError
        The microscope does not answer.
    """
    asked = parse_query(ScanSettings, address)
    host = parse_host(urlsplit(address).netloc, PORT, address)
    segments = tuple(LETTERS[: len(asked.channels)])
    _check(asked, instrument, address)
    clock = RunClock()
    try:
        with Connection(host, Event()) as microscope:
            readings = read_microscope(microscope, choose_detectors(microscope, asked), segments)
    except (OSError, WireError) as error:
        if isinstance(error, InputError):
            raise
        raise SourceError(
            f"the microscope cannot be asked: {error}",
            where=address,
            cure="check host and port, and that its remote control is switched on",
        ) from error
    described, remarks = _described(instrument, readings, asked)
    info = SourceInfo(
        kind="sharksem",
        address=address,
        identity=address.split("?", 1)[0],
        instrument_toml=to_toml(described),
        instrument=described.fingerprint,
        segments=segments,
        dtype=f"uint{asked.bpp}",
        shape=(len(segments), asked.height, asked.width),
        frames=asked.frames,
        can_wait=False,
        start_utc=clock.start_utc,
        frames_per_second=1.0 / (described.scan.line_time_s * asked.height),
        side_units=units_of(segments),
        pushed=True,
        remarks=remarks,
    )
    return DeviceSource(info, SharkSem(host, asked, described, info, clock, run_id).receive)


def _check(asked: ScanSettings, instrument: Instrument, address: str) -> None:
    if len(asked.channels) != instrument.segments:
        raise InputError(
            f"{len(asked.channels)} channels, but the instrument file has {instrument.segments} azimuths",
            where=address,
            cure="give channels=… with one channel per azimuth",
        )
    if asked.dwell_us is None and instrument.beam.dwell_us is None:
        raise InputError("no dwell time", where=address, cure="give dwell_us=… in the address")


def _described(instrument: Instrument, readings: Readings, asked: ScanSettings) -> tuple[Instrument, tuple[str, ...]]:
    """The description with what the microscope says, and what whoever starts the run should know."""
    dwell_us = asked.dwell_us or instrument.beam.dwell_us
    assert dwell_us is not None, "checked before"
    # An instrument file that was written for a recording may hold that one's times.
    line_time_s = instrument.scan.line_time_s or dwell_us * 1e-6 * asked.width
    scanned = instrument.scan.model_copy(update={"frame_times_s": None, "line_time_s": line_time_s})
    instrument = instrument.model_copy(update={"scan": scanned})
    described, differences = as_reported(instrument, readings.reported(asked.field_px, dwell_us))
    remarks = list(differences)
    if not readings.beam_on:
        remarks.append("the beam is off")
    turned, said = readings.side["image_rotation"], instrument.scan.rotation_deg
    if abs(math.remainder(abs(turned) - abs(said), 360.0)) > SAME_DEG:
        remarks.append(
            f"the image is rotated by {turned:g} degrees, scan.rotation_deg of the instrument file is {said:g}"
        )
    return described, tuple(remarks)
