"""Side values that scripts publish over ZeroMQ: one thread listens to all of them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Event, Thread

import zmq

from eclips4d.acquisition.side.message import MOST_BYTES, parse_reading
from eclips4d.acquisition.side.series import Series
from eclips4d.core.errors import WireError

TICK_MS = 100
AT_ONCE = 1000
"""Messages of one publisher before the others have their turn."""


class ZmqReader:
    """Listens until it is closed; publishers may come and go.

    Parameters
    ----------
    series : sequence of Series
        All of scheme `zmq`.
    """

    def __init__(self, series: Sequence[Series]) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._places: dict[str, dict[str, list[Series]]] = {}
        for one in series:
            self._places.setdefault(one.stream.place, {}).setdefault(one.stream.key, []).append(one)
        self._ended = Event()
        self._thread = Thread(target=self._run, name="side-zmq", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread; may be called again."""
        self._ended.set()
        self._thread.join()
        self._context.term()

    def _run(self) -> None:
        poller = zmq.Poller()
        keys: dict[zmq.Socket[bytes], Mapping[str, list[Series]]] = {}
        for place, wanted in self._places.items():
            socket = self._context.socket(zmq.SUB)
            socket.setsockopt(zmq.MAXMSGSIZE, MOST_BYTES)
            socket.setsockopt(zmq.LINGER, 0)
            socket.subscribe(b"")
            socket.connect(f"tcp://{place}")
            poller.register(socket, zmq.POLLIN)
            keys[socket] = wanted
        while not self._ended.is_set():
            for socket, _ in poller.poll(TICK_MS):
                _take(socket, keys[socket])
        for socket in keys:
            socket.close()


def _take(socket: zmq.Socket[bytes], wanted: Mapping[str, list[Series]]) -> None:
    with suppress(zmq.Again):
        for _ in range(AT_ONCE):
            parts = socket.recv_multipart(zmq.NOBLOCK)
            arrived_s = time.time()
            try:
                if len(parts) != 1:
                    raise WireError(f"a side value of {len(parts)} parts")
                reading = parse_reading(parts[0])
            except WireError:
                for series in (one for several in wanted.values() for one in several):
                    series.refuse()
                continue
            for series in wanted.get(reading.name, ()):
                series.add(reading.value, reading.unit, reading.time, arrived_s)
