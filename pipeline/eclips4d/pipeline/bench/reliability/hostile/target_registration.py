"""Registration under hostile messages: workers, strangers and its hub are played."""

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
    Message,
    RegisteredOffer,
    SurfaceOffer,
    Welcome,
)
from eclips4d.core.wire import Received
from eclips4d.pipeline.align import Aligner
from eclips4d.pipeline.bench.reliability.hostile.mutants import Parts
from eclips4d.pipeline.bench.reliability.hostile.sound import Sound, planes, sound_messages
from eclips4d.pipeline.bench.reliability.hostile.target import (
    FRAMES,
    PATIENCE_S,
    WITHOUT_END,
    config_of,
    once,
    says_bye,
)
from eclips4d.pipeline.ports import HubPort, PeerPort


class _CountingAligner(Aligner):
    taken = 0

    def _from_hub(self, received: Received[Message]) -> None:
        super()._from_hub(received)
        self.taken += 1

    def _from_worker(self, received: Received[Message]) -> None:
        super()._from_worker(received)
        self.taken += 1


class RegistrationTarget:
    """Registration, told by workers, strangers and its hub."""

    SHAPE = (4, 48, 48)

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._context: zmq.Context[Any] = zmq.Context()
        self._source = FakeSource(FRAMES, shape=self.SHAPE)
        config = config_of(folder)
        self._hub = HubPort(self._context, config.endpoints.hub)
        self.aligner = _CountingAligner(config, self._context)
        self.aligner.surfaces.allowances = WITHOUT_END
        names = ("inference-0", "inference-1", "stranger")
        self._workers = [PeerPort(self._context, config.endpoints.surfaces, name) for name in names]
        self._heard: list[Received[Message]] = []
        self._next = cycle([*self._workers, None])
        self._ended = 0
        while not self._heard:
            self.turn()
        self._welcome()

    def _welcome(self) -> None:
        """From the hub: begin, or begin again, after the newest frame."""
        welcome = [s for s in sound_messages(self._source) if isinstance(s.body, Welcome)][-1]
        assert isinstance(welcome.body, Welcome)
        self._hub.send(b"registration", welcome.body, welcome.arrays)
        self.turn()

    @property
    def taken(self) -> int:
        """Messages that were not refused."""
        return self.aligner.taken + self._ended

    @property
    def refused(self) -> int:
        """Messages that were dropped and counted."""
        return self.aligner.hub.bad_messages + self.aligner.surfaces.bad_messages

    def sound(self) -> list[Sound]:
        """Messages as they would be in place now."""
        self._welcome()
        return sound_messages(self._source)

    def send(self, parts: Parts) -> None:
        """Send one message, each time as another of those it knows, or as a stranger."""
        worker = next(self._next)
        if worker is None:
            self._hub.socket.send_multipart([b"registration", *parts])
            self._ended += says_bye(parts)
        else:
            worker.socket.send_multipart(parts)

    def turn(self) -> None:
        """Have it take what has come."""
        turns = once()
        with suppress(RefusedStageError):
            self.aligner.run(lambda: next(turns))
        while (mail := self._hub.receive()) is not None:
            self._heard.append(mail.message)
        del self._heard[:-64]

    def serves(self) -> bool:
        """Whether an honest frame still finds its way."""
        self._welcome()
        self._heard.clear()
        frame, offers = self._source.frame(0), sound_messages(self._source)
        offer = next(s.body for s in offers if isinstance(s.body, SurfaceOffer))
        self._workers[0].send(offer, {"raw": frame.data, **planes(frame.data.shape)})
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            self.turn()
            if any(isinstance(heard.body, RegisteredOffer) for heard in self._heard):
                return True
        return False

    def close(self) -> None:
        """Release everything."""
        for port in self._workers:
            port.close()
        self.aligner.close()
        self._hub.close()
        self._context.term()
