"""A detector that speaks Stream V2, with the frames of any source: to test without beam, and to test what goes wrong.

`python -m eclips4d.acquisition.streamv2.fake 'sim://copper-redox?size=256&fps=4'`
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from threading import Event, Thread
from types import TracebackType
from uuid import uuid4

import zmq

from eclips4d.acquisition.streamv2.messages import write_end, write_image, write_start
from eclips4d.acquisition.streamv2.publisher import described, series_start
from eclips4d.core.errors import EclipsError, InputError
from eclips4d.core.frame import Frame
from eclips4d.core.source import SourceInfo

TICK_MS = 20
QUEUED = 2
BIND_TRIES = 50
"""An address that was just left is free a moment later."""

MISHAPS: Mapping[str, Callable[[bytes], list[list[bytes]]]] = {
    "gap": lambda message: [],
    "damage": lambda message: [[message[:-9]]],
    "garbage": lambda message: [[b"GET / HTTP/1.1"], [message]],
    "parts": lambda message: [[message[:50], message[50:]]],
    "twice": lambda message: [[message], [message]],
}
"""What is sent instead of an image's message: messages of one or several parts.

`break` closes the connection before it, `anew` begins a new series with it.
"""


def _whole(message: bytes) -> list[list[bytes]]:
    return [[message]]


class FakeDetector:
    """A detector on a thread of its own: each series is armed, exposed and disarmed, to whoever is connected then.

    Parameters
    ----------
    info : SourceInfo
    frames : callable
        Gives the frames of one series.
    address : str
        Bound to.
    compression : str, optional
        `lz4` or `bslz4`.
    plan : mapping
        What goes wrong at which number of an image: words of `MISHAPS`, `break` or `anew`.
    series : int
        How many there are; None: without end.
    """

    def __init__(
        self,
        info: SourceInfo,
        frames: Callable[[], Iterable[Frame]],
        address: str = "tcp://127.0.0.1:*",
        *,
        compression: str | None = None,
        plan: Mapping[int, str] | None = None,
        series: int | None = 1,
    ) -> None:
        self._info, self._frames, self._compression, self._plan = info, frames, compression, plan or {}
        self._series = series
        self._ended = Event()
        self._provoked: Queue[str] = Queue()
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._bound(address)
        self.address = self._socket.getsockopt_string(zmq.LAST_ENDPOINT)
        self._thread = Thread(target=self._run, name="fake-detector")
        self._thread.start()

    def provoke(self, mishap: str) -> None:
        """Let this happen to the next image, from any thread."""
        self._provoked.put(mishap)

    @property
    def has_ended(self) -> bool:
        """Whether the last series has."""
        return not self._thread.is_alive()

    def close(self) -> None:
        """Switch it off."""
        self._ended.set()
        self._thread.join()
        self._socket.close(linger=0)
        self._context.term()

    def __enter__(self) -> FakeDetector:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        number = 0
        while not self._ended.is_set() and (self._series is None or number < self._series):
            for parts in self._one_series(uuid4().hex):
                self._send(parts)
            number += 1

    def _one_series(self, series: str) -> Iterator[list[bytes]]:
        yield [write_start(series_start(self._info, series), described(self._info))]
        for frame in self._frames():
            if self._ended.is_set():
                return
            message = self._image(series, frame)
            match mishap := self._mishap(frame.header.frame_id):
                case "anew":
                    break
                case "break":
                    self._socket.close(linger=0)
                    self._socket = self._bound(self.address)
                    yield [message]
                case _:
                    yield from MISHAPS.get(mishap, _whole)(message)
        yield [write_end(series)]

    def _mishap(self, number: int) -> str:
        with suppress(Empty):
            return self._provoked.get_nowait()
        return self._plan.get(number, "")

    def _image(self, series: str, frame: Frame) -> bytes:
        header = frame.header
        return write_image(
            series,
            header.frame_id,
            (header.start_s, header.end_s),
            dict(zip(header.segments, frame.data, strict=True)),
            began_utc=self._info.start_utc,
            compression=self._compression,
        )

    def _bound(self, address: str) -> zmq.Socket[bytes]:
        socket: zmq.Socket[bytes] = self._context.socket(zmq.PUSH)
        socket.setsockopt(zmq.SNDHWM, QUEUED)
        socket.setsockopt(zmq.LINGER, 0)
        for _ in range(BIND_TRIES):
            with suppress(zmq.ZMQError):
                socket.bind(address)
                return socket
            self._ended.wait(TICK_MS / 1000)
        socket.close()
        raise InputError("cannot be bound", where=address, cure="choose another address")

    def _send(self, parts: list[bytes]) -> None:
        """Like the real one, wait for somebody to take it."""
        while not self._ended.is_set():
            if self._socket.poll(TICK_MS, zmq.POLLOUT):
                with suppress(zmq.Again):
                    self._socket.send_multipart(parts, zmq.NOBLOCK)
                    return


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve a source until it ends, or until Ctrl-C."""
    from eclips4d.acquisition.open import open_source

    asked = _parser().parse_args(arguments)
    told = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    address = f"tcp://{asked.host}:{asked.port or '*'}"
    try:
        with (
            open_source(asked.source, speed="realtime") as source,
            FakeDetector(source.info, source.frames, address, compression=asked.compression) as detector,
        ):
            if asked.instrument is not None:
                asked.instrument.write_text(source.info.instrument_toml, encoding="utf-8")
            segments, (_, rows, columns) = ",".join(source.info.segments), source.info.shape
            sys.stdout.write(
                f"streamv2://{detector.address.removeprefix('tcp://')}?width={columns}&height={rows}"
                f"&channels={segments}&bits={source.info.dtype.removeprefix('uint')}\n"
            )
            sys.stdout.flush()
            while not told.wait(TICK_MS / 1000) and not detector.has_ended:
                pass
            source.stop()
    except EclipsError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eclips4d.acquisition.streamv2.fake", description=__doc__)
    parser.add_argument("source", help="what it sends: sim://SCENE?size=512&fps=4…, a recording, a store")
    parser.add_argument("--instrument", type=Path, help="write the instrument file that goes with it")
    parser.add_argument("--host", default="127.0.0.1", help="to listen at; this computer only unless another is given")
    parser.add_argument("--port", type=int, default=31001, help="to listen at; 0 for any that is free")
    parser.add_argument("--compression", choices=("lz4", "bslz4"), help="of the pixels")
    return parser


if __name__ == "__main__":
    sys.exit(main())
