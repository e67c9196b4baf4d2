"""The hub that takes up what one killed in the midst of catching up has left: as that one would have gone on."""

from __future__ import annotations

import shutil
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from played_run import begun, given, heard, played, recorded, statuses, until

from eclips4d.core.messages import Failed, Held, NoMore, Ready, Skip, Skipped, Welcome
from eclips4d.pipeline.chain_state import ChainState
from eclips4d.storage import frames
from eclips4d.storage.arrays import Arrays
from eclips4d.storage.row_sync import RowSync
from eclips4d.storage.writer import StoreWriter


def left_by_a_kill(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store whose second and third frame were made up for while the disk was still busy with the first."""
    recorded(folder)
    killed, go_on, store = folder / "killed", Event(), frames.store

    def slow(arrays: Arrays, sync: RowSync, sequence: int, *rest: Any) -> None:
        if sequence == 0:
            go_on.wait(90)
        store(arrays, sync, sequence, *rest)

    with monkeypatch.context() as patched, played(folder) as run:
        patched.setattr(frames, "store", slow)
        worker, registration = begun(run)
        for work in given(run, worker, 0, 1, 2):
            run.finish_work(worker, registration, work)
        until(run, lambda: statuses(run) == [32, 33, 33, 32, 32, 32])
        killed.mkdir()
        shutil.copytree(run.out, killed / "run.zarr")
        go_on.set()
    return killed


def test_a_first_frame_left_behind_still_waits_for_the_one_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Registration puts the run's first frame on the grid by what the next one shows, whatever has its results."""
    with played(left_by_a_kill(tmp_path, monkeypatch)) as run:
        worker, registration = begun(run)
        (first,) = given(run, worker, 0)
        registration.send(Held(sequence=0))
        (second,) = given(run, worker, 1)
        assert second.body.after == 0
        assert heard(registration, NoMore) == []
        for work in (first, second):
            run.finish_work(worker, registration, work)
        rest = given(run, worker, 3, 4, 5)
        assert heard(registration, Welcome)[-1].state == bytes([2]), "the others go on from where they were"
        for work in rest:
            run.finish_work(worker, registration, work)
        run.hub.run()
        assert statuses(run) == [33] * 6


def test_a_frame_that_only_follows_and_fails_is_followed_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with played(left_by_a_kill(tmp_path, monkeypatch)) as run:
        worker, registration = begun(run)
        (first,) = given(run, worker, 0)
        registration.send(Held(sequence=0))
        given(run, worker, 1)
        worker.send(Failed(sequence=1, reason="out of memory"))
        skip = run.expect(registration, Skip).body
        assert (skip.sequence, skip.after) == (1, 0)
        (third,) = given(run, worker, 2)
        assert third.body.after == 1
        run.finish_work(worker, registration, first)
        registration.send(Skipped(sequence=1))
        run.finish_work(worker, registration, third)
        for work in given(run, worker, 3, 4, 5):
            run.finish_work(worker, registration, work)
        run.hub.run()
        assert statuses(run) == [33] * 6, "it keeps the results it has"


def test_lost_frames_do_not_part_the_deferred_ones(tmp_path: Path) -> None:
    recorded(tmp_path, gaps=(1, 4))
    with played(tmp_path) as run:
        worker, registration = begun(run)
        works = given(run, worker, 0, 2, 3, 5)
        assert [work.body.after for work in works[1:]] == [0, 2, 3]
        for work in works[:2]:
            run.finish_work(worker, registration, work)
        until(run, lambda: statuses(run)[:3] == [33, 2, 33])
    with played(tmp_path) as run:
        worker, registration = begun(run)
        given(run, worker, 3, 5)
        assert heard(registration, Welcome)[-1].state == bytes([2])


def test_a_frame_given_up_while_catching_up_hands_its_state_on(tmp_path: Path) -> None:
    recorded(tmp_path)
    with played(tmp_path) as run:
        worker, registration = begun(run)
        first, _, *_ = given(run, worker, 0, 1, 2, 3)
        run.finish_work(worker, registration, first)
        worker.send(Failed(sequence=1, reason="nothing to see"))
        run.expect(registration, Skip)
        registration.send(Skipped(sequence=1))
        until(run, lambda: statuses(run)[:2] == [33, 40])
    with played(tmp_path) as run:
        worker, registration = begun(run)
        given(run, worker, 2, 3, 4, 5)
        assert heard(registration, Welcome)[-1].state == bytes([0])


def test_frames_deferred_but_not_committed_are_taken_in_their_turn(tmp_path: Path) -> None:
    with played(tmp_path, skip_lag_s=1.0) as run:
        frames, acquisition, (worker, registration) = list(run.source.frames()), run.acquisition(), run.others()
        worker.send(Ready(credits=2))
        for frame in frames[:2]:
            run.offer(acquisition, frame)
        first, _ = given(run, worker, 0, 1)
        run.finish_work(worker, registration, first)
        run.until("the first, whose worker may now have another", 1, 2)
        for frame in frames[2:]:
            run.offer(acquisition, frame, age_s=60.0)
        run.until("all are recorded", 1, 6)
        assert run.hub.active is not None
        ledger = run.hub.active.ledger
        until(run, lambda: ledger.deferred == {3, 4})
    with played(tmp_path) as run:
        worker, registration = begun(run)
        for sequence in range(1, 6):
            run.finish_work(worker, registration, *given(run, worker, sequence))
        run.hub.run()
        assert statuses(run) == [1] * 6


def test_states_that_no_deferred_frame_waits_for_are_forgotten(tmp_path: Path) -> None:
    """A run that is killed between results and commit leaves one each time, and all of them share 64 KiB."""
    recorded(tmp_path, gaps=(1,))
    with StoreWriter.resume(tmp_path / "run.zarr") as writer:
        writer.commit(committed=6, recorded=6, state=ChainState(before={0: b"", 1: b"left", 2: b"needed"}).encode())
    with played(tmp_path) as run:
        run.acquisition()
        assert run.hub.active is not None
        assert run.hub.active.journal.state.before == {0: b"", 2: b"needed"}
