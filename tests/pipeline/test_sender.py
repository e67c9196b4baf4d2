"""The acquisition stage against a store's owner that answers late, twice, or not at all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

import pytest
import zmq

from eclips4d.acquisition.spill import recover
from eclips4d.core.messages import Ack, Bye, End, FrameOffer, Hello, Message, Welcome
from eclips4d.pipeline import acquire
from eclips4d.pipeline.acquire import Sender
from eclips4d.pipeline.config import Endpoints, RunConfig
from eclips4d.pipeline.ports import HubPort

M = TypeVar("M", bound=Message)
FRAMES = 8
SOURCE = f"sim://copper-redox?size=16&fps=200&frames={FRAMES}&render=live"


class PlayedHub:
    """A sender in its thread, and its hub played by the test."""

    def __init__(self, folder: Path) -> None:
        self.context: zmq.Context[Any] = zmq.Context()
        ends = Endpoints(hub=f"ipc://{folder}/h", surfaces=f"ipc://{folder}/s", notices=f"ipc://{folder}/n")
        self.port = HubPort(self.context, ends.hub)
        config = RunConfig(run_id="r", source=SOURCE, out=folder / "o.zarr", spill_dir=folder / "spill", endpoints=ends)
        self.sender = Sender(config, self.context)
        self._over = Event()
        self._thread = ThreadPoolExecutor(1)
        self.running = self._thread.submit(self.sender.run, lambda: not self._over.is_set())

    def stop(self) -> None:
        self._over.set()
        self.running.result(20)
        self.sender.close()

    def close(self) -> None:
        if not self._over.is_set():
            self.stop()
        self._thread.shutdown()
        self.port.close()
        self.context.term()

    def next(self, kind: type[M], seconds: float = 20.0) -> M:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.port.socket.poll(20)
            for mail in self.port.arrived():
                if isinstance(mail.message.body, kind):
                    return mail.message.body
        raise AssertionError(f"no {kind.__name__}")

    def say(self, body: Message) -> None:
        assert self.port.send(b"acquisition", body)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlayedHub]:
    monkeypatch.setattr(acquire, "NO_ANSWER_S", 0.5)
    played = PlayedHub(tmp_path)
    yield played
    played.close()


def test_no_more_is_sent_than_there_are_credits_however_often_they_are_given(hub: PlayedHub) -> None:
    hub.next(Hello)
    hub.say(Welcome(run_id="r", credits=2))
    for _ in range(5):
        hub.say(Ack(durable=0, credits=2))
    assert [hub.next(FrameOffer).header.sequence for _ in range(2)] == [0, 1]
    with pytest.raises(AssertionError, match="no FrameOffer"):
        hub.next(FrameOffer, 0.3)


def test_without_an_answer_it_asks_and_goes_on_where_it_is_told(hub: PlayedHub) -> None:
    hub.next(Hello)
    hub.say(Welcome(run_id="r", credits=3))
    first = [hub.next(FrameOffer) for _ in range(3)]
    hub.next(Hello)  # nothing was acknowledged: all of it may be lost
    hub.say(Welcome(run_id="r", next_sequence=1, credits=16))
    again = [hub.next(FrameOffer) for _ in range(FRAMES - 1)]
    assert [offer.header.sequence for offer in again] == list(range(1, FRAMES))
    assert again[0].stamps == first[1].stamps, "it is as old as it is"
    assert again[0].age_s > first[1].age_s
    assert hub.next(End).total == FRAMES
    hub.say(Ack(durable=FRAMES, credits=FRAMES))
    hub.say(Bye())
    hub.running.result(20)


def test_frames_that_nobody_acknowledged_wait_on_the_disk_for_the_next_run(hub: PlayedHub) -> None:
    hub.next(Hello)
    hub.say(Welcome(run_id="r", credits=16))
    offers = [hub.next(FrameOffer) for _ in range(FRAMES)]
    hub.say(Ack(durable=3))
    while hub.sender.ring.counts().held > FRAMES - 3:
        hub.port.socket.poll(10)
    hub.stop()
    left = list(recover(hub.sender.spill_dir / "frames"))
    assert [frame.header for frame in left] == [offer.header for offer in offers[3:]]
