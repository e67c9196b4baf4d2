"""Storage under hostile messages: told by all other stages and by strangers, all of them played."""

from __future__ import annotations

import time
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from typing import Any

import zmq

from eclips4d.acquisition.fakes import FakeSource
from eclips4d.core.errors import RefusedStageError
from eclips4d.core.messages import (
    Ack,
    FrameOffer,
    Hello,
    Message,
    Welcome,
)
from eclips4d.core.wire import Received
from eclips4d.pipeline.bench.reliability.hostile.mutants import Parts
from eclips4d.pipeline.bench.reliability.hostile.sound import Sound, sound_messages
from eclips4d.pipeline.bench.reliability.hostile.target import (
    FRAMES,
    PATIENCE_S,
    WITHOUT_END,
    config_of,
    until,
)
from eclips4d.pipeline.hub import Hub
from eclips4d.pipeline.ports import PeerPort


class _CountingHub(Hub):
    taken = 0

    def _handle(self, sender: bytes, received: Received[Message]) -> None:
        super()._handle(sender, received)
        self.taken += 1


class HubTarget:
    """Storage, told by all other stages and by strangers."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._context: zmq.Context[Any] = zmq.Context()
        self._source = FakeSource(FRAMES, can_wait=False)
        self._config = config_of(folder)
        self.hub = _CountingHub(self._config, self._context)
        self.hub.port.allowances = WITHOUT_END
        names = ("acquisition", "inference-0", "registration", "supervisor", "stranger", "another")
        self.ports = [PeerPort(self._context, self._config.endpoints.hub, name) for name in names]
        self._introduce()
        self._next = cycle(self.ports)

    def _introduce(self) -> None:
        info = self._source.info
        for pid, port in enumerate(self.ports[:4]):
            port.send(Hello(role=port.name.split("-")[0], name=port.name, pid=pid, source=None if pid else info))
        while len(self.hub.peers.names()) < 4:
            self.turn()

    @property
    def taken(self) -> int:
        """Messages that were not refused."""
        return self.hub.taken

    @property
    def refused(self) -> int:
        """Messages that were dropped and counted."""
        return self.hub.port.bad_messages

    def sound(self) -> list[Sound]:
        """Messages as they would be in place now."""
        active = self.hub.active
        return sound_messages(self._source, active.intake.taken if active else 0)

    def send(self, parts: Parts) -> None:
        """Send one message, each time as another of those it knows, or as a stranger."""
        next(self._next).socket.send_multipart(parts)

    def turn(self) -> None:
        """Have it take what has come."""
        self.hub.port.socket.poll(10)
        self.hub.step()
        for port in self.ports:
            with suppress(RefusedStageError):  # told to whoever says that it is of another version
                while port.receive() is not None:
                    pass

    def serves(self) -> bool:
        """Whether an honest frame still finds its way."""
        acquisition = self.ports[0]

        def look() -> Received[Message] | None:
            self.hub.port.socket.poll(10)
            self.hub.step()
            with suppress(RefusedStageError):
                return acquisition.receive()
            return None

        def again() -> Received[Message] | None:
            if time.monotonic() - asked[0] > 1.1:
                asked[0] = time.monotonic()
                acquisition.send(Hello(role="acquisition", name="acquisition", pid=99, source=self._source.info))
            return look()

        asked = [0.0]
        welcome = until(Welcome, again)
        if welcome is None:
            return False
        frame = self._source.frame(welcome.body.next_sequence)
        acquisition.send(FrameOffer(header=frame.header, stamps={}), {"raw": frame.data})
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            ack = until(Ack, look)
            if ack is not None and ack.body.durable > welcome.body.next_sequence:
                return True
        return False

    def close(self) -> None:
        """Release everything."""
        for port in self.ports:
            port.close()
        self.hub.close()
        self._context.term()
