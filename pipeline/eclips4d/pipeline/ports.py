"""ZeroMQ sockets that speak our wire: a hub that knows its peers by name, and a peer that knows one hub.

A port belongs to one thread. Nothing waits for ever: a hub never waits for a peer, a peer's sends that would block
raise, sockets close without linger (what must not be lost is acknowledged by message, not by the transport). Damaged
or foreign messages, and more of them than anybody has to say, are counted and dropped; what is received at once is
bounded, in bytes and in messages, so that a flood keeps no loop from turning and fills no memory.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import zmq

from eclips4d.core.errors import InputError, PeerTimeoutError, RefusedStageError, WireError
from eclips4d.core.messages import Beat, Bye, Message
from eclips4d.core.wire import MAX_HEADER_BYTES, MAX_PAYLOAD_BYTES, AnyArray, Received, decode, encode
from eclips4d.pipeline.security.addresses import check_address
from eclips4d.pipeline.security.allowance import Allowances
from eclips4d.pipeline.security.gate import Gate
from eclips4d.pipeline.security.keyring import ServerKey
from eclips4d.pipeline.security.tally import Tally

SEND_TIMEOUT_MS = 30_000
BEAT_EVERY_S = 0.5
QUIET_S = 5.0
"""A hub that says nothing for longer is not there."""
LAST_WORD_MS = 500
COPY_BELOW = 16_384
"""Parts smaller than this are copied: the bookkeeping of a zero-copy part costs more."""
HIGH_WATER = 1024
QUEUED_BYTES = 256 << 20
"""Of the largest messages, about so much may wait to be received, from each peer."""
AT_ONCE = 256
"""Messages that are taken in one go; then the receiver's loop turns."""
UNHEARD_BEATS = 240
"""After so many to a hub that says nothing they become rare: two minutes of them tell it enough."""
RARE_S = 60.0
"""Between these. They never end: what waited may have died with a hub that took it and fell."""
DEAD_AFTER_S, CONNECT_S = 10, 3
"""A line on which nothing is acknowledged for so long is cut, and an attempt to make a new one given up."""
MESSAGES_PER_S, BURST = 10_000, 20_000
"""Heard of each peer: many times what a stage says of the smallest frames."""


def _configure(socket: zmq.Socket[bytes], *, received: int, sent: int, largest: int) -> None:
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.MAXMSGSIZE, largest)
    socket.setsockopt(zmq.SNDHWM, sent)
    socket.setsockopt(zmq.RCVHWM, received)
    socket.setsockopt(zmq.SNDTIMEO, SEND_TIMEOUT_MS)
    _notice_dead_lines(socket)


def _notice_dead_lines(socket: zmq.Socket[bytes]) -> None:
    # TCP itself would wait for minutes, doubling its pauses, and go on up to half a minute after a network is back.
    # ZeroMQ's own heartbeats count whole messages: a large frame on a slow line would look like a dead one (0462).
    socket.setsockopt(zmq.TCP_MAXRT, 1000 * DEAD_AFTER_S)
    socket.setsockopt(zmq.TCP_KEEPALIVE, 1)
    socket.setsockopt(zmq.TCP_KEEPALIVE_IDLE, DEAD_AFTER_S // 2)
    socket.setsockopt(zmq.TCP_KEEPALIVE_INTVL, 1)
    socket.setsockopt(zmq.TCP_KEEPALIVE_CNT, DEAD_AFTER_S // 2)
    socket.setsockopt(zmq.CONNECT_TIMEOUT, 1000 * CONNECT_S)


def queued(largest: int) -> int:
    """How many messages with parts of at most `largest` bytes may wait to be received."""
    return max(16, min(HIGH_WATER, QUEUED_BYTES // largest))


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
        Bound to.
    gate : Gate, optional
        Stands before it; without one, or one without keys, only this host may be able to reach the address.
    largest : int
        Bytes of the largest part that anybody has to send; who sends more is cut off.
    sent : int
        Messages that wait for a peer at most; more are not sent to it.

    Raises
    ------
    InputError
        Others can reach the address, and the gate asks for no keys; or the address is taken.
    """

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        address: str,
        gate: Gate | None = None,
        largest: int = MAX_PAYLOAD_BYTES,
        sent: int = HIGH_WATER,
    ) -> None:
        check_address(address, has_keys=gate is not None and gate.has_keys)
        self._address, self._gate = address, gate
        self._bad = Tally("bad message dropped")
        self._floods = Tally("more messages than a stage has to say: dropped unread")
        self.allowances = Allowances(MESSAGES_PER_S, BURST)
        self.socket = context.socket(zmq.ROUTER)
        _configure(self.socket, received=queued(largest), sent=sent, largest=largest)
        self.socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
        self.socket.setsockopt(zmq.ROUTER_HANDOVER, 1)
        _bind(self.socket, address, gate)

    @property
    def bad_messages(self) -> int:
        """Messages dropped so far, for whatever reason."""
        return self._bad.total + self._floods.total

    def send(self, to: bytes, body: Message, arrays: Mapping[str, AnyArray] | None = None) -> bool:
        """Send to the peer `to`; False when it is gone, or has not taken what it was sent for so long."""
        try:
            _send(self.socket, [to, *encode(body, arrays)], zmq.NOBLOCK)
        except zmq.Again:
            return False
        except zmq.ZMQError as error:
            if error.errno == zmq.EHOSTUNREACH:
                return False
            raise
        return True

    def arrived(self) -> Iterator[Mail]:
        """The messages that are already here, at most `AT_ONCE`; what is damaged or too much is counted and dropped."""
        for _ in range(AT_ONCE):
            try:
                frames = self.socket.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                return
            sender = frames[0].bytes
            if not self.allowances.take(sender):
                self._floods.note(sender=sender.hex()[:32])
                continue
            try:
                message = decode([frame.buffer for frame in frames[1:]])
            except WireError as error:
                self.drop(error, sender)
                continue
            yield Mail(sender, message)

    def receive(self) -> Mail | None:
        """The next message that is already here, or None."""
        return next(self.arrived(), None)

    def drop(self, error: WireError, sender: bytes = b"") -> None:
        """Count a message that is not what it says."""
        self._bad.note(sender=sender.hex()[:32], error=str(error)[:300])

    def close(self) -> None:
        """Close, a last word may still leave; no socket file stays behind."""
        if self._gate is not None:
            self._gate.leave(self.socket)
        self.socket.close(linger=LAST_WORD_MS)
        if self._address.startswith("ipc://"):
            Path(self._address.removeprefix("ipc://")).unlink(missing_ok=True)
        self._bad.tell()
        self._floods.tell()


class PeerPort:
    """A DEALER socket connected to one hub.

    Parameters
    ----------
    context : zmq.Context
    address : str
        Connected to; it may not be bound yet.
    name : str
        How the hub knows this peer.
    key : ServerKey, optional
        Of the hub's host; without one the address has to be this host's own.
    largest : int
        Bytes of the largest part that the hub has to send.

    Raises
    ------
    InputError
        The address is of another host, and there is no key.
    """

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        address: str,
        name: str,
        key: ServerKey | None = None,
        largest: int = MAX_PAYLOAD_BYTES,
    ) -> None:
        check_address(address, has_keys=key is not None)
        self.address, self.name = address, name
        self._cure = "" if key is None else f"see there that it allows {key.own.name!r} (eclips4d keys list)"
        self._bad = Tally("bad message dropped")
        self._last_word = self._heard = time.monotonic()
        self._unheard_beats = 0
        self.socket = context.socket(zmq.DEALER)
        _configure(self.socket, received=HIGH_WATER, sent=HIGH_WATER, largest=largest)
        self.socket.setsockopt(zmq.IDENTITY, name.encode())
        self.socket.setsockopt(zmq.RECONNECT_IVL, 50)
        self.socket.setsockopt(zmq.RECONNECT_IVL_MAX, 1000)
        if key is not None:
            key.put_on(self.socket)
        self.socket.connect(address)

    @property
    def bad_messages(self) -> int:
        """Messages dropped so far."""
        return self._bad.total

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
            what = f"nothing taken for {SEND_TIMEOUT_MS // 1000} s"
            raise PeerTimeoutError(what, where=self.address, cure=self._cure) from error

    @property
    def silence(self) -> str:
        """How long the hub has said nothing, in words; empty while it does: it says every second that it is there."""
        quiet_s = time.monotonic() - self._heard
        return f"nothing heard from {self.address} for {quiet_s:.0f} s" if quiet_s > QUIET_S else ""

    def keep_in_touch(self) -> None:
        """Say something if nothing was said for a while: a hub that was restarted then asks who this is."""
        rare = self._unheard_beats >= UNHEARD_BEATS
        if time.monotonic() - self._last_word <= (RARE_S if rare else BEAT_EVERY_S):
            return
        if rare:
            self.leave_word(Beat(name=self.name))
        else:
            self.send(Beat(name=self.name))
            self._unheard_beats += 1

    def leave_word(self, body: Message) -> None:
        """Send to the hub if there is room for it; waits for nobody."""
        with suppress(zmq.Again):
            _send(self.socket, encode(body), zmq.NOBLOCK)
        self._last_word = time.monotonic()

    def receive(self, timeout_ms: int = 0) -> Received[Message] | None:
        """The next message, waiting up to `timeout_ms` for it; None when there is none.

        Raises
        ------
        RefusedStageError
            The hub wants nothing to do with this peer.
        """
        if timeout_ms and not self.socket.poll(timeout_ms):
            return None
        for _ in range(AT_ONCE):
            try:
                frames = self.socket.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                return None
            self._heard, self._unheard_beats = time.monotonic(), 0
            try:
                received = decode([frame.buffer for frame in frames])
            except WireError as error:
                self.drop(error)
                continue
            if isinstance(received.body, Bye) and received.body.refused:
                raise RefusedStageError(
                    received.body.refused, where=self.address, cure="install one version on all hosts"
                )
            return received
        return None

    def drop(self, error: WireError) -> None:
        """Count a message that is not what it says."""
        self._bad.note(hub=self.address, error=str(error)[:300])

    def close(self, linger_ms: int = 0) -> None:
        """Close; `linger_ms` lets a last word leave."""
        self.socket.close(linger=linger_ms)
        self._bad.tell()


def _send(socket: zmq.Socket[bytes], parts: list[bytes | memoryview], how: int = 0) -> None:
    # Small parts are copied, arrays are not; `encode` keeps no reference, libzmq holds the buffer until it is sent.
    last = len(parts) - 1
    for i, part in enumerate(parts):
        flags = how | (zmq.SNDMORE if i < last else 0)
        socket.send(part, flags, copy=len(part) < COPY_BELOW)


def _bind(socket: zmq.Socket[bytes], address: str, gate: Gate | None) -> None:
    if gate is not None:
        gate.guard(socket)
    try:
        socket.bind(address)
    except zmq.ZMQError as error:
        socket.close(linger=0)
        raise InputError(f"cannot be bound: {error}", where=address, cure="choose another address") from error


def publisher(context: zmq.Context[zmq.Socket[bytes]], address: str, gate: Gate | None = None) -> zmq.Socket[bytes]:
    """A PUB socket for notices: newest only, slow listeners lose; `gate` and errors as of `HubPort`."""
    check_address(address, has_keys=gate is not None and gate.has_keys)
    socket = context.socket(zmq.PUB)
    _configure(socket, received=4, sent=4, largest=MAX_HEADER_BYTES)
    _bind(socket, address, gate)
    return socket


def close_publisher(socket: zmq.Socket[bytes], gate: Gate | None = None) -> None:
    """Close; the last notice may still leave."""
    if gate is not None:
        gate.leave(socket)
    socket.close(linger=LAST_WORD_MS)


def subscriber(
    context: zmq.Context[zmq.Socket[bytes]], address: str, key: ServerKey | None = None
) -> zmq.Socket[bytes]:
    """A SUB socket that hears every notice; `key` and errors as of `PeerPort`."""
    check_address(address, has_keys=key is not None)
    socket = context.socket(zmq.SUB)
    _configure(socket, received=4, sent=4, largest=MAX_HEADER_BYTES)
    socket.setsockopt(zmq.SUBSCRIBE, b"")
    if key is not None:
        key.put_on(socket)
    socket.connect(address)
    return socket


def newest_notice(socket: zmq.Socket[bytes]) -> Received[Message] | None:
    """Drain a SUB socket down to its newest readable message."""
    newest, bad = None, Tally("bad notice dropped")
    for _ in range(AT_ONCE):
        try:
            frames = socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            break
        try:
            newest = decode(frames)
        except WireError as error:
            bad.note(error=str(error)[:300])
    return newest
