"""Notices of the store's owner, newest only; without them the window lives on what the store says."""

from __future__ import annotations

from types import TracebackType

import zmq

from eclips4d.core.errors import InputError
from eclips4d.core.messages import Notice
from eclips4d.viewer.hearing import connect, heard, prepare


class Notices:
    """A subscription that is read without waiting.

    Parameters
    ----------
    address : str
        Where the store's owner publishes, such as `ipc:///run/user/1000/eclips4d/notices`.

    Raises
    ------
    InputError
        The address is none.
    """

    def __init__(self, address: str) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.SUB)
        prepare(self._socket)
        self._socket.setsockopt(zmq.SUBSCRIBE, b"")
        self.damaged = 0
        try:
            connect(self._socket, address)
        except InputError:
            self.close()
            raise

    def newest(self) -> Notice | None:
        """The last notice that arrived since the last call; damaged ones are counted and skipped."""
        bodies, damaged = heard(self._socket)
        self.damaged += damaged
        return next((body for body in reversed(bodies) if isinstance(body, Notice)), None)

    def close(self) -> None:
        """Leave; may be called twice."""
        self._socket.close()
        self._context.term()

    def __enter__(self) -> Notices:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.close()
