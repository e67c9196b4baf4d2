"""To the owner of a run that goes on, over a socket of this host; or to a view service, which passes notes on to it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import zmq

from eclips4d.core.errors import InputError
from eclips4d.core.messages import Note, Noted
from eclips4d.core.shown_message import Shown
from eclips4d.core.wire import encode
from eclips4d.viewer.hearing import MOST_PER_LOOK, connect, heard, prepare

HEARTBEAT_MS, DEAD_AFTER_MS = 2000, 6000


class LiveNotes:
    """A connection to the store's owner that never waits.

    Parameters
    ----------
    address : str
        Where the owner takes notes, such as `ipc:///run/user/1000/eclips4d/notes`, or a view service listens.
    name : str
        Of the store, for a view service.
    put_on : callable
        Puts keys on the socket before it is connected.
    patience_s : float
        How long an answer is waited for.

    Raises
    ------
    InputError
        The address is none.
    """

    def __init__(
        self,
        address: str,
        name: str = "",
        put_on: Callable[[zmq.Socket[bytes]], None] = lambda socket: None,
        patience_s: float = 3.0,
    ) -> None:
        self.damaged = 0
        self.patience_s = patience_s
        self._name = name
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        prepare(self._socket)
        self._socket.setsockopt(zmq.SNDHWM, MOST_PER_LOOK)
        # Nothing waits in a queue for an owner that is not there: a note says how old it is when it leaves.
        self._socket.setsockopt(zmq.IMMEDIATE, 1)
        # A line that was cut without a word is made anew.
        self._socket.setsockopt(zmq.HEARTBEAT_IVL, HEARTBEAT_MS)
        self._socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, DEAD_AFTER_MS)
        put_on(self._socket)
        try:
            connect(self._socket, address)
        except InputError:
            self.close()
            raise

    def send(self, note: Note, time_s: float | None) -> bool:
        """Hand the note over; False while nobody is connected."""
        try:
            self._socket.send_multipart(encode(msgspec.structs.replace(note, name=self._name)), zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def tell(self, shown: Shown) -> bool:
        """Say what has been painted; False while nobody is connected. Only the owner on this host wants to know."""
        try:
            self._socket.send_multipart(encode(shown), zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def answers(self) -> list[Noted]:
        """What the owner has said; damaged messages are counted and skipped."""
        bodies, damaged = heard(self._socket)
        self.damaged += damaged
        return [body for body in bodies if isinstance(body, Noted)]

    def close(self) -> None:
        """Leave; may be called twice."""
        self._socket.close()
        self._context.term()
