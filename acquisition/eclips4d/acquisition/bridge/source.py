"""`bridge://HOST:PORT?width=…&height=…`: listens for a site's own script, `eclips4d_bridge.py`, that pushes frames.

The script keeps every frame until it is told that it is on disk here. Of all instruments it alone can therefore be
asked for a frame again. Who takes the frames says what is safe, with `acknowledge`; for whoever never does a frame that
is handed out has passed, as with any instrument.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator
from threading import Event
from types import TracebackType
from typing import Annotated
from urllib.parse import urlsplit
from uuid import uuid4

from pydantic import BeforeValidator, Field

from eclips4d.acquisition.bridge.conversation import Conversation
from eclips4d.acquisition.bridge.messages import Pushed, decode, pixels
from eclips4d.acquisition.bridge.port import Context, Socket, listening, say
from eclips4d.acquisition.deliveries import Deliveries
from eclips4d.acquisition.device_address import parse_host, parse_query
from eclips4d.acquisition.device_source import RunClock
from eclips4d.acquisition.pushed import PushedFrames, pushed_info
from eclips4d.acquisition.source import Guard, Health
from eclips4d.core.errors import InputError, WireError
from eclips4d.core.frame import Frame, FrameHeader
from eclips4d.core.instrument import Instrument
from eclips4d.core.log import get_logger
from eclips4d.core.source import SourceInfo

PORT = 8500
TICK_MS = 50
LAST_ACKNOWLEDGEMENT_S = 10.0
"""After `stop`, for so long the bridge is still told what has become durable; `close` ends that."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _units(value: object) -> object:
    return dict(pair.partition(":")[::2] for pair in value.split(",")) if isinstance(value, str) else value


class BridgeSettings(PushedFrames):
    """Parameters of the address; `channels` are `A,B,C,…` when not given."""

    side: Annotated[dict[str, str], BeforeValidator(_units)] = Field(default_factory=dict)
    """Side values that frames may carry, with their units: `temperature:K,pressure:Pa`."""


def open_bridge(address: str, instrument: Instrument, run_id: str = "") -> BridgeSource:
    """A source that a bridge comes to. Nothing is bound before the first frame is asked for.

    Raises
    ------
    InputError
        Bad address, or another number of channels than the instrument file has azimuths.
    """
    host = parse_host(re.sub(r"^\*", "0.0.0.0", urlsplit(address).netloc), PORT, address)
    settings = parse_query(BridgeSettings, address)
    channels = settings.channels or tuple(LETTERS[: instrument.segments])
    clock = RunClock()
    info = pushed_info(
        "bridge", address, instrument, settings, channels, start_utc=clock.start_utc, side_units=settings.side
    )
    return BridgeSource(f"tcp://{host}", info, instrument, run_id, clock)


class BridgeSource:
    """`Source` over what a bridge pushes.

    Parameters
    ----------
    endpoint
        Bound to.
    info, instrument, run_id
        For the frames' headers.
    clock
        Of the run.
    """

    def __init__(self, endpoint: str, info: SourceInfo, instrument: Instrument, run_id: str, clock: RunClock) -> None:
        self.info, self.endpoint = info, endpoint
        self._instrument, self._run_id, self._clock = instrument, run_id, clock
        self._deliveries = Deliveries(live=False)
        self._run = ""
        self._talk = Conversation(f"reader-{uuid4().hex}", 0, 0)
        self._shift = 0
        self._durable: int | None = None
        self._context: Context | None = None
        self._guard: Guard | None = None
        self._closed = False

    def frames(self, start: int = 0) -> Iterator[Frame]:
        """Frames numbered from `start` on; the bridge lets go of all before.

        Raises
        ------
        InputError
            Others can reach the address and nobody asks for keys, it is taken, or the frames are of another layout.
        """
        return self._deliveries.frames(lambda ended: self._received(start, ended))

    def acknowledge(self, run: str, durable: int) -> None:
        """Every frame of this run below sequence `durable` is safe; to be said before `frames`, too."""
        self._run, self._durable = run, durable

    def guarded_by(self, guard: Guard | None, context: Context) -> None:
        """Have this one stand before the socket, which will be one of this context."""
        self._guard, self._context = guard, context

    def stop(self) -> None:
        """End every iteration soon."""
        self._deliveries.stop()

    def health(self) -> Health:
        """Counts and state."""
        return self._deliveries.health()

    def close(self) -> None:
        """Stop; the socket is closed where it is used."""
        self._closed = True
        self._deliveries.close()

    def __enter__(self) -> BridgeSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _received(self, start: int, ended: Event) -> Iterator[Frame]:
        if ended.is_set() or self._is_enough(start):
            return
        with listening(self.endpoint, self.info.shape, self._guard, self._context) as socket:
            talk = self._talk = self._begun(start)
            until = math.inf
            while time.monotonic() < until:
                came = bool(socket.poll(TICK_MS))
                frame = self._next(socket, talk) if came else None
                self._tell_durable(socket, talk)
                if frame is not None:
                    yield frame
                if ended.is_set() or self._is_enough(talk.wanted + self._shift):
                    # A connection that is closed with something unread in it takes the last word away.
                    if self._closed or self._durable is None or (talk.durable >= talk.wanted and not came):
                        return
                    talk.is_ending = True
                    until = min(until, time.monotonic() + LAST_ACKNOWLEDGEMENT_S)

    def _is_enough(self, sequence: int) -> bool:
        return self.info.frames is not None and sequence >= self.info.frames

    def _begun(self, start: int) -> Conversation:
        """Numbers are sequences of the run; those of a reader that acknowledges nothing go on from where it left."""
        if self._durable is not None:
            self._shift = 0
            return self._talk.next_one(self._run, start)
        self._shift = start - self._talk.wanted
        return self._talk

    def _next(self, socket: Socket, talk: Conversation) -> Frame | None:
        """What has come, if it is the next frame."""
        sender, *parts = socket.recv_multipart()
        try:
            said, plain = decode(parts)
            if not talk.listens_to(sender):
                return None
            talk.hears(said, self._clock.now_s())
            frame = None
            if isinstance(said, Pushed) and talk.is_next(said):
                frame = self._frame(said, plain, talk)
                talk.takes(said)
        except WireError as error:
            get_logger().warning("a message was dropped", where=self.info.address, error=error.line)
            self._deliveries.count(damaged=1)
            say(socket, sender, talk.told(again=True))
            return None
        self._deliveries.note(reconnections=max(0, talk.bridges - 1))
        say(socket, sender, talk.answer(said))
        return frame

    def _tell_durable(self, socket: Socket, talk: Conversation) -> None:
        durable = talk.wanted if self._durable is None else min(self._durable, talk.wanted)
        if durable > talk.durable:
            talk.durable = durable
            say(socket, talk.sender, talk.told())

    def _frame(self, pushed: Pushed, plain: bytes, talk: Conversation) -> Frame:
        info, scan = self.info, self._instrument.scan
        if (pushed.shape, pushed.dtype) != (info.shape, info.dtype):
            is_so = f"{pushed.shape[0]} images of {pushed.dtype}, {pushed.shape[2]} x {pushed.shape[1]}"
            raise InputError(f"frames are {is_so}", where=info.address, cure="correct width, height, bits or channels")
        unknown = sorted(set(pushed.side) - set(info.side_units))
        if unknown:
            cure = f"say side={unknown[0]}:UNIT"
            raise InputError(f"frames have the side value {unknown[0]!r}"[:200], where=info.address, cure=cure)
        start_s, end_s = pushed.start_s + talk.clock_ahead_s, pushed.end_s + talk.clock_ahead_s
        header = FrameHeader(
            run_id=self._run_id,
            sequence=pushed.number + self._shift,
            frame_id=pushed.number,
            start_s=start_s,
            end_s=end_s,
            line_time_s=scan.line_time_s or (end_s - start_s) / info.shape[1],
            segments=info.segments,
            dtype=info.dtype,
            shape=info.shape,
            pixel_size_nm=scan.pixel_size_xy_nm,
            rotation_deg=scan.rotation_deg,
            instrument=info.instrument,
            side=pushed.side,
        )
        return Frame(header, pixels(pushed, plain))
