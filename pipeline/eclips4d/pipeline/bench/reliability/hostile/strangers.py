"""Strangers at a bound socket: wrong keys, no keys, and port scanners, while an allowed peer talks."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import zmq

from eclips4d.core.messages import Beat
from eclips4d.pipeline.bench.reliability.hostile import knocking
from eclips4d.pipeline.bench.reliability.hostile.assault import memory_mib
from eclips4d.pipeline.ports import HubPort, PeerPort
from eclips4d.pipeline.security.gate import Gate
from eclips4d.pipeline.security.keyring import ServerKey
from eclips4d.pipeline.security.keys import KeyFolder

HANDSHAKE_S = 1.0
PATIENCE_S = 60.0


@dataclass(slots=True)
class Turned:
    """What became of them: connections by kind, those refused, messages, and what is left of them."""

    knocked: dict[str, int]
    refused: int
    came_in: int
    said: int
    heard: int
    growth_mib: float
    files: int


class _Door:
    """A hub behind its gate, on loopback, and a friend who is let in."""

    def __init__(self, context: zmq.Context[Any], folder: Path) -> None:
        keys, host = KeyFolder(folder / "keys"), KeyFolder(folder / "host")
        self.own, friend = keys.make("recorder"), host.make("microscope")
        keys.allow(host.path / "microscope.pub")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        address = f"tcp://127.0.0.1:{self.port}"
        self.gate = Gate(context, self.own, keys.allowed, handshake_s=HANDSHAKE_S)
        self.hub = HubPort(context, address, self.gate)
        self._friend = PeerPort(context, address, "friend", ServerKey(friend, self.own.public))
        self.said, self.senders = 0, list[bytes]()

    def turn(self) -> None:
        """The friend says something, and what has come in is read."""
        self._friend.send(Beat(name="friend"))
        self.said += 1
        self.listen()

    def listen(self) -> None:
        """Read what has come in."""
        self.hub.socket.poll(10)
        self.senders += [mail.sender for mail in self.hub.arrived()]

    @property
    def heard(self) -> int:
        """How often the friend was heard."""
        return self.senders.count(b"friend")

    def close(self) -> None:
        """Close the door."""
        self._friend.close()
        self.hub.close()
        self.gate.close()


def turned_away(folder: Path, each: int) -> Turned:
    """Have `each` strangers of every kind knock, from another process, while an allowed peer talks all the time."""
    with zmq.Context() as context, closing(_Door(context, folder)) as door:
        _await(door, lambda: door.heard > 0, door.turn)
        _knock(door, 1)
        _await(door, lambda: door.gate.refused >= len(knocking.KINDS))
        before, files = memory_mib(), psutil.Process().num_fds()
        _knock(door, each - 1)
        knocked = dict.fromkeys(knocking.KINDS, each)
        _await(door, lambda: door.heard == door.said and door.gate.refused >= sum(knocked.values()))
        growth, left = memory_mib() - before, psutil.Process().num_fds() - files
        return Turned(knocked, door.gate.refused, len(door.senders) - door.heard, door.said, door.heard, growth, left)


def _knock(door: _Door, each: int) -> None:
    command = [sys.executable, "-m", knocking.__name__, str(door.port), door.own.public.decode(), str(each)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as strangers:
        while strangers.poll() is None:
            door.turn()


def _await(door: _Door, there: Callable[[], bool], turn: Callable[[], None] | None = None) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not there() and time.monotonic() < deadline:
        (turn or door.listen)()
