"""Rows of the frame that is being scanned, at the hub: an idle worker gets them, a preview lies in the store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from played_run import PlayedRun, heard, played, until

from eclips4d.core.frame import Frame
from eclips4d.core.messages import FrameOffer, Hello, Ready, Work
from eclips4d.core.strip_messages import StripMade, StripOffer, StripTaken, StripWork
from eclips4d.core.wire import Received
from eclips4d.pipeline import strip_desk
from eclips4d.pipeline.ports import PeerPort
from eclips4d.storage.scanning import read_scanning, scanning_path

ROWS, COLUMNS = 12, 16


@pytest.fixture
def run(tmp_path: Path) -> Iterator[PlayedRun]:
    run = PlayedRun(tmp_path, strips=4)
    yield run
    run.close()


class Stages:
    """Acquisition, a worker and registration; the first frame has come and been settled."""

    def __init__(self, run: PlayedRun) -> None:
        self.run, self.frames = run, list(run.source.frames())
        self.acquisition, (self.worker, self.registration) = run.acquisition(), run.others()
        self.worker.send(Ready(credits=2))
        run.offer(self.acquisition, self.frames[0])
        self.run.finish_work(self.worker, self.registration, run.expect(self.worker, Work))
        run.until("the first frame", 1, 1)

    def scan(self, rows: int, frame: int = 1, **change: object) -> None:
        raw = np.ascontiguousarray(self.frames[frame].data[:, :rows])
        header = msgspec.structs.replace(self.frames[frame].header, **change)
        self.acquisition.send(StripOffer(header=header, rows=rows, stamps={"acquired": time.time_ns()}), {"raw": raw})

    def make(self, work: Received[StripWork], **change: object) -> np.ndarray:
        rows = work.body.rows
        height = np.full((rows, COLUMNS), rows, np.float32)
        made = StripMade(sequence=work.body.header.sequence, rows=rows, stamps=work.body.stamps)
        self.worker.send(msgspec.structs.replace(made, **change), {"height": height})
        return height

    def dropped(self) -> float:
        assert self.run.hub.active is not None
        metrics = self.run.hub.active.strips.metrics
        return metrics.dropped._value.get()  # type: ignore[attr-defined]


@pytest.fixture
def stages(run: PlayedRun) -> Stages:
    return Stages(run)


def refused(run: PlayedRun, count: int) -> None:
    until(run, lambda: run.hub.port.bad_messages >= count)
    run.step()
    assert run.hub.port.bad_messages == count


def test_rows_become_a_preview_that_lies_in_the_store(run: PlayedRun, stages: Stages) -> None:
    stages.scan(3)
    work = run.expect(stages.worker, StripWork)
    np.testing.assert_array_equal(work.arrays["raw"], stages.frames[1].data[:, :3])
    height = stages.make(work)
    until(run, scanning_path(run.out).exists)
    found = read_scanning(run.out)
    assert found is not None
    assert (found.sequence, found.acquired_ns) == (1, work.body.stamps["acquired"])
    np.testing.assert_array_equal(found.height, height)
    assert heard(stages.acquisition, StripTaken)


def test_nothing_is_left_of_a_preview_when_the_run_ends(tmp_path: Path) -> None:
    with played(tmp_path, strips=4) as run:
        stages = Stages(run)
        stages.scan(3)
        stages.make(run.expect(stages.worker, StripWork))
        until(run, scanning_path(run.out).exists)
    assert not scanning_path(run.out).exists()


def test_newer_rows_replace_those_that_wait_for_a_worker(run: PlayedRun, stages: Stages) -> None:
    stages.scan(3)
    first = run.expect(stages.worker, StripWork)
    for rows in (5, 7, 9):
        stages.scan(rows)
    until(run, lambda: stages.dropped() == 2)
    stages.make(first)
    assert run.expect(stages.worker, StripWork).body.rows == 9


def test_a_worker_with_a_frame_gets_no_rows(run: PlayedRun, stages: Stages) -> None:
    run.offer(stages.acquisition, stages.frames[1])
    work = run.expect(stages.worker, Work)
    stages.scan(4, frame=2)
    run.offer(stages.acquisition, stages.frames[2])  # what comes after the rows is there: the rows were read
    second = run.expect(stages.worker, Work)
    assert not heard(stages.worker, StripWork)
    assert stages.dropped() == 1, "their frame has come whole"
    for one in (work, second):
        run.finish_work(stages.worker, stages.registration, one)
    run.until("all three", 3, 3)
    stages.scan(5, frame=3)
    assert run.expect(stages.worker, StripWork).body.rows == 5


def test_rows_of_a_worker_that_died_are_not_waited_for(run: PlayedRun, stages: Stages) -> None:
    stages.scan(3)
    run.expect(stages.worker, StripWork)
    again = PeerPort(run.context, run.config.endpoints.hub, "inference-1")
    run.ports.append(again)
    again.send(Hello(role="inference", name="inference-1", pid=7))
    again.send(Ready(credits=2))
    stages.scan(6)
    stages.worker.close()
    assert run.expect(again, StripWork).body.rows == 6
    assert stages.dropped() == 1


def test_previews_that_kill_workers_come_to_an_end_and_frames_go_on(run: PlayedRun, stages: Stages) -> None:
    worker = stages.worker
    for death in range(strip_desk.MOST_DEATHS):
        stages.scan(3 + death)
        run.expect(worker, StripWork)
        worker.close()
        name = f"inference-{death + 1}"
        worker = run.port(name)
        worker.send(Hello(role="inference", name=name, pid=20 + death))
        worker.send(Ready(credits=2))
        until(run, lambda death=death: stages.dropped() >= death + 1)
    stages.scan(9)
    run.offer(stages.acquisition, stages.frames[1])
    work = run.expect(worker, Work)
    assert work.body.header.sequence == 1
    assert not heard(worker, StripWork)
    assert "no more previews" in (run.out / "events.jsonl").read_text()


def test_a_worker_that_does_not_answer_is_not_waited_for_either(
    run: PlayedRun, stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages.scan(3)
    run.expect(stages.worker, StripWork)
    stages.scan(6)
    monkeypatch.setattr(strip_desk, "PATIENCE_S", 0.0)
    assert run.expect(stages.worker, StripWork).body.rows == 6


def test_without_a_calibration_there_is_no_preview(run: PlayedRun) -> None:
    acquisition, (worker, _) = run.acquisition(), run.others()
    worker.send(Ready(credits=2))
    frame = next(iter(run.source.frames()))
    raw = np.ascontiguousarray(frame.data[:, :4])
    acquisition.send(StripOffer(header=frame.header, rows=4, stamps={}), {"raw": raw})
    run.offer(acquisition, frame)
    run.expect(worker, Work)
    assert not heard(worker, StripWork)


def test_a_worker_may_refuse(run: PlayedRun, stages: Stages) -> None:
    stages.scan(3)
    stages.make(run.expect(stages.worker, StripWork), refused="dark")
    stages.scan(6)
    assert run.expect(stages.worker, StripWork).body.rows == 6
    assert stages.dropped() == 1 and read_scanning(run.out) is None


# -- what nobody may do ------------------------------------------------------------------------------------------------


HOSTILE_ROWS: dict[str, Callable[[Stages], None]] = {
    "of another scan": lambda stages: stages.scan(4, pixel_size_nm=(9.0, 9.0)),
    "without pixels": lambda stages: stages.acquisition.send(
        StripOffer(header=stages.frames[1].header, rows=4, stamps={})
    ),
    "with fewer pixels": lambda stages: stages.acquisition.send(
        StripOffer(header=stages.frames[1].header, rows=4, stamps={}), {"raw": np.zeros((4, 3, COLUMNS), np.uint16)}
    ),
    "with other pixels": lambda stages: stages.acquisition.send(
        StripOffer(header=stages.frames[1].header, rows=4, stamps={}), {"raw": np.zeros((4, 4, COLUMNS), np.float32)}
    ),
    "beyond the recording": lambda stages: stages.scan(4, sequence=1000),
}


@pytest.mark.parametrize("kind", HOSTILE_ROWS)
def test_rows_that_are_none_are_counted_and_dropped(run: PlayedRun, stages: Stages, kind: str) -> None:
    HOSTILE_ROWS[kind](stages)
    refused(run, 1)
    stages.scan(4)
    assert run.expect(stages.worker, StripWork).body.rows == 4


def test_previews_that_nobody_asked_for_or_that_are_none_are_counted_and_dropped(
    run: PlayedRun, stages: Stages
) -> None:
    height = np.zeros((3, COLUMNS), np.float32)
    stages.worker.send(StripMade(sequence=1, rows=3, stamps={}), {"height": height})
    refused(run, 1)
    stages.scan(3)
    work = run.expect(stages.worker, StripWork)
    stages.make(work, rows=4)
    stages.make(work, sequence=2)
    stages.registration.send(StripMade(sequence=1, rows=3, stamps={}), {"height": height})
    stages.worker.send(StripOffer(header=stages.frames[1].header, rows=3, stamps={}), {"raw": work.arrays["raw"]})
    refused(run, 5)
    stages.worker.send(StripMade(sequence=1, rows=3, stamps={}), {"height": height[:2]})
    refused(run, 6)
    assert read_scanning(run.out) is None


def test_a_flood_of_rows_holds_no_frame_back(run: PlayedRun, stages: Stages) -> None:
    for _ in range(300):
        stages.scan(3)
    for frame in stages.frames[1:4]:
        run.offer(stages.acquisition, frame)
    until(run, lambda: run.counts()[1] == 4)
    assert stages.dropped() >= 298


def test_the_frame_is_the_same_frame(run: PlayedRun, stages: Stages) -> None:
    stages.scan(6)
    stages.make(run.expect(stages.worker, StripWork))
    frame: Frame = stages.frames[1]
    stages.acquisition.send(FrameOffer(header=frame.header, stamps={}), {"raw": frame.data})
    work = run.expect(stages.worker, Work)
    np.testing.assert_array_equal(work.arrays["raw"], frame.data)
    assert work.body.header == frame.header
