"""Messages from a PULL socket become frames: what is no message is counted, what is of another layout ends the run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import numpy as np
import zmq

from eclips4d.acquisition.device_source import Loss, RunClock
from eclips4d.acquisition.numbering import Numbering
from eclips4d.acquisition.recording import read_only
from eclips4d.acquisition.streamv2.arrays import pixels
from eclips4d.acquisition.streamv2.messages import End, Image, Start, read
from eclips4d.core.errors import InputError, WireError
from eclips4d.core.frame import Frame, FrameHeader
from eclips4d.core.instrument import Instrument
from eclips4d.core.log import get_logger
from eclips4d.core.source import SourceInfo

TICK_MS = 200
QUEUED = 4
"""Messages that the socket takes ahead; more wait with the detector."""
BYTES_PER_PIXEL = 16
"""Of each channel in a start message: flat field, mask and what a compressor may add."""
OTHER_BYTES = 1 << 20
KEEPALIVE_S = 10
IMAGE, HEAD_BYTES = b"\x64type\x65image", 20
"""The type comes first in every message: of one that is damaged, it still tells that it was an image."""

Context = zmq.Context[zmq.Socket[bytes]]


def largest_message(shape: tuple[int, int, int]) -> int:
    """Bytes; who sends more is cut off."""
    return OTHER_BYTES + BYTES_PER_PIXEL * math.prod(shape)


class Receiver:
    """What a `DeviceSource` receives with.

    Parameters
    ----------
    endpoint
        Connected to.
    info, instrument, run_id
        For the frames' headers.
    clock
        Of the run. The detector's own clock tells intervals within a series; the first image of each is placed by the
        moment of its coming, so that a detector whose clock is wrong does no harm.
    ends
        The source ends with a series whose beginning was heard, or which a run that goes on had begun with.
    """

    def __init__(
        self, endpoint: str, info: SourceInfo, instrument: Instrument, run_id: str, clock: RunClock, *, ends: bool
    ) -> None:
        self._endpoint, self._info, self._instrument, self._run_id = endpoint, info, instrument, run_id
        self._clock, self._ends = clock, ends
        self._series = _Series()

    def receive(self, start: int, ended: Event) -> Iterator[Frame | Loss]:
        """Frames numbered from `start` on.

        Raises
        ------
        InputError
            The images are of another layout than the address says.
        """
        numbering, whole = Numbering(start), start > 0
        if self._is_enough(numbering):
            return
        for message in self._messages(ended):
            if isinstance(message, Loss):
                yield message
                continue
            try:
                said = read(message)
                if isinstance(said, Image):
                    yield self._frame(said, numbering)
                    if self._is_enough(numbering):
                        return
            except WireError as error:
                get_logger().warning("a message was dropped", where=self._info.address, error=error.line)
                yield Loss(damaged=1, lost=IMAGE in message[:HEAD_BYTES])
                continue
            if isinstance(said, Start):
                whole = True
                self._compare(said)
            if isinstance(said, End):
                get_logger().info("the series has ended", series=said.series[:100])
                if self._ends and whole:
                    return

    def _is_enough(self, numbering: Numbering) -> bool:
        return self._info.frames is not None and numbering.start >= self._info.frames

    def _messages(self, ended: Event) -> Iterator[bytes | Loss]:
        with _connected(self._endpoint, largest_message(self._info.shape)) as (socket, monitor):
            poller = zmq.Poller()
            poller.register(socket, zmq.POLLIN)
            poller.register(monitor, zmq.POLLIN)
            connections = 0
            while not ended.is_set():
                ready = dict(poller.poll(TICK_MS))
                if monitor in ready:
                    monitor.recv_multipart()
                    connections += 1
                    if connections > 1:
                        yield Loss(reconnections=1)
                if socket in ready:
                    parts = socket.recv_multipart()
                    yield parts[0] if len(parts) == 1 else b""

    def _frame(self, image: Image, numbering: Numbering) -> Frame:
        info = self._info
        missing = [name for name in info.segments if name not in image.data]
        if missing:
            there = ",".join(sorted(image.data))[:200]
            raise self._misfit(f"no channel {missing[0]!r} in image {image.number}", f"say channels={there}")
        data = np.empty(info.shape, info.dtype)
        for plane, name in zip(data, info.segments, strict=True):
            try:
                plane[:] = pixels(image.data[name], (info.shape[1], info.shape[2]), info.dtype)
            except InputError as error:
                raise self._misfit(error.what, error.cure or "correct the address") from error
        begun_s, ended_s = self._series.times(image, self._clock.now_s())
        scan = self._instrument.scan
        return Frame(
            FrameHeader(
                run_id=self._run_id,
                sequence=numbering.sequence(image.number),
                frame_id=image.number,
                start_s=begun_s,
                end_s=ended_s,
                line_time_s=scan.line_time_s or (ended_s - begun_s) / info.shape[1],
                segments=info.segments,
                dtype=info.dtype,
                shape=info.shape,
                pixel_size_nm=scan.pixel_size_xy_nm,
                rotation_deg=scan.rotation_deg,
                instrument=info.instrument,
            ),
            read_only(data),
        )

    def _compare(self, start: Start) -> None:
        info, stated_ev = self._info, 1e3 * self._instrument.beam.energy_kev
        is_so = (start.size, start.dtype)
        if is_so != ((info.shape[2], info.shape[1]), info.dtype):
            (columns, rows), bits = start.size, start.dtype.removeprefix("uint")
            cure = f"say width={columns}&height={rows}&bits={bits}" if bits in ("8", "16") else "set 8 or 16 bits there"
            raise self._misfit(f"the series has {start.dtype} images of {columns} x {rows}", cure)
        if start.energy_ev and not math.isclose(start.energy_ev, stated_ev, rel_tol=1e-3):
            get_logger().warning("another energy than the instrument file's", ev=start.energy_ev, stated_ev=stated_ev)

    def _misfit(self, what: str, cure: str) -> InputError:
        return InputError(what, where=self._info.address, cure=cure)


class _Series:
    """Where the series that images come from stands on the run's clock."""

    def __init__(self) -> None:
        self._name: str | None = None
        self._offset_s = 0.0
        self._newest_s = -math.inf

    def times(self, image: Image, now_s: float) -> tuple[float, float]:
        """Start and end of an image, seconds on the run's clock."""
        if image.series != self._name:
            self._name = image.series
            # It has ended by now. Where one series follows another at once, time still goes on.
            began_s = max(now_s - float(image.stop_s - image.start_s), math.nextafter(self._newest_s, math.inf))
            self._offset_s = began_s - float(image.start_s)
        begun_s = self._offset_s + float(image.start_s)
        self._newest_s = max(self._newest_s, begun_s)
        return begun_s, max(begun_s, self._offset_s + float(image.stop_s))


@contextmanager
def _connected(endpoint: str, largest: int) -> Iterator[tuple[zmq.Socket[bytes], zmq.Socket[bytes]]]:
    """A PULL socket, which connects again by itself, and a monitor that tells each time it has."""
    with zmq.Context() as context:
        socket: zmq.Socket[bytes] = context.socket(zmq.PULL)
        for option, value in (
            (zmq.LINGER, 0),
            (zmq.RCVHWM, QUEUED),
            (zmq.MAXMSGSIZE, largest),
            (zmq.TCP_KEEPALIVE, 1),
            (zmq.TCP_KEEPALIVE_IDLE, KEEPALIVE_S),
            (zmq.TCP_KEEPALIVE_INTVL, KEEPALIVE_S),
        ):
            socket.setsockopt(option, value)
        monitor = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
        try:
            socket.connect(endpoint)
            yield socket, monitor
        finally:
            socket.disable_monitor()
            monitor.close(linger=0)
            socket.close(linger=0)
