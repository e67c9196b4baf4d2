"""What whoever watches over stages tells the store's owner: who it is, and how each stage is, until it is heard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import zmq

from eclips4d.core.messages import Bye, Hello, Message, Stages, Who
from eclips4d.pipeline import ports
from eclips4d.pipeline import telling as module
from eclips4d.pipeline.crew import Crew
from eclips4d.pipeline.lifecycle import Lifecycle, State
from eclips4d.pipeline.ports import HubPort, PeerPort
from eclips4d.pipeline.telling import Telling

NAME = b"supervisor-gpu"


class Told:
    """A telling, and the hub that hears it."""

    def __init__(self, folder: Path, context: zmq.Context[Any]) -> None:
        self.hub = HubPort(context, f"ipc://{folder}/hub")
        self.peer = PeerPort(context, f"ipc://{folder}/hub", NAME.decode())
        self.life = Lifecycle("inference-0")
        self.crew = cast(Crew, SimpleNamespace(stages={"inference-0": SimpleNamespace(life=self.life)}))
        self.telling = Telling(self.peer)

    def heard(self) -> list[Message]:
        self.telling.tell(self.crew)
        said: list[Message] = []
        while self.hub.socket.poll(200):
            said += [mail.message.body for mail in self.hub.arrived()]
        return [body for body in said if isinstance(body, (Hello, Stages))]

    def close(self) -> None:
        self.peer.close()
        self.hub.close()


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    monkeypatch.setattr(module, "AGAIN_S", 1e9)  # however slow this machine is
    with zmq.Context() as context:
        made = Told(tmp_path, context)
        yield made
        made.close()


def test_it_introduces_itself_once_and_tells_what_changes(told: Told) -> None:
    hello, stages = told.heard()
    assert isinstance(hello, Hello) and hello.version and hello.name == NAME.decode()
    assert isinstance(stages, Stages) and stages.states == {"inference-0": "starting"}
    assert told.heard() == []
    told.life.state = State.WORKING
    assert told.heard() == [Stages(states={"inference-0": "working"})]


def test_a_hub_that_asks_is_told_all_of_it_again(told: Told) -> None:
    told.heard()
    assert told.hub.send(NAME, Who())
    assert told.peer.socket.poll(5000)
    assert [type(body) for body in told.heard()] == [Hello, Stages]


def test_what_was_told_before_the_run_was_open_is_told_again(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    told.heard()
    monkeypatch.setattr(module, "AGAIN_S", -1.0)
    assert told.heard() == [Stages(states={"inference-0": "starting"})]


def test_a_hub_that_says_nothing_for_hours_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a socket holds is used up after half an hour of it, and sending then fails."""
    monkeypatch.setattr(module, "AGAIN_S", -1.0)
    monkeypatch.setattr(ports, "SEND_TIMEOUT_MS", 10)
    monkeypatch.setattr(PeerPort, "silence", "nothing heard")
    with zmq.Context() as context:
        told = Told(tmp_path, context)
        for _ in range(2 * ports.HIGH_WATER):
            told.telling.tell(told.crew)
        assert told.hub.socket.poll(20_000)
        hello, stages = told.heard()
        assert isinstance(hello, Hello) and isinstance(stages, Stages)
        monkeypatch.setattr(PeerPort, "silence", "")
        assert told.heard() == [Stages(states={"inference-0": "starting"})]
        told.close()


def test_it_hears_that_the_run_is_complete(told: Told) -> None:
    told.heard()
    assert told.hub.send(NAME, Bye(reason="the run is complete"))
    assert told.peer.socket.poll(5000)
    told.heard()
    assert told.telling.is_over


def test_it_answers_the_end_and_says_so_when_it_leaves(told: Told) -> None:
    told.heard()
    assert told.hub.send(NAME, Bye(reason="the run is complete"))
    assert told.peer.socket.poll(5000)
    told.telling.tell(told.crew)
    told.telling.leave()
    goodbyes = 0
    while goodbyes < 2:
        assert told.hub.socket.poll(5000)
        goodbyes += sum(isinstance(mail.message.body, Bye) for mail in told.hub.arrived())
