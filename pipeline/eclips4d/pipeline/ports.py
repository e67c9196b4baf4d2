"""ZeroMQ sockets that speak our wire: a hub that knows its peers by name, and a peer that knows one hub.

A port belongs to one thread. Nothing waits for ever: sends that would block raise, sockets close without linger (what
must not be lost is acknowledged by message, not by the transport). Damaged or foreign messages are counted and dropped.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import zmq

from eclips4d.core.errors import PeerTimeoutError, WireError
from eclips4d.core.log import get_logger
from eclips4d.core.messages import Beat, Message
from eclips4d.core.wire import MAX_HEADER_BYTES, AnyArray, Received, decode, encode

MAX_MESSAGE_BYTES = 1 << 30
SEND_TIMEOUT_MS = 30_000
BEAT_EVERY_S = 0.5
LAST_WORD_MS = 500
COPY_BELOW = 16_384
"""Parts smaller than this are copied: the bookkeeping of a zero-copy part costs more."""


def _configure(socket: zmq.Socket[bytes], *, high_water: int) -> None:
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE_BYTES)
    socket.setsockopt(zmq.SNDHWM, high_water)
    socket.setsockopt(zmq.RCVHWM, high_water)
    socket.setsockopt(zmq.SNDTIMEO, SEND_TIMEOUT_MS)


@dataclass(frozen=True, slots=True)
class Mail:
    """A message and who sent it."""

    sender: bytes
    message: Received[Message]


class HubPort:
    """A bound ROUTER socket.

    Parameters
    ----------
    context : zmq.Context
    address : str
        Bound to; an ipc path or a loopback address.
    """

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], address: str) -> None:
        self.bad_messages = 0
        self._address = address
        self.socket = context.socket(zmq.ROUTER)
        _configure(self.socket, high_water=1024)
        self.socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
        self.socket.setsockopt(zmq.ROUTER_HANDOVER, 1)
        self.socket.bind(address)

    def send(self, to: bytes, body: Message, arrays: Mapping[str, AnyArray] | None = None) -> bool:
        """Send to the peer `to`; False when it is gone."""
        try:
            _send(self.socket, [to, *encode(body, arrays)])
        except zmq.ZMQError as error:
            if error.errno == zmq.EHOSTUNREACH:
                return False
            raise
        return True

    def receive(self) -> Mail | None:
        """The next message that is already here, or None; damaged ones are counted and passed over."""
        while True:
            try:
                frames = self.socket.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                return None
            sender = frames[0].bytes
            try:
                return Mail(sender, decode([frame.buffer for frame in frames[1:]]))
            except WireError as error:
                self.bad_messages += 1
                get_logger().warning("bad message dropped", sender=sender.hex()[:32], error=str(error))

    def close(self) -> None:
        """Close, a last word may still leave; no socket file stays behind."""
        self.socket.close(linger=LAST_WORD_MS)
        if self._address.startswith("ipc://"):
            Path(self._address.removeprefix("ipc://")).unlink(missing_ok=True)


class PeerPort:
    """A DEALER socket connected to one hub.

    Parameters
    ----------
    context : zmq.Context
    address : str
        Connected to; it may not be bound yet.
    name : str
        How the hub knows this peer.
    """

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], address: str, name: str) -> None:
        self.address, self.name = address, name
        self.bad_messages = 0
        self._last_word = time.monotonic()
        self.socket = context.socket(zmq.DEALER)
        _configure(self.socket, high_water=1024)
        self.socket.setsockopt(zmq.IDENTITY, name.encode())
        self.socket.setsockopt(zmq.RECONNECT_IVL, 50)
        self.socket.setsockopt(zmq.RECONNECT_IVL_MAX, 1000)
        self.socket.connect(address)

    def send(self, body: Message, arrays: Mapping[str, AnyArray] | None = None) -> None:
        """Send to the hub.

        Raises
        ------
        PeerTimeoutError
            The hub took nothing for half a minute.
        """
        try:
            _send(self.socket, encode(body, arrays))
            self._last_word = time.monotonic()
        except zmq.Again as error:
            raise PeerTimeoutError(f"nothing taken for {SEND_TIMEOUT_MS // 1000} s", where=self.address) from error

    def keep_in_touch(self) -> None:
        """Say something if nothing was said for a while: a hub that was restarted then asks who this is."""
        if time.monotonic() - self._last_word > BEAT_EVERY_S:
            self.send(Beat(name=self.name))

    def receive(self, timeout_ms: int = 0) -> Received[Message] | None:
        """The next message, waiting up to `timeout_ms` for it; None when there is none."""
        if timeout_ms and not self.socket.poll(timeout_ms):
            return None
        while True:
            try:
                frames = self.socket.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                return None
            try:
                return decode([frame.buffer for frame in frames])
            except WireError as error:
                self.bad_messages += 1
                get_logger().warning("bad message dropped", hub=self.address, error=str(error))

    def close(self, linger_ms: int = 0) -> None:
        """Close; `linger_ms` lets a last word leave."""
        self.socket.close(linger=linger_ms)


def _send(socket: zmq.Socket[bytes], parts: list[bytes | memoryview]) -> None:
    # Small parts are copied, arrays are not; `encode` keeps no reference, libzmq holds the buffer until it is sent.
    last = len(parts) - 1
    for i, part in enumerate(parts):
        flags = zmq.SNDMORE if i < last else 0
        socket.send(part, flags, copy=len(part) < COPY_BELOW)


def publisher(context: zmq.Context[zmq.Socket[bytes]], address: str) -> zmq.Socket[bytes]:
    """A PUB socket for notices: newest only, slow listeners lose."""
    socket = context.socket(zmq.PUB)
    _configure(socket, high_water=4)
    socket.setsockopt(zmq.MAXMSGSIZE, MAX_HEADER_BYTES)
    socket.bind(address)
    return socket


def subscriber(context: zmq.Context[zmq.Socket[bytes]], address: str) -> zmq.Socket[bytes]:
    """A SUB socket that hears every notice."""
    socket = context.socket(zmq.SUB)
    _configure(socket, high_water=4)
    socket.setsockopt(zmq.MAXMSGSIZE, MAX_HEADER_BYTES)
    socket.setsockopt(zmq.SUBSCRIBE, b"")
    socket.connect(address)
    return socket


def newest_notice(socket: zmq.Socket[bytes]) -> Received[Message] | None:
    """Drain a SUB socket down to its newest readable message."""
    newest = None
    while True:
        try:
            frames = socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return newest
        try:
            newest = decode(frames)
        except WireError as error:
            get_logger().warning("bad notice dropped", error=str(error))
