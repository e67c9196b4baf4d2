"""Where the time of frames goes: percentiles of the last, the worst of all, and what a window says of its screen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from played_run import PlayedRun

from eclips4d.core.messages import End, Ready, Work
from eclips4d.core.shown_message import Shown
from eclips4d.pipeline.budget import LAST, Budget
from eclips4d.pipeline.ports import PeerPort
from eclips4d.storage.reader import summary
from eclips4d.viewer.latency import reaches_of

MS = 1_000_000


@given(st.lists(st.floats(0.0, 1e5), min_size=1, max_size=50))
def test_median_late_and_worst_are_those_of_all_frames(spent_ms: list[float]) -> None:
    budget = Budget()
    for k, ms in enumerate(spent_ms):
        budget.acquired(k, 10**18)
        budget.reached(k, "written", 10**18 + int(ms * MS))
    middle, late, worst, frame = budget.told()["written"]
    rounded = np.floor(np.array(spent_ms) * MS) / MS
    np.testing.assert_allclose((middle, late), np.percentile(rounded, (50, 99)), atol=1e-3)
    assert worst == pytest.approx(rounded.max(), abs=1e-3)
    assert rounded[frame] == pytest.approx(worst, abs=1e-3)


def test_a_long_run_keeps_its_worst_frame_and_no_more_memory() -> None:
    budget = Budget()
    for k in range(5 * LAST):
        budget.acquired(k, k * MS)
        budget.reached(k, "shown", (k + (900 if k == 7 else 5)) * MS)
    assert budget.told()["shown"] == (5.0, 5.0, 900.0, 7)
    assert len(budget._acquired) == LAST and len(budget._spent["shown"]) == LAST


def test_a_frame_that_waits_for_the_next_one_is_no_measure_of_the_chain() -> None:
    budget = Budget()
    budget.waits(0)
    for k, ms in enumerate((8000, 10, 20)):
        budget.acquired(k, 0)
        assert budget.reached(k, "written", ms * MS) == ms
    assert budget.told()["written"][2:] == (20.0, 2)


def test_of_frames_that_nobody_knows_nothing_is_told() -> None:
    budget = Budget()
    assert budget.reached(3, "shown", 10) is None
    budget.acquired(3, 100)
    assert budget.reached(3, "shown", 50) == 0.0, "a clock that was set back"
    assert budget.reached(3, "shown", 200, rows=8) is None
    assert list(budget.told()) == ["shown"]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[PlayedRun]:
    run = PlayedRun(tmp_path, notes=True)
    yield run
    run.close()


def window(run: PlayedRun) -> PeerPort:
    assert run.config.endpoints.notes is not None
    port = PeerPort(run.context, run.config.endpoints.notes, "window")
    run.ports.append(port)
    return port


def told(run: PlayedRun) -> dict[str, tuple[float, float, float, int]]:
    assert run.hub.active is not None
    return dict(run.hub.active.journal.metrics.budget.told())


def test_every_step_to_the_screen_is_told_in_metrics_and_in_the_store(run: PlayedRun) -> None:
    acquisition, (worker, registration) = run.acquisition(), run.others()
    worker.send(Ready(credits=2))
    run.offer(acquisition, next(iter(run.source.frames())), age_s=0.5)
    run.finish_work(worker, registration, run.expect(worker, Work))
    run.until("the frame", 1, 1)
    port = window(run)
    port.send(Shown(sequence=0, at_ns=time.time_ns()))
    port.send(Shown(sequence=9, at_ns=time.time_ns()))  # of which nobody knows
    while "shown" not in told(run):
        run.step()
    steps = told(run)
    assert list(steps) == ["received", "durable", "inferred", "registered", "written", "committed", "shown"]
    middles = [steps[step][0] for step in steps]
    assert middles[0] >= 499.0 and middles == sorted(middles)
    value = run.hub.metrics.stage.registry.get_sample_value
    labels = {"stage": "storage", "step": "shown"}
    assert value("eclips4d_latency_seconds_count", labels) == 1.0
    assert value("eclips4d_latency_worst_frame", labels) == 0.0
    assert value("eclips4d_latency_worst_seconds", labels) == pytest.approx(steps["shown"][2] / 1e3)
    acquisition.send(End(total=1))
    while run.hub.active is not None and not run.hub._nothing_is_left(run.hub.active):
        run.step()
    assert run.hub.active is not None and run.hub._finish(run.hub.active)
    stored = dict(reaches_of(summary(run.out).extra["latency"]))
    assert stored == pytest.approx({step: pytest.approx(reach) for step, reach in steps.items()})


def test_a_screen_of_the_future_is_now(run: PlayedRun) -> None:
    acquisition, (worker, registration) = run.acquisition(), run.others()
    worker.send(Ready(credits=2))
    run.offer(acquisition, next(iter(run.source.frames())))
    run.finish_work(worker, registration, run.expect(worker, Work))
    run.until("the frame", 1, 1)
    window(run).send(Shown(sequence=0, at_ns=(1 << 63) - 1))
    while "shown" not in told(run):
        run.step()
    assert told(run)["shown"][2] < 60_000.0


def test_what_is_no_word_of_a_window_is_counted(run: PlayedRun) -> None:
    run.acquisition()
    port = window(run)
    port.send(Shown(sequence=0, at_ns=1), {"x": np.zeros(3, np.uint8)})
    port.send(End(total=0))
    assert run.hub.notes is not None
    while run.hub.notes.port.bad_messages < 2:
        run.step()


@pytest.mark.parametrize("stored", [None, 3, {"shown": 7}, {"shown": {"p50_ms": 1.0}}, {"shown": {"p50_ms": "x"}}])
def test_a_store_that_says_something_else_says_nothing(stored: object) -> None:
    assert reaches_of(stored) == ()
