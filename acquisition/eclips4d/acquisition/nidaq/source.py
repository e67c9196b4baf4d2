"""`nidaq://DEVICE?width=512&height=512&dwell_us=10…` as a source."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Event
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from eclips4d.acquisition.device_address import parse_query
from eclips4d.acquisition.device_source import DeviceSource, Loss, RunClock
from eclips4d.acquisition.nidaq.daq import Daq, Limits
from eclips4d.acquisition.nidaq.plan import ScanPlan
from eclips4d.acquisition.nidaq.settings import NiScan
from eclips4d.acquisition.reconnecting import reconnecting
from eclips4d.acquisition.recording import read_only, segment_names
from eclips4d.acquisition.reported import Reported, as_reported
from eclips4d.core.errors import InputError, WireError
from eclips4d.core.frame import Frame, FrameHeader
from eclips4d.core.instrument import Instrument
from eclips4d.core.instrument_text import to_toml
from eclips4d.core.log import get_logger
from eclips4d.core.source import SourceInfo

FAKE = "fake"
LOOK_S = 0.2
"""So much is read at once, that whoever stops the source waits no longer."""


@dataclass(slots=True)
class Scanning:
    """How one microscope is scanned for one run."""

    daq: Daq
    plan: ScanPlan
    instrument: Instrument
    info: SourceInfo
    clock: RunClock
    run_id: str

    def receive(self, start: int, ended: Event) -> Iterator[Frame | Loss]:
        """What is scanned, as `device_source.Receive` has it.

        The device repeats frames by its own clock, so that their numbers are counted from samples. After a break the
        time that has passed tells how many were missed.
        """
        asked = self.plan.asked
        last = math.inf if asked.frames is None else asked.frames - 1
        first_s, number = math.nan, start

        def session() -> Iterator[Frame | Loss]:
            nonlocal first_s, number
            self.daq.start(self.plan)
            begun_s = self.clock.now_s()
            if math.isnan(first_s):
                first_s = begun_s
            else:
                number = max(number, start + math.ceil((begun_s - first_s) / self.plan.frame_s))
            try:
                self._samples(self.plan.delay_samples, ended)
                begun_s += asked.delay_us * 1e-6
                while number <= last and not ended.is_set():
                    volts = self._samples(self.plan.frame_samples, ended)
                    if volts is None:
                        return
                    number += 1
                    yield self._one(volts, number - 1, begun_s)
                    begun_s += self.plan.frame_s
            finally:
                self.daq.stop()

        yield from reconnecting(session, ended, where=self.info.address)

    def _samples(self, count: int, ended: Event) -> NDArray[np.float64] | None:
        """All inputs; None when nobody wants them any more."""
        piece = max(1, round(LOOK_S * self.plan.sample_rate_hz))
        pieces: list[NDArray[np.float64]] = []
        while count > 0:
            if ended.is_set():
                return None
            wanted = min(piece, count)
            pieces.append(self.daq.read(wanted))
            if pieces[-1].shape[-1] != wanted:
                # Which sample belongs to which pixel is no longer known: the scan begins anew.
                raise ConnectionError(f"{pieces[-1].shape[-1]} samples came instead of {wanted}")
            count -= wanted
        return np.concatenate(pieces, axis=1) if pieces else np.empty((0, 0))

    def _one(self, volts: NDArray[np.float64], number: int, begun_s: float) -> Frame | Loss:
        try:
            data = self.plan.pixels(volts)
            dark = self.plan.dark_adu(volts) if self.plan.asked.blank else ()
        except WireError as error:
            get_logger().warning("a frame is damaged", number=number, error=error.line)
            return Loss(lost=1, damaged=1)
        line_time_s, above = self.plan.line_time_s, self.plan.asked.settle_rows
        start_s = begun_s + line_time_s * above
        side = {f"dark_{name}": float(adu) for name, adu in zip(self.info.segments, dark, strict=False)}
        header = FrameHeader(
            run_id=self.run_id,
            sequence=number,
            frame_id=number,
            start_s=start_s,
            end_s=start_s + line_time_s * self.plan.asked.height,
            line_time_s=line_time_s,
            segments=self.info.segments,
            dtype=self.info.dtype,
            shape=self.info.shape,
            pixel_size_nm=self.instrument.scan.pixel_size_xy_nm,
            rotation_deg=self.instrument.scan.rotation_deg,
            instrument=self.info.instrument,
            side=side | {"clipped": self.plan.clipped(data)},
        )
        return Frame(header, read_only(data))


def open_nidaq(address: str, instrument: Instrument, run_id: str) -> DeviceSource:
    """The device at `nidaq://NAME?…`, or the fake one at `nidaq://fake?scene=…`.

    Raises
    ------
    InputError
        A parameter that cannot be, a rate that the device does not reach, or nidaqmx is missing.
    SourceError
        The device does not answer.
    """
    name, asked = urlsplit(address).netloc, parse_query(NiScan, address)
    return source_of(_daq(name, asked, address), asked, address, instrument, run_id)


def source_of(daq: Daq, asked: NiScan, address: str, instrument: Instrument, run_id: str) -> DeviceSource:
    """A source over any device; errors as in `open_nidaq`."""
    if len(asked.inputs) != instrument.segments:
        raise InputError(
            f"{len(asked.inputs)} inputs, but the instrument file has {instrument.segments} azimuths",
            where=address,
            cure="give inputs=… with one input per azimuth",
        )
    plan, limits = ScanPlan(asked), daq.limits(len(asked.inputs))
    _check_rates(plan, limits, address)
    clock, segments = RunClock(), segment_names(len(asked.inputs))
    scan = instrument.scan.model_copy(update={"frame_times_s": None, "line_time_s": plan.line_time_s})
    instrument = instrument.model_copy(update={"scan": scan})
    described, remarks = as_reported(instrument, Reported(dwell_us=plan.dwell_us))
    info = SourceInfo(
        kind="nidaq",
        address=address,
        identity=address.split("?", 1)[0],
        instrument_toml=to_toml(described),
        instrument=described.fingerprint,
        segments=segments,
        dtype="uint16",
        shape=(len(segments), asked.height, asked.width),
        frames=asked.frames,
        can_wait=False,
        start_utc=clock.start_utc,
        frames_per_second=1.0 / plan.frame_s,
        side_units={f"dark_{name}": "adu" for name in segments if asked.blank} | {"clipped": "%"},
        pushed=True,
        remarks=(*remarks, *_remarks(plan, limits)),
    )
    return DeviceSource(info, Scanning(daq, plan, described, info, clock, run_id).receive)


def _check_rates(plan: ScanPlan, limits: Limits, address: str) -> None:
    pixel_hz = plan.sample_rate_hz / plan.asked.samples
    if plan.sample_rate_hz > limits.input_hz:
        fewer = int(limits.input_hz * plan.asked.dwell_us * 1e-6)
        raise InputError(
            f"{plan.sample_rate_hz:.6g} samples/s of each input, {limits.name} takes {limits.input_hz:.6g}",
            where=address,
            cure=f"give {f'samples={fewer} or ' if fewer else ''}a longer dwell_us",
        )
    if pixel_hz > limits.output_hz:
        raise InputError(
            f"{pixel_hz:.6g} pixels/s, the outputs of {limits.name} take {limits.output_hz:.6g}",
            where=address,
            cure="give a longer dwell_us",
        )


def _remarks(plan: ScanPlan, limits: Limits) -> Iterator[str]:
    if not limits.simultaneous:
        apart_us = 1e6 / plan.sample_rate_hz / len(plan.asked.inputs)
        yield f"{limits.name} has one converter for all inputs: it has {apart_us:.3g} us or less to settle on each"
    if not plan.asked.blank:
        yield "no blanker: dark levels are not measured, and the beam is on during its way back"


def _daq(name: str, asked: NiScan, address: str) -> Daq:
    if name == FAKE:
        from eclips4d.acquisition.nidaq.fake import fake_device

        return fake_device(asked, address)
    if asked.scene:
        raise InputError("scene is for nidaq://fake", where=address, cure="leave it out")
    if not name:
        raise InputError("no device", where=address, cure="say nidaq://Dev1?…")
    from eclips4d.acquisition.nidaq.driver import NiDevice

    return NiDevice(name)
