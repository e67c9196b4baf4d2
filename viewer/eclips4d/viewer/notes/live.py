"""To the owner of a run that goes on, over a socket of this host."""

from __future__ import annotations

import zmq

from eclips4d.core.errors import InputError
from eclips4d.core.messages import Note, Noted
from eclips4d.core.wire import encode
from eclips4d.viewer.hearing import MOST_PER_LOOK, connect, heard, prepare


class LiveNotes:
    """A connection to the store's owner that never waits.

    Parameters
    ----------
    address : str
        Where the owner takes notes, such as `ipc:///run/user/1000/eclips4d/notes`.

    Raises
    ------
    InputError
        The address is none.
    """

    patience_s = 3.0

    def __init__(self, address: str) -> None:
        self.damaged = 0
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        prepare(self._socket)
        self._socket.setsockopt(zmq.SNDHWM, MOST_PER_LOOK)
        # Nothing waits in a queue for an owner that is not there: a note says how old it is when it leaves.
        self._socket.setsockopt(zmq.IMMEDIATE, 1)
        try:
            connect(self._socket, address)
        except InputError:
            self.close()
            raise

    def send(self, note: Note, time_s: float | None) -> bool:
        """Hand the note over; False while nobody is connected."""
        try:
            self._socket.send_multipart(encode(note), zmq.NOBLOCK)
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
