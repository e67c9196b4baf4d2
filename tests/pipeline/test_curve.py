"""Sockets with keys: whose key is allowed comes in, everybody else is turned away, counted and named."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import structlog
import zmq

from eclips4d.core.messages import Beat
from eclips4d.core.metrics import StageMetrics
from eclips4d.core.wire import encode
from eclips4d.pipeline.ports import HubPort, PeerPort, close_publisher, newest_notice, publisher, subscriber
from eclips4d.pipeline.security.gate import Connections, Gate, ask_for_keys
from eclips4d.pipeline.security.keyring import ServerKey
from eclips4d.pipeline.security.keys import KeyPair

HANDSHAKE_S = 0.3


def free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{probe.getsockname()[1]}"


def pair(name: str) -> KeyPair:
    return KeyPair(name, *zmq.curve_keypair())


class Door:
    """A hub behind a gate, and whoever knocks."""

    def __init__(self, *, with_keys: bool = True) -> None:
        self.context: zmq.Context[Any] = zmq.Context()
        self.strangers: zmq.Context[Any] = zmq.Context()
        self.own, self.friend = pair("recorder"), pair("microscope")
        self.allowed = {self.friend.public: "microscope"}
        self.metrics = StageMetrics("storage")
        own = self.own if with_keys else None
        self.gate = Gate(self.context, own, lambda: self.allowed, self.metrics, HANDSHAKE_S)
        self.address = free_address()
        self.hub = HubPort(self.context, self.address, self.gate)
        self.open: list[Any] = []

    def close(self) -> None:
        for thing in self.open:
            thing.close()
        self.hub.close()
        self.gate.close()
        self.context.term()
        self.strangers.term()

    def knock(self, name: str, key: ServerKey | None) -> PeerPort:
        port = PeerPort(self.strangers, self.address, name, key)
        self.open.append(port)
        with suppress(zmq.Again):  # libzmq gives up a connection that was refused, sometimes before this
            port.socket.send_multipart(encode(Beat(name=name)), zmq.NOBLOCK)
        return port

    def connect(self, said: bytes) -> None:
        connection = socket.create_connection(("127.0.0.1", int(self.address.rpartition(":")[2])))
        self.open.append(connection)
        connection.sendall(said)

    def heard(self) -> list[bytes]:
        """Who has come in, once the friend has: he knocks last."""
        self.knock("friend", ServerKey(self.friend, self.own.public))
        senders: list[bytes] = []
        until(lambda: b"friend" in [*senders, *self._new(senders)])
        return senders

    def _new(self, senders: list[bytes]) -> list[bytes]:
        senders += [mail.sender for mail in self.hub.arrived()]
        return senders

    def counted(self) -> float:
        return self.metrics.registry.get_sample_value("eclips4d_refused_connections_total", {"stage": "storage"}) or 0.0


def until(there: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline
        zmq.Poller().poll(5)


@pytest.fixture
def door() -> Iterator[Door]:
    made = Door()
    yield made
    made.close()


@pytest.fixture
def log() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


def test_whose_key_is_allowed_comes_in(door: Door) -> None:
    assert door.heard() == [b"friend"]
    until(lambda: door.gate.connections.greeted == 1)  # told by a thread of its own, which may come after the message
    assert door.gate.refused == 0


def test_a_key_that_is_not_allowed_is_refused_counted_and_named(door: Door, log: list[Any]) -> None:
    stranger = pair("stranger")
    door.knock("stranger", ServerKey(stranger, door.own.public))
    until(lambda: door.gate.wrong_keys.total > 0)
    assert door.heard() == [b"friend"]
    until(lambda: door.counted() >= 1)
    told = next(line for line in log if "not allowed" in line["event"])
    assert (told["address"], told["public_key"]) == ("127.0.0.1", stranger.public.decode())


def test_a_peer_without_keys_is_refused_and_counted(door: Door, log: list[Any]) -> None:
    bare = door.strangers.socket(zmq.DEALER)
    bare.setsockopt(zmq.LINGER, 0)
    door.open.append(bare)
    bare.connect(door.address)
    bare.send(b"let me in")
    until(lambda: door.counted() >= 1)
    assert door.heard() == [b"friend"]
    assert any(line["event"] == "refused: no handshake of ours" for line in log)


def test_a_peer_that_expects_another_hub_does_not_talk_to_this_one(door: Door) -> None:
    door.knock("misled", ServerKey(door.friend, pair("another").public))
    until(lambda: door.counted() >= 1)
    assert door.heard() == [b"friend"]


GREETING = b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x00CURVE" + bytes(15 + 1 + 31)
SCANNERS = {
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "TLS": bytes.fromhex("16030100a5010000a10303") + bytes(160),
    "SSH": b"SSH-2.0-scan\r\n",
    "nothing": b"",
    "noise": os.urandom(500),
    "half a greeting": GREETING[:11],
    "a greeting and no more": GREETING,
    "a handshake of a gigabyte": GREETING + b"\x06" + (1 << 30).to_bytes(8, "big") + bytes(1000),
    "a handshake that is none": GREETING + b"\x04\x20" + bytes(32),
}


def test_port_scanners_are_turned_away_and_counted_one_by_one(door: Door) -> None:
    for said in SCANNERS.values():
        door.connect(said)
    assert door.heard() == [b"friend"]
    until(lambda: door.gate.refused >= len(SCANNERS))
    until(lambda: door.counted() >= len(SCANNERS))
    assert door.gate.refused == len(SCANNERS)
    assert door.gate.connections.accepted == len(SCANNERS) + 1


def test_scanners_of_a_loopback_port_without_keys_are_counted_too() -> None:
    door = Door(with_keys=False)
    door.connect(SCANNERS["HTTP"])
    door.knock("local", None)
    until(lambda: door.hub.receive() is not None)
    until(lambda: door.gate.refused == 1)
    door.close()


def test_who_is_denied_does_not_come_in_again_and_who_is_allowed_does(door: Door) -> None:
    late = pair("late")
    door.knock("late", ServerKey(late, door.own.public))
    until(lambda: door.gate.wrong_keys.total > 0)
    door.allowed[late.public] = "late"
    door.knock("late-2", ServerKey(late, door.own.public))
    until(lambda: (mail := door.hub.receive()) is not None and mail.sender == b"late-2")
    del door.allowed[late.public]
    refused = door.gate.wrong_keys.total
    door.knock("late-3", ServerKey(late, door.own.public))
    until(lambda: door.gate.wrong_keys.total > refused)
    assert b"late-3" not in door.heard()


def test_notices_are_for_those_with_a_key(door: Door) -> None:
    address = free_address()
    notices = publisher(door.context, address, door.gate)
    friend = subscriber(door.strangers, address, ServerKey(door.friend, door.own.public))
    bare = subscriber(door.strangers, address)
    until(lambda: door.counted() >= 1)

    def friend_hears() -> bool:
        notices.send_multipart(encode(Beat(name="n")))
        return newest_notice(friend) is not None

    until(friend_hears)
    assert newest_notice(bare) is None
    close_publisher(notices, door.gate)
    friend.close()
    bare.close()


def test_keys_are_asked_for_on_ipc_too(tmp_path: Path) -> None:
    own, friend, address = pair("recorder"), pair("microscope"), f"ipc://{tmp_path}/h"
    with zmq.Context() as context, zmq.Context() as outside:
        gate = Gate(context, own, lambda: {friend.public: "microscope"}, handshake_s=HANDSHAKE_S)
        hub = HubPort(context, address, gate)
        bare = PeerPort(outside, address, "bare")
        bare.send(Beat(name="bare"))
        until(lambda: gate.refused >= 1)
        known = PeerPort(outside, address, "friend", ServerKey(friend, own.public))
        known.send(Beat(name="friend"))
        until(lambda: hub.socket.poll(10) != 0)
        assert [mail.sender for mail in hub.arrived()] == [b"friend"]
        for port in (bare, known, hub):
            port.close()
        gate.close()


def test_a_socket_without_a_gate_lets_nobody_in() -> None:
    own, friend, address = pair("recorder"), pair("microscope"), free_address()
    with zmq.Context() as context, zmq.Context() as outside:
        socket = context.socket(zmq.ROUTER)
        ask_for_keys(socket, own)
        socket.setsockopt(zmq.LINGER, 0)
        socket.bind(address)
        port = PeerPort(outside, address, "friend", ServerKey(friend, own.public))
        port.send(Beat(name="friend"))
        assert not socket.poll(500)
        port.close()
        socket.close()


def test_a_gate_ends_with_its_context() -> None:
    context: zmq.Context[Any] = zmq.Context()
    gate = Gate(context, pair("x"))
    before = {thread.name for thread in threading.enumerate()}
    assert "gate" in before
    context.term()
    gate.close()
    assert "gate" not in {thread.name for thread in threading.enumerate()}


def test_the_number_of_those_refused_is_never_too_large_and_right_in_the_end() -> None:
    now = 0.0
    seen = Connections(1.0, lambda: now)
    for number in (5, 6, 7):
        seen.heard(zmq.EVENT_ACCEPTED, number)
    assert seen.refused == 0
    seen.heard(zmq.EVENT_HANDSHAKE_SUCCEEDED, 0)  # one of the three
    seen.heard(zmq.EVENT_DISCONNECTED, 6)  # another one
    assert seen.refused <= 1
    now = 3.0
    seen.heard(zmq.EVENT_DISCONNECTED, 7)
    assert (seen.accepted, seen.greeted, seen.refused) == (3, 1, 2)
    seen.heard(zmq.EVENT_DISCONNECTED, 5)  # the one that was greeted leaves
    assert seen.refused == 2
