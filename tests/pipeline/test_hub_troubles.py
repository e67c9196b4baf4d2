"""The hub when registration fails over a frame, a stage falls silent, answers get lost, or the disk refuses."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from played_run import PlayedRun as Run
from played_run import played

from eclips4d.core.errors import DiskFullError, StoreError
from eclips4d.core.frame import Frame
from eclips4d.core.messages import (
    Ack,
    End,
    Failed,
    Hello,
    Inverted,
    Notice,
    Ready,
    Skip,
    Skipped,
    Stages,
    Welcome,
    Work,
)
from eclips4d.pipeline import desk, disk_watch
from eclips4d.pipeline.ledger import MAX_DEATHS
from eclips4d.pipeline.ports import newest_notice, subscriber
from eclips4d.storage import open as open_store
from eclips4d.storage.room import Room


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path)
    yield run
    run.close()


@pytest.fixture
def frames(run: Run) -> list[Frame]:
    return list(run.source.frames())


def refused(error: Exception) -> Future[None]:
    future: Future[None] = Future()
    future.set_exception(error)
    return future


def test_a_frame_that_registration_cannot_place_is_quarantined_and_registration_starts_over(
    run: Run, frames: list[Frame]
) -> None:
    acquisition, (worker, registration) = run.acquisition(), run.others()
    for frame in frames[:3]:
        run.offer(acquisition, frame)
    worker.send(Ready(credits=3))
    works = [run.expect(worker, Work) for _ in range(3)]
    run.finish_work(worker, registration, works[0])
    run.until("the first", 1, 3)
    for work in works[1:]:
        worker.send(Inverted(sequence=work.body.header.sequence))
    registration.send(Failed(sequence=1, reason="singular"))
    skip = run.expect(registration, Skip)
    assert (skip.body.sequence, skip.body.after) == (1, 0)
    welcome = run.expect(registration, Welcome).body
    assert (welcome.last, welcome.state) == (0, bytes([0])), "it goes on from its last good state"
    again = run.expect(worker, Work)
    assert (again.body.header.sequence, again.body.after) == (2, 1)
    registration.send(Skipped(sequence=1))
    run.finish_work(worker, registration, again)
    run.until("all are settled", 3, 3)
    acquisition.send(End(total=3))
    run.hub.run()
    with open_store(run.out) as data:
        assert data["status"].values.tolist() == [1, 8, 1]


def test_a_frame_that_registration_dies_of_again_and_again_is_quarantined(run: Run, frames: list[Frame]) -> None:
    acquisition, (worker, _) = run.acquisition(), run.others()
    for frame in frames[:2]:
        run.offer(acquisition, frame)
    for death in range(MAX_DEATHS):
        worker.send(Ready(credits=2))
        for sequence in range(2):
            assert run.expect(worker, Work).body.header.sequence == sequence
            worker.send(Inverted(sequence=sequence))
        run.until("handed on", 0, 2)
        for _ in range(3):
            run.step()
        reborn = run.port("registration")
        reborn.send(Hello(role="registration", name="registration", pid=100 + death))
        run.expect(reborn, Welcome)
    skip = run.expect(reborn, Skip)
    assert skip.body.sequence == 0


def test_frames_of_a_worker_that_says_nothing_go_to_another(run: Run, frames: list[Frame]) -> None:
    acquisition, (worker, _) = run.acquisition(), run.others()
    run.offer(acquisition, frames[0])
    worker.send(Ready(credits=1))
    assert run.expect(worker, Work).body.header.sequence == 0
    other = run.port("inference-1")
    other.send(Hello(role="inference", name="inference-1", pid=7))
    run.expect(other, Welcome)
    run.hub.peers[b"inference-0"].heard -= run.config.patience_s
    other.send(Ready(credits=1))
    assert run.expect(other, Work).body.header.sequence == 0
    assert b"inference-0" not in run.hub.peers


def test_a_sender_that_has_no_answer_is_told_where_to_go_on(run: Run, frames: list[Frame]) -> None:
    acquisition = run.acquisition()
    run.offer(acquisition, frames[0])
    assert run.expect(acquisition, Ack).body.durable == 1
    # Frame 1 and its credit are lost on the way; the sender asks by saying hello again.
    acquisition.send(Hello(role="acquisition", name="acquisition", pid=1, source=run.source.info))
    welcome = run.expect(acquisition, Welcome).body
    assert welcome.next_sequence == 1
    assert welcome.credits > 0
    for frame in frames[1:3]:
        run.offer(acquisition, frame)
    run.until("it goes on", 0, 3)


@pytest.mark.parametrize("error", [DiskFullError("full"), StoreError("input/output error")])
def test_a_frame_that_the_disk_refuses_is_not_acknowledged_until_it_is_written(
    run: Run, frames: list[Frame], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    acquisition = run.acquisition()
    assert run.hub.active is not None
    writer = run.hub.active.journal.writer
    write, tries = writer.write_frame, []

    def refusing(frame: Frame) -> Future[None]:
        tries.append(frame.header.sequence)
        return refused(error) if len(tries) == 1 else write(frame)

    monkeypatch.setattr(writer, "write_frame", refusing)
    run.offer(acquisition, frames[0])
    while not tries or run.hub.active.disk.level is not Room.NONE:
        run.step()
    assert run.counts() == (0, 0)
    run.until("written when it was tried again", 0, 1)
    assert tries == [0, 0]
    ack = run.expect(acquisition, Ack).body
    assert ack.durable == 1
    with open_store(run.out, recorded=True) as data:
        assert (data["raw"].values[0] == frames[0].data).all()


def test_results_that_the_disk_refuses_are_deferred_where_frames_may_be_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with played(tmp_path, skip_lag_s=60.0) as run:
        frames, acquisition, (worker, registration) = list(run.source.frames()), run.acquisition(), run.others()
        assert run.hub.active is not None
        writer, disk = run.hub.active.journal.writer, run.hub.active.disk
        for frame in frames[:2]:
            run.offer(acquisition, frame)
        worker.send(Ready(credits=2))
        works = [run.expect(worker, Work) for _ in range(2)]
        run.finish_work(worker, registration, works[0])
        run.until("the first", 1, 2)
        write = writer.write_registered
        monkeypatch.setattr(writer, "write_registered", lambda *_: refused(DiskFullError("full")))
        run.finish_work(worker, registration, works[1])
        run.until("the second is settled without results", 2, 2)
        assert disk.trouble
        assert run.hub.active.ledger.deferred == {1}
        monkeypatch.setattr(writer, "write_registered", write)
        while registration.receive() is not None:
            """What it was told before."""
        acquisition.send(End(total=2))
        worker.send(Ready(credits=2))
        while disk.level is not Room.ALL:
            run.step()
        welcome = run.expect(registration, Welcome).body
        assert welcome.state == bytes([0]), "from what registration was before that frame"
        run.finish_work(worker, registration, run.expect(worker, Work))
        run.hub.run()
    with open_store(run.out) as data:
        assert data["status"].values.tolist() == [1, 33]
        assert data["height"].values[:, 0, 0].tolist() == [0, 1]


def test_results_that_the_disk_refuses_are_written_again_where_every_frame_is_taken_in_its_turn(
    run: Run, frames: list[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "WRITE_AGAIN_S", 0.0)
    acquisition, (worker, registration) = run.acquisition(), run.others()
    assert run.hub.active is not None
    writer = run.hub.active.journal.writer
    write, tries = writer.write_registered, [0]

    def refusing(sequence: int, *rest: Any) -> Future[None]:
        tries.append(sequence)
        return refused(DiskFullError("full")) if tries.count(1) < 3 and sequence == 1 else write(sequence, *rest)

    monkeypatch.setattr(writer, "write_registered", refusing)
    for frame in frames[:3]:
        run.offer(acquisition, frame)
    worker.send(Ready(credits=3))
    for work in [run.expect(worker, Work) for _ in range(3)]:
        run.finish_work(worker, registration, work)
    run.until("all of them", 3, 3)
    assert tries.count(1) == 3
    assert run.hub.active.journal.writer.statuses().tolist() == [1, 1, 1], "none was deferred"
    with open_store(run.out) as data:
        assert data["height"].values[:, 0, 0].tolist() == [0, 1, 2]


def test_a_run_whose_last_results_have_no_room_ends_and_says_so(
    run: Run, frames: list[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eclips4d.pipeline.hub.NO_ROOM_S", 0.0)
    acquisition, _ = run.acquisition(), run.others()
    assert run.hub.active is not None
    disk = run.hub.active.disk
    monkeypatch.setattr(disk, "_free", lambda path: disk._needs.free(Room.RAW) + 1)
    while disk.level is not Room.RAW:
        run.step()
    for frame in frames[:2]:
        run.offer(acquisition, frame)
    run.until("recorded, waiting for room", 0, 2)
    acquisition.send(End(total=2))
    assert run.hub.run()
    with open_store(run.out) as data:
        assert data["status"].values.tolist() == [32, 32]


def test_without_room_for_frames_no_more_are_asked_for(
    run: Run, frames: list[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_watch, "EVERY_S", 0.0)
    acquisition = run.acquisition()
    assert run.hub.active is not None
    disk = run.hub.active.disk
    there_is = disk._free
    monkeypatch.setattr(disk, "_free", lambda path: 0)
    run.step()
    run.offer(acquisition, frames[0])
    run.until("it is recorded all the same", 0, 1)
    for _ in range(5):
        run.step()
        assert not isinstance(getattr(acquisition.receive(), "body", None), Ack)
    monkeypatch.setattr(disk, "_free", there_is)
    assert run.expect(acquisition, Ack).body.durable == 1


def test_notices_tell_the_state_of_every_stage_and_events_keep_it(run: Run) -> None:
    notices = subscriber(run.context, run.config.endpoints.notices)
    try:
        run.acquisition()
        supervisor = run.port("supervisor")
        supervisor.send(Hello(role="supervisor", name="supervisor", pid=9))
        run.expect(supervisor, Welcome)
        states = {"storage": "working", "inference-0": "restarting"}
        supervisor.send(Stages(states=states, whys={"inference-0": "killed by signal 9"}))
        told: dict[str, str] = {}
        while told.get("inference-0") != "restarting":
            run.step()
            received = newest_notice(notices)
            if received is not None and isinstance(received.body, Notice):
                told = received.body.stages
        assert told["acquisition"] == "working"
        assert "inference-0: restarting (killed by signal 9)" in (run.out / "events.jsonl").read_text()
    finally:
        notices.close(linger=0)
