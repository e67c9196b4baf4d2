"""The outgoing stream of events: one JSON object a message. Who is slow misses some, nobody is waited for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import zmq

from eclips4d.core.errors import InputError
from eclips4d.pipeline.security.gate import Gate
from eclips4d.pipeline.triggers.condition import UNITS
from eclips4d.pipeline.triggers.trigger import Change
from eclips4d.pipeline.view_service.addresses import gate_before

ALIVE_EVERY_S = 1.0
WAITING = 1000
"""Messages that wait for a slow reader; then it misses some, which `number` shows."""
LAST_WORD_MS = 200
MOST_ASKED = 4096
"""Bytes of what is taken from a reader: its subscription, and before that the handshake of keys."""


@contextmanager
def publishing(address: str | None, run_id: str, keys: Path | None, own: str | None) -> Iterator[EventStream | None]:
    """A stream at this address, or none; `keys` and `own` as of `gate_before`, which says who may listen.

    Raises
    ------
    InputError
        Others can reach the address and there are no keys, or it is taken, or none.
    """
    if address is None:
        yield None
        return
    with zmq.Context() as context:
        gate = gate_before(address, context, keys, own)
        try:
            stream = EventStream(context, address, run_id, gate)
            try:
                yield stream
            finally:
                stream.close()
        finally:
            if gate is not None:
                gate.close()


class EventStream:
    """A PUB socket.

    Parameters
    ----------
    context : zmq.Context
    address : str
        Bound to; that others may reach it has been checked with the gate.
    run_id : str
    gate : Gate, optional

    Raises
    ------
    InputError
        The address is taken.
    """

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        address: str,
        run_id: str,
        gate: Gate | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gate, self._run_id, self._clock = gate, run_id, clock
        self._number, self._said = 0, -ALIVE_EVERY_S
        self._socket = context.socket(zmq.PUB)
        self._socket.setsockopt(zmq.SNDHWM, WAITING)
        self._socket.setsockopt(zmq.MAXMSGSIZE, MOST_ASKED)
        self._socket.setsockopt(zmq.LINGER, LAST_WORD_MS)
        if gate is not None:
            gate.guard(self._socket)
        try:
            self._socket.bind(address)
        except zmq.ZMQError as error:
            self._socket.close(linger=0)
            raise InputError(f"cannot be bound: {error}", where=address, cure="choose another address") from error
        self.address = self._socket.getsockopt_string(zmq.LAST_ENDPOINT)

    def tell(self, change: Change) -> None:
        """A trigger has gone on or off."""
        self._send(
            "trigger",
            trigger=change.condition.words,
            state="on" if change.on else "off",
            frame=change.frame,
            first=change.first,
            time_s=change.time_s,
            value=change.value,
            unit=UNITS.get(change.condition.quantity, ""),
        )

    def alive(self, frame: int, time_s: float | None, on: list[str]) -> None:
        """Once a second: the newest frame that was judged, and which triggers are on."""
        now = self._clock()
        if now - self._said >= ALIVE_EVERY_S:
            self._said = now
            self._send("alive", frame=frame, time_s=time_s, on=on)

    def end(self, reason: str) -> None:
        """Nothing follows."""
        self._send("end", reason=reason)

    def close(self) -> None:
        """Close; a last word may still leave."""
        if self._gate is not None:
            self._gate.leave(self._socket)
        self._socket.close()

    def _send(self, event: str, **values: object) -> None:
        head = {"event": event, "number": self._number, "run_id": self._run_id}
        self._number += 1
        # A PUB socket never blocks: what does not fit a reader's queue is dropped for that reader.
        self._socket.send(msgspec.json.encode(head | values | {"sent_utc": datetime.now(UTC).isoformat()}))
