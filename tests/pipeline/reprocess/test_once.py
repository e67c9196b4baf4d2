"""Runs made again in this process: bit for bit the live chain's, whatever happens on the way."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from eclips4d import storage
from eclips4d.acquisition.open import open_source
from eclips4d.core.errors import InputError, OtherSourceError
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.results import Drift, Status
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.models import load_model
from eclips4d.pipeline.cluster.pool import Call, Died, InProcess
from eclips4d.pipeline.reprocess import completion, new_store
from eclips4d.pipeline.reprocess.job import Job
from eclips4d.pipeline.reprocess.once import reprocess
from eclips4d.pipeline.reprocess.plan import REPROCESSED, Wish, plan
from eclips4d.pipeline.reprocess.smoothed import known_drifts
from eclips4d.registration.locating import Locator
from eclips4d.registration.placing import Placed, Placer
from eclips4d.registration.registrar import Registrar
from eclips4d.registration.track import follow
from eclips4d.storage.compact import compact
from eclips4d.storage.rounding import stored_planes
from eclips4d.storage.writer import StoreWriter

GAP, TWICE, LOST = 3, 5, 6


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job for each frame."""
    monkeypatch.setattr(completion, "MOST_IN_A_JOB", 1)


class Counting(InProcess):
    """Counts the frames it inverts, and may end, or let jobs die, on the way."""

    def __init__(self, *, most: int = 1000, kills: int | None = None) -> None:
        super().__init__()
        self.inverted: list[int] = []
        self._most, self._kills = most, kills

    def submit(self, number: int, call: Call, job: Any) -> None:
        super().submit(number, self._tried(call), job)

    def _tried(self, call: Call) -> Callable[[Job], Any]:
        def tried(job: Job) -> Any:
            if len(self.inverted) >= self._most:
                raise KeyboardInterrupt
            sequences = [task.sequence for task in job.tasks]
            if self._kills in sequences:
                return Died("killed")
            self.inverted += sequences
            return call(job)

        return tried


def quiet(done: int, total: int) -> None:
    assert 0 <= done <= total


def made(run: Path, out: Path, pool: Counting | None = None, **wanted: Any) -> Counting:
    pool = pool or Counting()
    reprocess(plan(Wish(run=run, out=out, **wanted)), pool, quiet)
    return pool


def same(one: Path, other: Path) -> None:
    with xr.open_zarr(one) as a, xr.open_zarr(other) as b:
        assert set(a.variables) == set(b.variables)
        for name in set(a.variables) - {"latency_ms"}:
            assert a[name].dtype == b[name].dtype
            np.testing.assert_array_equal(a[name].values, b[name].values, err_msg=name)
            assert a[name].attrs == b[name].attrs, name


@cache
def pure(run: Path, *without: int) -> dict[int, Placed]:
    """What the pure functions make of a run, one after another."""
    with open_source(str(run)) as source:
        frames = [f for f in source.frames() if f.data.any() and f.header.sequence not in without]
        instrument = parse_instrument(source.info.instrument_toml)
    calibration = estimate_calibration(frames[0].data, instrument)
    model = load_model("analytic", instrument)
    placer = Placer(Registrar.start(frames[0].header, frames[0].data, calibration))
    placed = [p for f in frames for p in placer.take(f.header, f.data, model(f.data, calibration))]
    return {p.sequence: p for p in (*placed, *placer.no_more())}


def check_pure(store: Path, expected: dict[int, Placed]) -> None:
    with xr.open_zarr(store) as data:
        done = np.flatnonzero(data["status"].values & int(Status.DONE))
        assert done.tolist() == sorted(expected)
        for sequence, placed in expected.items():
            np.testing.assert_array_equal(data["drift"].values[sequence], placed.registered.drift.start)
            np.testing.assert_array_equal(data["datum"].values[sequence], placed.registered.datum.plane)
            for name, plane in stored_planes(placed.registered.surface, ("height", "slope", "trust")).items():
                np.testing.assert_array_equal(data[name].values[sequence], plane, err_msg=f"{name} of {sequence}")


def test_a_run_whose_model_changed_is_made_again_bit_for_bit(changed: Path, tmp_path: Path) -> None:
    made(changed, tmp_path / "new.zarr")
    same(changed, tmp_path / "new.zarr")
    one, other = storage.summary(changed), storage.summary(tmp_path / "new.zarr")
    assert (one.models, one.engines, one.stack, one.scale_u) == (
        other.models,
        other.engines,
        other.stack,
        other.scale_u,
    )
    assert other.extra["models_from"] == one.extra["models_from"] == [[4, str(changed.with_name("made.onnx"))]]
    assert other.ended and other.extra[REPROCESSED]["run_id"] == one.run_id  # type: ignore[index]
    assert not list(tmp_path.glob(".new.zarr*"))


@pytest.mark.usefixtures("one_by_one")
@pytest.mark.parametrize("done", [1, 4])
def test_an_interruption_costs_nothing_that_was_done(odd: Path, expected: Path, tmp_path: Path, done: int) -> None:
    out = tmp_path / "new.zarr"
    first = Counting(most=done)
    with pytest.raises(KeyboardInterrupt):
        made(odd, out, first)
    second = made(odd, out)
    assert sorted(first.inverted + second.inverted) == [k for k in range(9) if k not in (GAP, LOST)]
    same(expected, out)


@pytest.mark.usefixtures("one_by_one")
def test_what_was_staged_and_torn_is_made_again(
    odd: Path, expected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "new.zarr"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(new_store, "COMMIT_EVERY_S", math.inf)
        made(odd, out, Counting(most=5))
    torn = sorted(tmp_path.glob(".new.zarr.staged/*.raw.staged"))
    assert len(torn) == 5, "frames were ahead of the commits"
    label = torn[1].with_name(torn[1].name.replace(".raw", ""))
    for file in (torn[0], label, *tmp_path.glob(".new.zarr.staged/*.height.staged")):
        file.write_bytes(file.read_bytes()[:-100])
    made(odd, out)
    same(expected, out)


def test_losses_keep_their_places_and_pixels_that_are_gone_are_given_up(odd: Path, expected: Path) -> None:
    check_pure(expected, pure(odd))
    with xr.open_zarr(expected) as new, storage.open(odd, recorded=True) as old:
        status = new["status"].values
        for name in ("time", "frame_id", "raw"):
            np.testing.assert_array_equal(new[name].values, old[name].values, err_msg=name)
    assert status[GAP] == Status.GAP and status[LOST] == Status.QUARANTINED
    assert Status(int(status[TWICE])) & ~Status.NOT_ALIGNED == Status.DONE | Status.DUPLICATE


def test_a_frame_that_kills_its_workers_is_left_out_and_nothing_else(odd: Path, tmp_path: Path) -> None:
    made(odd, tmp_path / "new.zarr", Counting(kills=4))
    check_pure(tmp_path / "new.zarr", pure(odd, 4))
    assert "again and again" in (tmp_path / "new.zarr" / "events.jsonl").read_text()


@pytest.mark.usefixtures("one_by_one")
def test_it_is_left_out_as_well_where_it_is_alone_in_its_job(odd: Path, tmp_path: Path) -> None:
    made(odd, tmp_path / "new.zarr", Counting(kills=4))
    check_pure(tmp_path / "new.zarr", pure(odd, 4))


@pytest.mark.usefixtures("one_by_one")
@pytest.mark.parametrize("kills", [0, 1])
def test_the_first_frame_waits_for_the_next_that_can_be_inverted(odd: Path, tmp_path: Path, kills: int) -> None:
    made(odd, tmp_path / "new.zarr", Counting(kills=kills))
    if kills:
        check_pure(tmp_path / "new.zarr", pure(odd, kills))
    with xr.open_zarr(tmp_path / "new.zarr") as data:
        done = data["status"].values & int(Status.DONE)
        assert np.flatnonzero(done == 0).tolist() == sorted({kills, GAP, LOST})


def test_several_in_one_file_are_read_as_well(odd: Path, expected: Path, tmp_path: Path) -> None:
    import shutil

    run = tmp_path / "run.zarr"
    shutil.copytree(odd, run)
    compact(run, linger_s=0)
    made(run, tmp_path / "new.zarr")
    same(expected, tmp_path / "new.zarr")


def test_a_frame_that_cannot_be_placed_is_left_out(odd: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take = Locator.take

    def refusing(self: Locator, header: Any, raw: Any) -> Any:
        located = take(self, header, raw)
        if header.sequence == 4:
            raise InputError("not this one")
        return located

    expected = pure(odd, 4)
    monkeypatch.setattr(Locator, "take", refusing)
    made(odd, tmp_path / "new.zarr")
    check_pure(tmp_path / "new.zarr", expected)


def test_smoothed_frames_lie_where_all_frames_say(odd: Path, tmp_path: Path) -> None:
    wanted = plan(Wish(run=odd, out=tmp_path / "new.zarr", smooth=True))
    drifts = known_drifts(wanted, quiet)
    assert known_drifts(wanted, quiet) == drifts, "kept"
    with open_source(str(odd)) as source:
        frames = [f for f in source.frames() if f.data.any()]
        instrument = parse_instrument(source.info.instrument_toml)
    calibration = estimate_calibration(frames[0].data, instrument)
    track = follow(((f.header, f.data) for f in frames), calibration)
    assert list(drifts.values()) == list(track.smoothed)
    reprocess(wanted, Counting(), quiet, drifts)
    model = load_model("analytic", instrument)
    registrar = Registrar.start(frames[0].header, frames[0].data, calibration)
    with xr.open_zarr(tmp_path / "new.zarr") as new:
        for frame, drift in zip(frames, track.smoothed, strict=True):
            sequence = frame.header.sequence
            np.testing.assert_array_equal(new["drift"].values[sequence], drift.start)
            np.testing.assert_array_equal(new["drift_rate"].values[sequence], drift.rate)
            registrar.locate(frame.header, frame.data)
            placed = registrar.place(frame.header, model(frame.data, calibration), drift, registrar.rows)
            height = stored_planes(placed.surface, ("height",))["height"]
            np.testing.assert_array_equal(new["height"].values[sequence], height)
    moved = [a.start != b.start or a.rate != b.rate for a, b in zip(track.live, track.smoothed, strict=True)]
    assert any(moved), "else nothing was tried"


def test_on_a_later_grid_the_distance_to_its_own_frame_is_kept() -> None:
    """What was believed of the grid's frame is taken off again by `place`: what stays is the known distance."""
    from types import SimpleNamespace

    from eclips4d.pipeline.reprocess import smoothed

    drifts = {0: Drift((0.0, 0.0)), 5: Drift((3.0, -1.0)), 6: Drift((4.5, 0.0))}
    believed = np.array([2.5, -0.5, 0.0, 0.0])
    places = smoothed.KnownPlaces(SimpleNamespace(memory=SimpleNamespace(grid=5, poses=None)), drifts)  # type: ignore[arg-type]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(smoothed, "pose_of", lambda poses, grid: (believed, believed))
        start = places._as_believed(drifts[6]).start
    np.testing.assert_allclose(np.subtract(start, believed[:2]), (1.5, 1.0))


@pytest.mark.usefixtures("one_by_one")
def test_what_was_made_otherwise_is_refused(odd: Path, expected: Path, tmp_path: Path) -> None:
    out = tmp_path / "new.zarr"
    with pytest.raises(KeyboardInterrupt):
        made(odd, out, Counting(most=2))
    with pytest.raises(OtherSourceError, match="models differ"):
        plan(Wish(run=odd, out=out, model="live"))
    with pytest.raises(OtherSourceError, match="smooth differ"):
        plan(Wish(run=odd, out=out, smooth=True))
    with pytest.raises(OtherSourceError, match="a run of its own"):
        plan(Wish(run=expected, out=odd))


def test_places_and_models_that_cannot_be_are_refused(odd: Path, tmp_path: Path) -> None:
    for wish, words in (
        (Wish(run=odd, out=odd), "never written over"),
        (Wish(run=odd, out=tmp_path / "no" / "new.zarr"), "no such folder"),
        (Wish(run=tmp_path / "none.zarr", out=tmp_path / "new.zarr"), "no such store"),
        (Wish(run=odd, out=tmp_path / "new.zarr", model="none"), "no model"),
        (Wish(run=odd, out=tmp_path / "new.zarr", instrument=tmp_path / "none.toml"), "none.toml"),
    ):
        with pytest.raises(InputError, match=words):
            plan(wish)


def test_a_run_that_is_being_written_is_refused(odd: Path, tmp_path: Path) -> None:
    import shutil

    run = tmp_path / "run.zarr"
    shutil.copytree(odd, run)
    with StoreWriter.resume(run), pytest.raises(InputError, match="is being written"):
        plan(Wish(run=run, out=tmp_path / "new.zarr"))


def test_another_calibration_is_another_store(odd: Path, expected: Path, tmp_path: Path) -> None:
    toml = storage.summary(odd).source.instrument_toml
    file = tmp_path / "newer.toml"
    file.write_text(toml.replace("distance_mm = 6", "distance_mm = 7"))
    assert file.read_text() != toml
    made(odd, tmp_path / "new.zarr", instrument=file)
    with xr.open_zarr(tmp_path / "new.zarr") as new, xr.open_zarr(expected) as old:
        assert not np.array_equal(new["height"].values, old["height"].values, equal_nan=True)
        np.testing.assert_array_equal(new["raw"].values, old["raw"].values)
