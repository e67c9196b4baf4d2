from __future__ import annotations

import threading

from eclips4d.acquisition.fakes import FakeSource, FaultPlan


def test_faults_come_as_planned() -> None:
    plan = FaultPlan(lost=frozenset({1}), duplicated=frozenset({2}), overtaken=frozenset({3}))
    with FakeSource(6, plan=plan, first_frame_id=10) as source:
        assert [f.header.frame_id for f in source.frames()] == [10, 12, 12, 14, 13, 15]


def test_a_stall_lasts_until_it_is_ended() -> None:
    with FakeSource(4, plan=FaultPlan(stall_before=2)) as source:
        frames = source.frames()
        assert [next(frames).header.sequence for _ in range(2)] == [0, 1]
        later: list[int] = []
        waiting = threading.Thread(target=lambda: later.extend(f.header.sequence for f in frames))
        waiting.start()
        assert source.health().delivered == 2
        source.resume()
        waiting.join()
        assert later == [2, 3]


def test_a_stalled_source_can_be_stopped() -> None:
    with FakeSource(4, plan=FaultPlan(stall_before=0)) as source:
        later: list[int] = []
        waiting = threading.Thread(target=lambda: later.extend(f.header.sequence for f in source.frames()))
        waiting.start()
        source.stop()
        waiting.join()
        assert later == [] and source.health().state == "stopped"
