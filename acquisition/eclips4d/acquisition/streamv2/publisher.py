"""Frames as a Stream V2 series that other programs read: a PUSH socket that never waits longer than it is told to.

Whoever connects is told the start of the series first. The protocol deals messages to its readers in turn and knows
neither acknowledgement nor keys: one reader, and frames that it does not take in time are dropped and counted.
"""

from __future__ import annotations

from types import TracebackType

import zmq
from zmq.utils.monitor import parse_monitor_message

from eclips4d.acquisition.streamv2.messages import Start, write_end, write_image, write_start
from eclips4d.core.errors import InputError
from eclips4d.core.frame import Frame
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.source import SourceInfo

QUEUED = 2
"""Messages that wait for a reader that is busy."""
GREETING_BYTES = 4096
"""All that a reader has to say: the handshake."""
LAST_WORD_MS = 500
BEGIN_MS = 100
"""A reader that has just come says who it is, and takes the start of the series, within this time each."""
WATCHED = zmq.EVENT_ACCEPTED | zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED

Context = zmq.Context[zmq.Socket[bytes]]


class StreamPublisher:
    """One series, at one address.

    Parameters
    ----------
    context : zmq.Context
    address : str
        Bound to, `tcp://HOST:PORT`.
    info : SourceInfo
    series : str
        Its unique id.
    compression : str, optional
        `lz4` or `bslz4`.

    Attributes
    ----------
    sent, dropped : int
        Frames.
    readers : int
        How often somebody has connected.

    Raises
    ------
    InputError
        The address is taken, or a library is missing.
    """

    def __init__(
        self, context: Context, address: str, info: SourceInfo, series: str, compression: str | None = None
    ) -> None:
        self.sent = self.dropped = self.readers = 0
        self._info, self._series, self._compression = info, series, compression
        self._begin = write_start(series_start(info, series), described(info))
        self._begin_due = False
        self._connections: set[int] = set()
        self._greeted = False
        self._socket: zmq.Socket[bytes] = context.socket(zmq.PUSH)
        self._socket.setsockopt(zmq.SNDHWM, QUEUED)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.MAXMSGSIZE, GREETING_BYTES)
        self._monitor = self._socket.get_monitor_socket(WATCHED)
        try:
            self._socket.bind(address)
        except zmq.ZMQError as error:
            self.close(linger_ms=0)
            raise InputError(f"cannot be bound: {error}", where=address, cure="choose another address") from error

    @property
    def address(self) -> str:
        """Where it listens, with the port that a wildcard has become."""
        return self._socket.getsockopt_string(zmq.LAST_ENDPOINT)

    def send(self, frame: Frame, patience_s: float = 0.0) -> bool:
        """Send a frame; False when no reader has taken it within `patience_s`: it is dropped."""
        header = frame.header
        if not self.is_heard(patience_s):
            self.dropped += 1
            return False
        message = write_image(
            self._series,
            header.sequence,
            (header.start_s, header.end_s),
            dict(zip(header.segments, frame.data, strict=True)),
            began_utc=self._info.start_utc,
            compression=self._compression,
            more={"user_data": {"frame_id": header.frame_id, **header.side}},
        )
        return self._told(message)

    def is_heard(self, patience_s: float = 0.0) -> bool:
        """Whether a reader, who knows the start of the series, will take a message."""
        patience_ms = round(1000 * patience_s)
        self._watch(0)
        if not self._greeted:
            self._watch(patience_ms)
        if not self._greeted or not self._socket.poll(patience_ms, zmq.POLLOUT):
            return False
        if not self._begin_due:
            return True
        self._socket.send(self._begin, zmq.NOBLOCK)
        self._begin_due = False
        return bool(self._socket.poll(BEGIN_MS, zmq.POLLOUT))

    def end(self, patience_s: float = 0.0) -> bool:
        """Tell whoever reads that the series has ended; False when nobody took it within `patience_s`."""
        if not self.is_heard(patience_s):
            return False
        self._socket.send(write_end(self._series), zmq.NOBLOCK)
        return True

    def close(self, linger_ms: int = LAST_WORD_MS) -> None:
        """Close; what a reader is about to take may still leave."""
        self._socket.disable_monitor()
        self._monitor.close(linger=0)
        self._socket.close(linger=linger_ms)

    def __enter__(self) -> StreamPublisher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _watch(self, patience_ms: int) -> None:
        """Who has come and gone; waits for the first news of it."""
        while self._monitor.poll(patience_ms):
            patience_ms = 0
            said = parse_monitor_message(self._monitor.recv_multipart())
            event, connection = int(said["event"]), int(said["value"])
            if event == zmq.EVENT_ACCEPTED:
                self._connections.add(connection)
                patience_ms = BEGIN_MS
            elif event == zmq.EVENT_DISCONNECTED:
                self._connections.discard(connection)
                self._greeted = self._greeted and bool(self._connections)
            elif event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self.readers += 1
                self._greeted = self._begin_due = True

    def _told(self, message: bytes) -> bool:
        try:
            self._socket.send(message, zmq.NOBLOCK, copy=False)
        except zmq.Again:  # gone since
            self.dropped += 1
            return False
        self.sent += 1
        return True


def series_start(info: SourceInfo, series: str) -> Start:
    """The source as a series."""
    return Start(
        series=series,
        channels=info.segments,
        dtype=info.dtype,
        size=(info.shape[2], info.shape[1]),
        images=info.frames,
        frame_time_s=1.0 / info.frames_per_second if info.frames_per_second else None,
        energy_ev=1e3 * parse_instrument(info.instrument_toml, info.address).beam.energy_kev,
    )


def described(info: SourceInfo) -> dict[str, object]:
    """Further fields of the start message; the instrument file goes along as user data."""
    width_nm, height_nm = parse_instrument(info.instrument_toml, info.address).scan.pixel_size_xy_nm
    return {
        "countrate_correction_enabled": False,
        "detector_description": "scanning electron microscope, segmented backscatter detector",
        "detector_serial_number": info.instrument,
        "flatfield_enabled": False,
        "pixel_mask_enabled": False,
        "pixel_size_x": width_nm * 1e-9,
        "pixel_size_y": height_nm * 1e-9,
        "saturation_value": 255 if info.dtype == "uint8" else 65535,
        "user_data": {"source": info.address, "instrument_toml": info.instrument_toml},
        "virtual_pixel_interpolation_enabled": False,
    }
