"""A worker, and the decoder alone, under hostile messages; the hub is played."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import zmq

from eclips4d.acquisition.fakes import FakeSource
from eclips4d.core.errors import RefusedStageError, WireError
from eclips4d.core.messages import (
    Beat,
    Message,
    SurfaceOffer,
    Welcome,
    Work,
)
from eclips4d.core.wire import Received, decode, encode
from eclips4d.pipeline.bench.reliability.hostile.mutants import Parts
from eclips4d.pipeline.bench.reliability.hostile.sound import Sound, sound_messages
from eclips4d.pipeline.bench.reliability.hostile.target import (
    FRAMES,
    PATIENCE_S,
    config_of,
    once,
    says_bye,
)
from eclips4d.pipeline.ports import HubPort
from eclips4d.pipeline.work import Worker


class _CountingWorker(Worker):
    taken = 0

    def _take(self, received: Received[Message]) -> None:
        super()._take(received)
        self.taken += 1


class WorkerTarget:
    """A worker, told by its hub."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._context: zmq.Context[Any] = zmq.Context()
        self._source = FakeSource(FRAMES)
        config = config_of(folder)
        self._hub = HubPort(self._context, config.endpoints.hub)
        self._surfaces = HubPort(self._context, config.endpoints.surfaces)
        self.worker = _CountingWorker(config, self._context, "inference-0")
        self._surfaces_seen = 0
        self._ended = 0
        while self._hub.receive() is None:
            self._hub.socket.poll(10)

    @property
    def taken(self) -> int:
        """Messages that were not refused."""
        return self.worker.taken + self._ended

    @property
    def refused(self) -> int:
        """Messages that were dropped and counted."""
        return self.worker.hub.bad_messages

    def sound(self) -> list[Sound]:
        """Messages as they would be in place now."""
        return sound_messages(self._source)

    def send(self, parts: Parts) -> None:
        """Send one message, each time as another of those it knows, or as a stranger."""
        self._hub.socket.send_multipart([b"inference-0", *parts])
        self._ended += says_bye(parts)

    def turn(self) -> None:
        """Have it take what has come."""
        turns = once()
        with suppress(RefusedStageError):
            self.worker.run(lambda: next(turns))
        for port in (self._hub, self._surfaces):
            for mail in port.arrived():
                self._surfaces_seen += isinstance(mail.message.body, SurfaceOffer)

    def serves(self) -> bool:
        """Whether an honest frame still finds its way."""
        seen = self._surfaces_seen
        for sound in self.sound():
            if isinstance(sound.body, Welcome | Work):
                self._hub.send(b"inference-0", sound.body, sound.arrays)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and self._surfaces_seen == seen:
            self.turn()
        return self._surfaces_seen > seen

    def close(self) -> None:
        """Release everything."""
        self.worker.close()
        self._surfaces.close()
        self._hub.close()
        self._context.term()


class DecoderTarget:
    """The decoder by itself."""

    def __init__(self, _folder: Path) -> None:
        self.taken = self.refused = 0
        self._source = FakeSource(FRAMES)

    def sound(self) -> list[Sound]:
        """Messages as they would be in place now."""
        return sound_messages(self._source)

    def send(self, parts: Parts) -> None:
        """Send one message, each time as another of those it knows, or as a stranger."""
        try:
            decode(parts)
            self.taken += 1
        except WireError:
            self.refused += 1

    def turn(self) -> None:
        """Nothing waits."""

    def serves(self) -> bool:
        """Whether an honest frame still finds its way."""
        raw = np.arange(6, dtype=np.uint16)
        return bool((decode(encode(Beat(name="x"), {"raw": raw})).arrays["raw"] == raw).all())

    def close(self) -> None:
        """Nothing is open."""
