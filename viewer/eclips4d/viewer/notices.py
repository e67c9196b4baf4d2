"""Notices of the store's owner, newest only; without them the window lives on what the store says."""

from __future__ import annotations

from types import TracebackType

import zmq

from eclips4d.core.errors import InputError, WireError
from eclips4d.core.messages import Notice
from eclips4d.core.wire import MAX_HEADER_BYTES, decode

MOST_PER_LOOK = 100


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
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.RCVHWM, MOST_PER_LOOK)
        self._socket.setsockopt(zmq.MAXMSGSIZE, MAX_HEADER_BYTES)
        self._socket.setsockopt(zmq.SUBSCRIBE, b"")
        self.damaged = 0
        try:
            self._socket.connect(address)
        except zmq.ZMQError as error:
            self.close()
            raise InputError(
                f"not an address ({error})", where=address, cure="use ipc:// or tcp://host:port"
            ) from error

    def newest(self) -> Notice | None:
        """The last notice that arrived since the last call; damaged ones are counted and skipped."""
        found = None
        for _ in range(MOST_PER_LOOK):
            try:
                parts = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                break
            try:
                body = decode(parts).body
            except WireError:
                self.damaged += 1
                continue
            found = body if isinstance(body, Notice) else found
        return found

    def close(self) -> None:
        """Leave; may be called twice."""
        self._socket.close()
        self._context.term()

    def __enter__(self) -> Notices:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.close()
