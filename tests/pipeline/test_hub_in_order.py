"""Every frame is registered in its turn, whatever the disk refuses, whoever is killed and however often one begins."""

from __future__ import annotations

import shutil
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec
import pytest
from played_run import PlayedRun, begun, given, heard, played, recorded, statuses, until

from eclips4d.core.errors import DiskFullError
from eclips4d.core.messages import End, Failed, GapOffer, Held, Hello, NoMore, Ready, Skip, Skipped, Welcome
from eclips4d.core.results import Status
from eclips4d.pipeline import desk, hub, journal
from eclips4d.pipeline.chain_state import ChainState, decode_state
from eclips4d.storage.folder import EVENTS
from eclips4d.storage.repair import repair
from eclips4d.storage.writer import StoreWriter


def refusing(*_: Any, **__: Any) -> Future[None]:
    raise DiskFullError("full")


def finish(run: PlayedRun, worker: Any, registration: Any, *sequences: int) -> None:
    """The worker is given these one after the other, and their results come back."""
    for sequence in sequences:
        run.finish_work(worker, registration, *given(run, worker, sequence))


def taken_up(run: PlayedRun) -> tuple[Any, Any, Welcome]:
    """Worker, registration, and what that was told."""
    worker, registration = run.port("inference-0"), run.port("registration")
    worker.send(Hello(role="inference", name="inference-0", pid=2))
    registration.send(Hello(role="registration", name="registration", pid=3))
    run.expect(worker, Welcome)
    return worker, registration, run.expect(registration, Welcome).body


def offered(run: PlayedRun, acquisition: Any, *sequences: int) -> None:
    frames = list(run.source.frames())
    for sequence in sequences:
        run.offer(acquisition, frames[sequence])


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried again is tried again at once."""
    monkeypatch.setattr(desk, "WRITE_AGAIN_S", 0.0)
    monkeypatch.setattr(journal, "COMMIT_AGAIN_S", 0.0)


def test_a_frame_whose_results_were_refused_before_a_kill_is_registered_before_those_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (killed := tmp_path / "killed").mkdir()
    with played(tmp_path) as run:
        acquisition, (worker, registration) = run.acquisition(), run.others()
        worker.send(Ready(credits=3))
        offered(run, acquisition, 0, 1, 2)
        first, second, third = given(run, worker, 0, 1, 2)
        run.finish_work(worker, registration, first)
        run.until("the first", 1, 3)
        assert run.hub.active is not None
        writer, write = run.hub.active.journal.writer, StoreWriter.write_registered

        def refused(self: StoreWriter, sequence: int, *rest: Any) -> Future[None]:
            return refusing() if sequence == 1 else write(self, sequence, *rest)

        monkeypatch.setattr(StoreWriter, "write_registered", refused)
        monkeypatch.setattr(StoreWriter, "commit", refusing)
        run.finish_work(worker, registration, second)
        run.finish_work(worker, registration, third)
        until(run, lambda: writer.status(2) == Status.DONE)
        shutil.copytree(run.out, killed / "run.zarr")
        monkeypatch.undo()
    with played(killed) as run:
        run.acquisition()
        worker, _, welcome = taken_up(run)
        assert welcome.state == bytes([0])
        worker.send(Ready(credits=3))
        works = given(run, worker, 1, 2)
        assert [work.body.after for work in works] == [0, 1]


def test_an_event_that_was_told_before_a_kill_is_not_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (killed := tmp_path / "killed").mkdir()
    jump = "the image has jumped"
    with played(tmp_path) as run:
        acquisition, (worker, registration) = run.acquisition(), run.others()
        worker.send(Ready(credits=2))
        offered(run, acquisition, 0, 1)
        first, second = given(run, worker, 0, 1)
        run.finish_work(worker, registration, first, events=(jump,))
        run.until("the first", 1, 2)
        with monkeypatch.context() as full:
            full.setattr(StoreWriter, "commit", refusing)
            run.finish_work(worker, registration, second, events=(jump,))
            events = run.out / EVENTS
            until(run, lambda: events.read_text().count(jump) == 2)
            shutil.copytree(run.out, killed / "run.zarr")
    with played(killed) as run:
        acquisition, (worker, registration) = run.acquisition(), run.others()
        worker.send(Ready(credits=3))
        offered(run, acquisition, 2)
        for work in given(run, worker, 1, 2):
            run.finish_work(worker, registration, work, events=(jump, jump))
        run.until("all of them", 3, 3)
        told = [msgspec.json.decode(line) for line in (run.out / EVENTS).read_bytes().splitlines()]
        assert [event["sequence"] for event in told if event["event"] == jump] == [0, 1, 1, 2, 2]


def test_frames_wait_for_room_and_none_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with played(tmp_path) as run:
        acquisition, (worker, registration) = run.acquisition(), run.others()
        assert run.hub.active is not None
        disk = run.hub.active.disk
        room = disk._free
        worker.send(Ready(credits=6))
        offered(run, acquisition, 0)
        finish(run, worker, registration, 0)
        run.until("the first", 1, 1)
        monkeypatch.setattr(disk, "_free", lambda path: 0)
        until(run, lambda: not disk.has_room_for_results)
        offered(run, acquisition, 1, 2, 3)
        run.until("recorded, and nobody gives them up", 1, 4)
        monkeypatch.setattr(disk, "_free", room)
        finish(run, worker, registration, 1, 2, 3)
        run.until("all of them", 4, 4)
        assert statuses(run) == [1] * 4


def test_what_was_deferred_earlier_is_made_before_what_comes_next(tmp_path: Path) -> None:
    with played(tmp_path, record_only=True) as run:
        acquisition = run.acquisition()
        offered(run, acquisition, 0, 1)
        run.until("recorded", 2, 2)
    with played(tmp_path) as run:
        acquisition, (worker, registration) = run.acquisition(), run.others()
        offered(run, acquisition, 2, 3)
        worker.send(Ready(credits=6))
        works = given(run, worker, 0, 1, 2, 3)
        assert [work.body.after for work in works[1:]] == [0, 1, 2], "one chain"
        for work in works:
            run.finish_work(worker, registration, work)
        run.until("all of them", 4, 4)
        assert statuses(run) == [33, 33, 1, 1]
    with played(tmp_path) as run:
        acquisition, (_, _, welcome) = run.acquisition(), taken_up(run)
        assert welcome.state == bytes([3])


def test_a_chain_that_was_made_up_for_is_gone_on_with_by_the_next_process(tmp_path: Path) -> None:
    recorded(tmp_path)
    with StoreWriter.resume(tmp_path / "run.zarr") as writer:
        assert decode_state(writer.state, "").live == b""
    with played(tmp_path) as run:
        worker, registration = begun(run)
        finish(run, worker, registration, *range(6))
        run.hub.run()
    with StoreWriter.resume(tmp_path / "run.zarr") as writer:
        assert decode_state(writer.state, "") == ChainState(live=bytes([5]))


def test_results_are_written_only_when_the_state_after_them_is_safe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a kill would leave frames with results, and a chain that goes on as if they had never been taken."""
    recorded(tmp_path)
    with played(tmp_path) as run:
        worker, registration = begun(run)
        finish(run, worker, registration, *range(4))
        until(run, lambda: statuses(run) == [33] * 4 + [32] * 2)
        works = given(run, worker, 4, 5)
        commit = StoreWriter.commit
        monkeypatch.setattr(StoreWriter, "commit", refusing)
        for work in works:
            run.finish_work(worker, registration, work)
        assert run.hub.active is not None
        until(run, lambda: run.hub.active is not None and not run.hub.active.ledger.under_way)
        for _ in range(5):
            run.step()
        assert statuses(run) == [33] * 4 + [32] * 2
        monkeypatch.setattr(StoreWriter, "commit", commit)
        run.hub.run()
        assert statuses(run) == [33] * 6


def test_a_last_frame_given_up_while_catching_up_is_noted_only_when_the_state_is_safe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(tmp_path)
    with played(tmp_path) as run:
        worker, registration = begun(run)
        finish(run, worker, registration, *range(5))
        given(run, worker, 5)
        until(run, lambda: statuses(run) == [33] * 5 + [32])
        commit = StoreWriter.commit
        monkeypatch.setattr(StoreWriter, "commit", refusing)
        worker.send(Failed(sequence=5, reason="nothing to see"))
        run.expect(registration, Skip)
        registration.send(Skipped(sequence=5))
        until(run, lambda: run.hub.active is not None and not run.hub.active.ledger.under_way)
        assert statuses(run)[5] == Status.DEFERRED
        monkeypatch.setattr(StoreWriter, "commit", commit)
        run.hub.run()
        assert statuses(run)[5] == Status.DEFERRED | Status.QUARANTINED
    with StoreWriter.resume(tmp_path / "run.zarr") as writer:
        assert decode_state(writer.state, "").live == bytes([4])


def test_a_hole_is_filled_before_what_comes_next_which_goes_on_where_the_chain_had_ended(tmp_path: Path) -> None:
    with played(tmp_path) as run:
        acquisition, (worker, registration) = run.acquisition(), run.others()
        worker.send(Ready(credits=6))
        offered(run, acquisition, 0, 1, 2, 3)
        for work in given(run, worker, 0, 1, 2, 3):
            run.finish_work(worker, registration, work)
        run.until("four of them", 4, 4)
    (tmp_path / "run.zarr" / "height" / "c.1.0.0").unlink()
    repair(tmp_path / "run.zarr")
    with played(tmp_path) as run:
        acquisition, (worker, registration) = run.acquisition(), run.others()
        offered(run, acquisition, 4)
        worker.send(Ready(credits=6))
        works = given(run, worker, 0, 1)
        assert heard(registration, Welcome)[-1].state == b"", "nobody knows the state there: from the start"
        for work in works:
            run.finish_work(worker, registration, work)
        (last,) = given(run, worker, 4)
        welcome = heard(registration, Welcome)[-1]
        assert (welcome.state, welcome.last) == (bytes([3]), last.body.after)
        run.finish_work(worker, registration, last)
        run.until("the next one", 5, 5)
        assert statuses(run) == [1, 33, 1, 1, 1]


@pytest.mark.parametrize("failed", [(), (1,)], ids=["alone", "with one that failed"])
def test_a_first_frame_whose_source_is_stopped_waits_for_the_run_to_be_continued(
    tmp_path: Path, failed: tuple[int, ...]
) -> None:
    """How far the content drifted while it was scanned is what the second one shows, whenever that comes."""
    with played(tmp_path) as run:
        acquisition, (worker, registration) = run.acquisition(), run.others()
        worker.send(Ready(credits=6))
        offered(run, acquisition, 0, *failed)
        given(run, worker, 0, *failed)
        registration.send(Held(sequence=0))
        for sequence in failed:
            worker.send(Failed(sequence=sequence, reason="nothing to see"))
        acquisition.send(End(total=1 + len(failed)))
        run.hub.run()
        assert heard(registration, NoMore) == []
        assert statuses(run) == [Status.DEFERRED, *(Status.QUARANTINED for _ in failed)]
    rest = range(1 + len(failed), 6)
    with played(tmp_path) as run:
        acquisition, (worker, registration) = run.acquisition(), run.others()
        offered(run, acquisition, *rest)
        acquisition.send(End(total=6))
        worker.send(Ready(credits=6))
        first, second = given(run, worker, 0, rest[0])
        assert heard(registration, Welcome)[-1].state == b""
        assert second.body.after == 0, "in one chain"
        registration.send(Held(sequence=0))
        for work in (first, second):
            run.finish_work(worker, registration, work)
        finish(run, worker, registration, *rest[1:])
        run.hub.run()
        assert statuses(run) == [33, *(Status.QUARANTINED for _ in failed), *(1 for _ in rest)]


def test_the_only_frame_of_a_source_is_placed_as_it_is(tmp_path: Path) -> None:
    """One that is lost does not stop it: the source has ended where it had announced to."""
    with played(tmp_path) as run:
        acquisition, (worker, registration) = run.acquisition(), run.others()
        worker.send(Ready(credits=6))
        offered(run, acquisition, 0)
        for sequence in range(1, 6):
            acquisition.send(GapOffer(sequence=sequence, frame_id=sequence, start_s=0.1 * sequence))
        (work,) = given(run, worker, 0)
        registration.send(Held(sequence=0))
        acquisition.send(End(total=6))
        assert run.expect(registration, NoMore).body.after == 0
        run.finish_work(worker, registration, work)
        run.hub.run()
        assert statuses(run) == [1, 2, 2, 2, 2, 2]


def test_a_run_without_room_leaves_refused_results_and_the_rest_to_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "NO_ROOM_S", 0.0)
    with played(tmp_path) as run, monkeypatch.context() as full:
        acquisition, (worker, registration) = run.acquisition(), run.others()
        assert run.hub.active is not None
        disk = run.hub.active.disk
        worker.send(Ready(credits=6))
        offered(run, acquisition, 0, 1, 2)
        first, second, third = given(run, worker, 0, 1, 2)
        run.finish_work(worker, registration, first)
        run.until("the first", 1, 3)
        full.setattr(disk, "_free", lambda path: 0)
        full.setattr(StoreWriter, "write_registered", refusing)
        until(run, lambda: not disk.has_room_for_results)
        offered(run, acquisition, 3, 4, 5)
        for work in (second, third):
            run.finish_work(worker, registration, work)
        acquisition.send(End(total=6))
        run.hub.run()
        assert statuses(run) == [1, 32, 32, 32, 32, 32]
    with played(tmp_path) as run:
        worker, registration = begun(run)
        finish(run, worker, registration, 1)
        assert heard(registration, Welcome)[-1].state == bytes([0])
        finish(run, worker, registration, 2, 3, 4, 5)
        run.hub.run()
        assert statuses(run) == [1] + [33] * 5
