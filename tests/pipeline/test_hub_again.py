"""The hub that defers, catches up, and takes up what another process left."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from played_run import PlayedRun as Run

from eclips4d.core.frame import Frame
from eclips4d.core.messages import End, GapOffer, Hello, Ready, Welcome, Work
from eclips4d.storage import open as open_store
from eclips4d.storage.repair import repair


def test_lagging_frames_are_deferred_and_made_up_for_when_the_source_has_ended(tmp_path: Path) -> None:
    run = Run(tmp_path, skip_lag_s=1.0)
    try:
        frames = list(run.source.frames())
        acquisition, (worker, registration) = run.acquisition(), run.others()
        for frame in frames:
            run.offer(acquisition, frame, age_s=60.0 - frame.header.sequence)
        run.until("all but the newest are settled without results", 5, 6)
        worker.send(Ready(credits=1))
        newest = run.expect(worker, Work)
        assert newest.body.header.sequence == 5
        run.finish_work(worker, registration, newest)
        run.until("the newest is done", 6, 6)
        with open_store(run.out) as data:
            assert data["status"].values.tolist() == [32] * 5 + [1]
            assert np.isnan(data["height"].values[:5]).all()
        acquisition.send(End(total=6))
        worker.send(Ready(credits=5))
        assert run.expect(registration, Welcome).body.state == b"", "registration starts from what it was before them"
        for sequence in range(5):
            work = run.expect(worker, Work)
            assert work.body.header.sequence == sequence
            run.finish_work(worker, registration, work)
        run.hub.run()
        with open_store(run.out) as data:
            assert data["status"].values.tolist() == [33] * 5 + [1]
            assert data["height"].values[:, 0, 0].tolist() == [0, 1, 2, 3, 4, 5]
    finally:
        run.close()


def test_registration_that_dies_while_catching_up_goes_on_from_there(tmp_path: Path) -> None:
    first = Run(tmp_path, record_only=True)
    try:
        frames = list(first.source.frames())
        acquisition = first.acquisition()
        for frame in frames:
            first.offer(acquisition, frame)
        acquisition.send(End(total=6))
        first.hub.run()
    finally:
        first.close()
    run = Run(tmp_path)
    try:
        acquisition, (worker, registration) = run.acquisition(), run.others()
        acquisition.send(End(total=6))
        worker.send(Ready(credits=1))
        for sequence in range(3):
            work = run.expect(worker, Work)
            assert work.body.header.sequence == sequence
            run.finish_work(worker, registration, work)
            worker.send(Ready(credits=1))
        run.expect(worker, Work)
        reborn = run.port("registration")
        reborn.send(Hello(role="registration", name="registration", pid=33))
        welcome = run.expect(reborn, Welcome).body
        assert (welcome.last, welcome.state) == (2, bytes([2]))
    finally:
        run.close()
    again = Run(tmp_path)
    try:
        acquisition, (worker, registration) = again.acquisition(), again.others()
        acquisition.send(End(total=6))
        worker.send(Ready(credits=1))
        work = again.expect(worker, Work)
        assert work.body.header.sequence == 3
        welcomes = []
        while (received := registration.receive()) is not None:
            welcomes += [received.body] if isinstance(received.body, Welcome) else []
        assert welcomes[-1].state == bytes([2]), "also when everything was killed"
    finally:
        again.close()


def test_a_frame_whose_results_were_dropped_is_registered_after_those_before_it(tmp_path: Path) -> None:
    first = Run(tmp_path)
    try:
        acquisition, (worker, registration) = first.acquisition(), first.others()
        for frame in list(first.source.frames()):
            first.offer(acquisition, frame)
        acquisition.send(End(total=6))
        worker.send(Ready(credits=6))
        for _ in range(6):
            first.finish_work(worker, registration, first.expect(worker, Work))
            first.step()
        first.hub.run()
    finally:
        first.close()
    (tmp_path / "run.zarr" / "height" / "c.2.0.0").unlink()
    repair(tmp_path / "run.zarr")
    again = Run(tmp_path)
    try:
        acquisition, (worker, registration) = again.acquisition(), again.others()
        acquisition.send(End(total=6))
        worker.send(Ready(credits=6))
        for sequence in range(3):
            work = again.expect(worker, Work)
            assert work.body.header.sequence == sequence
            again.finish_work(worker, registration, work)
        again.hub.run()
    finally:
        again.close()
    with open_store(tmp_path / "run.zarr") as data:
        assert data["status"].values.tolist() == [1, 1, 33, 1, 1, 1]
        assert data["height"].values[:, 0, 0].tolist() == [0, 1, 2, 3, 4, 5]


def test_a_store_with_a_gap_that_was_not_committed_goes_on(tmp_path: Path) -> None:
    first = Run(tmp_path)
    try:
        frames = list(first.source.frames())
        acquisition = first.acquisition()
        run_frames = [frames[0], None, frames[2]]
        for sequence, frame in enumerate(run_frames):
            if frame is None:
                acquisition.send(GapOffer(sequence=sequence, frame_id=71, start_s=0.5))
            else:
                first.offer(acquisition, frame)
        first.until("recorded, not committed", 0, 3)
    finally:
        first.close()
    for record_only, committed in ((True, 3),):
        again = Run(tmp_path, record_only=record_only)
        try:
            acquisition = again.acquisition()
            acquisition.send(End(total=3))
            again.hub.run()
        finally:
            again.close()
        with open_store(tmp_path / "run.zarr") as data:
            assert data.sizes["time"] == committed
            assert data["status"].values.tolist() == [32, 2, 32]
    last = Run(tmp_path)
    try:
        acquisition, (worker, registration) = last.acquisition(), last.others()
        acquisition.send(End(total=3))
        worker.send(Ready(credits=4))
        for sequence in (0, 2):
            work = last.expect(worker, Work)
            assert work.body.header.sequence == sequence
            last.finish_work(worker, registration, work)
        last.hub.run()
    finally:
        last.close()
    with open_store(tmp_path / "run.zarr") as data:
        assert data["status"].values.tolist() == [33, 2, 33]


def test_a_first_frame_that_says_nothing_is_quarantined_and_the_next_is_the_reference(tmp_path: Path) -> None:
    run = Run(tmp_path)
    try:
        frames = list(run.source.frames())
        blank = Frame(frames[0].header, np.zeros_like(frames[0].data))
        acquisition, (worker, registration) = run.acquisition(), run.others()
        worker.send(Ready(credits=2))
        for frame in (blank, frames[1]):
            run.offer(acquisition, frame)
        work = run.expect(worker, Work)
        assert work.body.header.sequence == 1
        assert work.body.calibration.valid_from == 1
        run.finish_work(worker, registration, work)
        run.until("both", 2, 2)
        with open_store(run.out) as data:
            assert data["status"].values.tolist() == [8, 1]
    finally:
        run.close()
