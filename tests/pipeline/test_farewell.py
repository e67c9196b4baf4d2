"""The end of a run is told to who was cut off when it came, and waits for nobody who has left."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import zmq
from played_run import PlayedRun as Run

from eclips4d.core.messages import Beat, Bye, End, GapOffer, Hello, Stages
from eclips4d.pipeline import farewell as module
from eclips4d.pipeline.farewell import Farewell
from eclips4d.pipeline.ports import HubPort, PeerPort

GPU = b"supervisor-gpu"


class Ending:
    """A hub that says goodbye in a thread."""

    def __init__(self, folder: Path) -> None:
        self.address = f"ipc://{folder}/hub"
        self.context: zmq.Context[Any] = zmq.Context()
        self._port = HubPort(self.context, self.address)
        self.farewell = Farewell(self._port)
        self._thread = ThreadPoolExecutor(1)
        self.asked_on = True

    def says(self) -> Future[None]:
        return self._thread.submit(self.farewell.say, [GPU, b"inference-0"], lambda: self.asked_on)

    def close(self) -> None:
        self.asked_on = False
        self._thread.shutdown()
        self._port.close()
        self.context.term()


@pytest.fixture
def ending(tmp_path: Path) -> Iterator[Ending]:
    made = Ending(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("word", [Beat(name=GPU.decode()), Stages(states={})])
def test_who_comes_back_afterwards_is_told_and_then_it_is_over(ending: Ending, word: Beat | Stages) -> None:
    ending.farewell.expect(GPU)
    said = ending.says()
    peer = PeerPort(ending.context, ending.address, GPU.decode())
    peer.send(word)
    received = peer.receive(20_000)
    assert received is not None and isinstance(received.body, Bye) and not received.body.refused
    assert not said.done(), "it may not have arrived"
    peer.send(Bye())
    said.result(20)
    peer.close()


def test_who_has_left_and_stages_that_nobody_watches_are_not_waited_for(ending: Ending) -> None:
    ending.farewell.expect(GPU)
    ending.farewell.heard(GPU)
    ending.says().result(20)


def test_who_never_comes_back_is_not_waited_for_for_ever(ending: Ending, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_S", 0.2)
    ending.farewell.expect(GPU)
    ending.says().result(20)


def test_told_to_end_it_ends(ending: Ending) -> None:
    ending.farewell.expect(GPU)
    said = ending.says()
    ending.asked_on = False
    said.result(20)


def test_a_run_is_over_when_every_supervisor_has_heard_so(tmp_path: Path) -> None:
    run = Run(tmp_path)
    acquisition, here, gone = run.acquisition(), run.port("supervisor-here"), run.port("supervisor-gone")
    for port in (here, gone):
        port.send(Hello(role="supervisor", name=port.name, pid=7))
    while not {b"supervisor-here", b"supervisor-gone"} <= set(run.hub.peers.names()):
        run.step()
    gone.send(Bye(reason="left"))
    acquisition.send(GapOffer(sequence=0, frame_id=1, start_s=0.0))
    acquisition.send(End(total=1))
    with ThreadPoolExecutor(1) as thread:
        ended = thread.submit(run.hub.run)
        while (received := here.receive(20_000)) is not None and not isinstance(received.body, Bye):
            pass
        assert received is not None and not ended.done()
        here.send(Bye())
        assert ended.result(20)
    run.close()
