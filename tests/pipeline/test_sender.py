"""The acquisition stage against a store's owner that answers late, twice, or not at all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

import numpy as np
import pytest
import zmq

from eclips4d.acquisition.bridge.eclips4d_bridge import Bridge
from eclips4d.acquisition.fakes import INSTRUMENT_TOML
from eclips4d.acquisition.spill import recover
from eclips4d.core.messages import Ack, Bye, End, FrameOffer, Hello, Message, Remark, Welcome
from eclips4d.pipeline import acquire
from eclips4d.pipeline.acquire import Sender
from eclips4d.pipeline.config import Endpoints, RunConfig
from eclips4d.pipeline.ports import HubPort, PeerPort

M = TypeVar("M", bound=Message)
FRAMES = 8
SOURCE = f"sim://copper-redox?size=16&fps=200&frames={FRAMES}&render=live"


class PlayedHub:
    """A sender in its thread, and its hub played by the test."""

    def __init__(
        self, folder: Path, source: str = SOURCE, instrument: Path | None = None, stop: Event | None = None
    ) -> None:
        self.context: zmq.Context[Any] = zmq.Context()
        ends = Endpoints(hub=f"ipc://{folder}/h", surfaces=f"ipc://{folder}/s", notices=f"ipc://{folder}/n")
        self.port = HubPort(self.context, ends.hub)
        where = {"out": folder / "o.zarr", "spill_dir": folder / "spill", "endpoints": ends}
        config = RunConfig(run_id="r", source=source, instrument=instrument, **where)
        self.sender = Sender(config, self.context)
        self._over = Event()
        self._thread = ThreadPoolExecutor(1)
        asked = stop or Event()
        self.running = self._thread.submit(self.sender.run, lambda: not self._over.is_set(), asked.is_set)

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

    def until(self, kind: type[Message], seconds: float = 20.0) -> list[Message]:
        """All that is said up to a message of this kind."""
        said: list[Message] = []
        until = time.monotonic() + seconds
        while not (said and isinstance(said[-1], kind)):
            assert time.monotonic() < until, said
            self.port.socket.poll(20)
            if (mail := self.port.receive()) is not None:
                said.append(mail.message.body)
        return said

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


def test_what_happened_while_nobody_heard_is_told_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = ["nothing heard"]
    monkeypatch.setattr(PeerPort, "silence", property(lambda port: heard[0]))
    hub = PlayedHub(tmp_path, f"{SOURCE}&faults=duplicate:1@3")
    hub.next(Hello)
    hub.say(Welcome(run_id="r", credits=32))
    said = hub.until(End)
    assert not [body for body in said if isinstance(body, Remark)]
    heard[0] = ""
    hub.say(Welcome(run_id="r", next_sequence=FRAMES, credits=32))
    remarks = [body for body in hub.until(End) if isinstance(body, Remark)]
    assert [(remark.what, remark.values["count"]) for remark in remarks] == [("frames came twice and were dropped", 1)]
    hub.say(Ack(durable=FRAMES, credits=FRAMES))
    hub.say(Bye())
    hub.running.result(20)
    hub.close()


def test_a_store_that_does_not_answer_is_not_asked_for_ever(hub: PlayedHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acquire, "NO_ANSWER_S", 0.0)
    monkeypatch.setattr(acquire, "MOST_ASKED", 3)
    hub.next(Hello)
    hub.say(Welcome(run_id="r", credits=1))
    for _ in range(3):
        hub.next(Hello)
    with pytest.raises(AssertionError, match="no Hello"):
        hub.next(Hello, 1.0)
    hub.say(Ack(durable=0))
    hub.next(Hello)


def test_told_to_stop_it_waits_for_durability_and_not_for_a_last_word_that_was_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard, stop = [""], Event()
    monkeypatch.setattr(PeerPort, "silence", property(lambda port: heard[0]))
    hub = PlayedHub(tmp_path, stop=stop)
    hub.next(Hello)
    hub.say(Welcome(run_id="r", credits=16))
    hub.next(End)
    stop.set()
    heard[0] = "nothing heard"
    with pytest.raises(TimeoutError):
        hub.running.result(1.0)
    hub.say(Ack(durable=FRAMES))
    hub.running.result(20)
    hub.close()
    assert not (tmp_path / "spill").exists()


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


def test_a_bridge_lets_go_of_what_is_durable_and_keeps_the_rest(tmp_path: Path) -> None:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        host = f"127.0.0.1:{socket.bind_to_random_port('tcp://127.0.0.1')}"
    instrument = tmp_path / "instrument.toml"
    instrument.write_text(INSTRUMENT_TOML)
    bridge = Bridge(f"tcp://{host}", tmp_path / "kept")
    for k in range(6):
        assert bridge.push(np.full((4, 12, 16), k, np.uint16), 1.0 + k, 1.5 + k)
    hub = PlayedHub(tmp_path, f"bridge://{host}?width=16&height=12", instrument)
    try:
        hub.next(Hello)
        hub.say(Welcome(run_id="store", next_sequence=40, credits=16))
        assert [hub.next(FrameOffer).header.sequence for _ in range(6)] == list(range(40, 46))
        assert len(bridge.held) == 6
        hub.say(Ack(durable=43))
        while len(bridge.held) > 3:
            hub.port.socket.poll(10)
        hub.stop()
    finally:
        hub.close()
    assert bridge.close(0.0) == 3
    assert not list(recover(hub.sender.spill_dir / "frames")), "they are asked for again"
