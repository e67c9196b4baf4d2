"""What the hub knows of stages and clocks."""

from __future__ import annotations

from typing import Any, cast

import pytest

from eclips4d.core.errors import WireError
from eclips4d.core.messages import Hello, Stages
from eclips4d.pipeline.peers import Peers
from eclips4d.pipeline.stage_watch import StageWatch


def test_changes_are_events_and_beginnings_are_not() -> None:
    watch = StageWatch()
    assert watch.told(Stages(states={"storage": "working", "inference-0": "starting"})) == []
    assert watch.told(Stages(states={"storage": "working", "inference-0": "working"})) == []
    whys = {"inference-0": "killed by signal 9"}
    died = Stages(states={"storage": "working", "inference-0": "restarting"}, whys=whys)
    assert watch.told(died) == ["inference-0: restarting (killed by signal 9)"]
    assert watch.told(died) == []
    back = Stages(states={"storage": "working", "inference-0": "working"})
    assert watch.told(back) == ["inference-0: working"]


@pytest.mark.parametrize(
    "states",
    [
        {"storage": "dancing"},
        {f"inference-{k}": "working" for k in range(1000)},
        {"x" * 1000: "working"},
        {"new\nline": "working"},
    ],
)
def test_what_cannot_be_is_refused(states: dict[str, str]) -> None:
    with pytest.raises(WireError):
        StageWatch().told(Stages(states=states))


def test_supervisors_of_two_hosts_speak_for_their_own_stages() -> None:
    watch, nobody = StageWatch(), Peers(cast(Any, None))
    watch.told(Stages(states={"storage": "working"}), b"supervisor-server")
    watch.told(Stages(states={"inference-0": "working"}), b"supervisor-gpu")
    assert watch.states(nobody) == {"storage": "working", "inference-0": "working"}
    assert watch.told(Stages(states={"inference-0": "restarting"}), b"supervisor-gpu") == ["inference-0: restarting"]
    assert watch.states(nobody) == {"storage": "working", "inference-0": "restarting"}


def test_without_a_supervisor_it_is_known_who_was_heard() -> None:
    peers = Peers(cast(Any, None))
    peers.add(b"inference-0", Hello(role="inference", name="inference-0", pid=1))
    peers.add(b"registration", Hello(role="registration", name="registration", pid=2))
    peers[b"registration"].heard -= 10
    assert StageWatch().states(peers) == {"inference-0": "working", "registration": "silent"}


def test_a_clock_that_is_set_is_noticed_once() -> None:
    wall, steady = [1000.0], [50.0]
    watch = StageWatch(lambda: wall[0], lambda: steady[0])
    wall[0] += 5.1
    steady[0] += 5.0
    assert watch.clock_step() is None, "clocks drift"
    wall[0] += 3600.0
    assert watch.clock_step() == pytest.approx(3600.1)
    assert watch.clock_step() is None
