"""The window's end of the line to a view service. It never waits longer than it is told, and finds back by itself."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import zmq

from eclips4d.core.errors import InputError, WireError
from eclips4d.core.messages import Look, Seen
from eclips4d.core.wire import MAX_PAYLOAD_BYTES, Received, decode, encode
from eclips4d.viewer.remote.pieces import Pieces
from eclips4d.viewer.remote.questions import Question, written

HEARTBEAT_MS, DEAD_AFTER_MS = 2000, 6000
"""A connection that nothing comes through any more is given up and made anew."""
RECONNECT_MS, RECONNECT_MOST_MS = 100, 1000
CONNECT_MS = 3000
"""TCP itself would double the pauses of an attempt that began while the network was away."""
ASK_AGAIN_S = 30.0
"""What was lost with a connection is asked again when there is another one; this is for a service that drops."""
MOST_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store is to be seen.

    Attributes
    ----------
    address : str
        Of a view service, such as `tcp://microscope:5760`.
    name : str
        Of the store there; empty for the only one.
    prepare : callable
        Puts keys on a socket before it is connected.
    """

    address: str
    name: str = ""
    prepare: Callable[[zmq.Socket[bytes]], None] = lambda socket: None

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.name or 'store'} at {self.address.partition('://')[2]}"


class Link:
    """Questions and answers; one thread at a time uses it.

    Parameters
    ----------
    place : Place
    pieces : Pieces, optional
    clock : callable
        Seconds, never set back.

    Raises
    ------
    InputError
        The address is none.
    """

    def __init__(self, place: Place, pieces: Pieces | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.place = place
        self.pieces = Pieces() if pieces is None else pieces
        self.damaged = 0
        self.travelled_s = 0.0
        """How long the newest question and its answer were on their way."""
        self._clock = clock
        self._number = 0
        self._asked_at = -ASK_AGAIN_S
        self._heard_at = clock()
        self._standing: tuple[Question, int] | None = None
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._greetings = self._socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
        try:
            self._configure()
            self._socket.connect(place.address)
        except zmq.ZMQError as error:
            self.close()
            raise InputError(f"not an address ({error})", where=place.address, cure="use tcp://HOST:PORT") from error

    @property
    def silent_s(self) -> float:
        """For how long nothing has been heard."""
        return self._clock() - self._heard_at

    def ask(self, question: Question, seen: bytes = b"", level: int = 0) -> None:
        """Ask, unless this very question stands and may still be answered.

        Parameters
        ----------
        question : Question
        seen : bytes
            Name of the answer that is known.
        level : int
            How often maps are to be halved.
        """
        now = self._clock()
        self._notice_connections()
        if (question, level) == self._standing and now - self._asked_at < ASK_AGAIN_S:
            return
        look = Look(
            number=self._number + 1,
            name=self.place.name,
            wanted=written(question),
            seen=seen,
            have=self.pieces.names,
            level=level,
        )
        try:
            self._socket.send_multipart(encode(look), zmq.NOBLOCK)
        except zmq.Again:
            return  # nobody is connected: asked again when somebody is
        self._number += 1
        self._standing, self._asked_at = (question, level), now

    def answer(self, timeout_s: float) -> Received[Seen] | None:
        """The newest answer, waiting so long for one; it may be to an earlier question.

        Damaged messages are counted and skipped.
        """
        until = self._clock() + timeout_s
        while (left_s := until - self._clock()) > 0.0 and self._socket.poll(max(1, round(1000 * left_s))):
            for newest in self._arrived()[-1:]:
                if newest.body.number == self._number:
                    self._standing = None
                    self.travelled_s = max(0.0, self._heard_at - self._asked_at - newest.body.held_s)
                return newest
        return None

    @property
    def is_answered(self) -> bool:
        """Whether the newest question is."""
        return self._standing is None

    def drop(self) -> None:
        """Count an answer that is not what it says; the next one is to bring all of its pieces."""
        self.damaged += 1
        self.pieces.forget()

    def close(self) -> None:
        """Leave; may be called twice."""
        if not self._socket.closed:
            self._socket.disable_monitor()
            self._greetings.close(linger=0)
        self._socket.close(linger=0)
        self._context.term()

    def _notice_connections(self) -> None:
        """Whatever was asked over the one before is asked anew."""
        while self._greetings.poll(0):
            self._greetings.recv_multipart(zmq.NOBLOCK)
            self._standing = None

    def _arrived(self) -> list[Received[Seen]]:
        found: list[Received[Any]] = []
        for _ in range(MOST_AT_ONCE):
            try:
                frames = self._socket.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                break
            try:
                message = decode([frame.buffer for frame in frames])
            except WireError:
                self.damaged += 1
                continue
            if isinstance(message.body, Seen):
                self._heard_at = self._clock()
                found.append(message)
        return found

    def _configure(self) -> None:
        socket = self._socket
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.IDENTITY, f"window-{uuid.uuid4().hex}".encode())
        socket.setsockopt(zmq.SNDHWM, 4)
        socket.setsockopt(zmq.RCVHWM, 4)
        socket.setsockopt(zmq.MAXMSGSIZE, MAX_PAYLOAD_BYTES)
        # Nothing waits in a queue for a service that is not there: what is asked is what is wanted now.
        socket.setsockopt(zmq.IMMEDIATE, 1)
        socket.setsockopt(zmq.RECONNECT_IVL, RECONNECT_MS)
        socket.setsockopt(zmq.RECONNECT_IVL_MAX, RECONNECT_MOST_MS)
        socket.setsockopt(zmq.CONNECT_TIMEOUT, CONNECT_MS)
        socket.setsockopt(zmq.HEARTBEAT_IVL, HEARTBEAT_MS)
        socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, DEAD_AFTER_MS)
        self.place.prepare(socket)
