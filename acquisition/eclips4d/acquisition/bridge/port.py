"""The socket that bridges connect to."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import zmq

from eclips4d.acquisition.bridge.messages import MOST_HEAD_BYTES, Told, encode
from eclips4d.acquisition.source import Guard
from eclips4d.core.errors import InputError
from eclips4d.core.loopback import is_loopback

QUEUED = 8
LAST_WORD_MS = 500

Context = zmq.Context[zmq.Socket[bytes]]
Socket = zmq.Socket[bytes]


@contextmanager
def listening(
    address: str, shape: tuple[int, int, int], guard: Guard | None, context: Context | None
) -> Iterator[Socket]:
    """A bound ROUTER socket for frames of this shape.

    Raises
    ------
    InputError
        Others can reach the address and nobody asks for keys, or it is taken.
    """
    if not is_loopback(address.removeprefix("tcp://").rpartition(":")[0].strip("[]")):
        check_keys(address, guard)
    used = context or zmq.Context()
    socket: Socket = used.socket(zmq.ROUTER)
    try:
        for option, value in (
            (zmq.LINGER, 0),
            (zmq.RCVHWM, QUEUED),
            (zmq.SNDHWM, 4 * QUEUED),
            (zmq.ROUTER_HANDOVER, 1),
            (zmq.MAXMSGSIZE, max(MOST_HEAD_BYTES, 2 * math.prod(shape))),
        ):
            socket.setsockopt(option, value)
        if guard is not None:
            guard.guard(socket)
        _bind(socket, address)
        yield socket
    finally:
        if guard is not None:
            guard.leave(socket)
        socket.close(linger=LAST_WORD_MS)
        if context is None:
            used.term()


def check_keys(address: str, guard: Guard | None) -> None:
    """Refuse an address that other hosts can reach unless keys are asked for.

    Raises
    ------
    InputError
    """
    if guard is None or not guard.has_keys:
        cure = "listen at 127.0.0.1, or make keys (eclips4d keys make)"
        raise InputError("others can reach this address, and there are no keys", where=address, cure=cure)


def say(socket: Socket, to: bytes, told: Told) -> None:
    """Tell a bridge; one that is gone, or does not listen, asks again."""
    with suppress(zmq.ZMQError):
        socket.send_multipart([to, *encode(told)], zmq.NOBLOCK)


def _bind(socket: Socket, address: str) -> None:
    try:
        socket.bind(address)
    except zmq.ZMQError as error:
        raise InputError(f"cannot be bound: {error}", where=address, cure="choose another address") from error
