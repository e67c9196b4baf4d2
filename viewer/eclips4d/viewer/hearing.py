"""What both of the window's connections to a run's owner do: connect, and take what has come without waiting."""

from __future__ import annotations

import zmq

from eclips4d.core.errors import InputError, WireError
from eclips4d.core.messages import Message
from eclips4d.core.wire import MAX_HEADER_BYTES, decode

MOST_PER_LOOK = 100
"""Messages taken at a look; what is left is taken at the next."""


def prepare(socket: zmq.Socket[bytes]) -> None:
    """Bounded queues and messages; nothing is waited for at the end."""
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.RCVHWM, MOST_PER_LOOK)
    socket.setsockopt(zmq.MAXMSGSIZE, MAX_HEADER_BYTES)


def connect(socket: zmq.Socket[bytes], address: str) -> None:
    """Connect.

    Raises
    ------
    InputError
        The address is none.
    """
    try:
        socket.connect(address)
    except zmq.ZMQError as error:
        raise InputError(f"not an address ({error})", where=address, cure="use ipc:// or tcp://host:port") from error


def heard(socket: zmq.Socket[bytes]) -> tuple[list[Message], int]:
    """What has come, and how many messages were damaged."""
    found: list[Message] = []
    damaged = 0
    for _ in range(MOST_PER_LOOK):
        try:
            parts = socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            break
        try:
            found.append(decode(parts).body)
        except WireError:
            damaged += 1
    return found, damaged
