"""Whatever happens to a writer, what was committed stands, and going on gives what an undisturbed run gives."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
import xarray as xr
from made_stores import STAGES, make_calibration, make_frame, make_registered, make_source, settle, write_run

import eclips4d.storage as storage
from eclips4d.core.results import Status
from eclips4d.storage import StoreWriter, recover
from eclips4d.storage.repair import verify

FRAMES = 24


def files(root: Path) -> dict[str, bytes]:
    """Every file that belongs to the result: neither the journal nor the owner's notes."""
    return {
        str(p.relative_to(root)): p.read_bytes()
        for p in sorted(root.rglob("*"))
        if p.is_file() and p.relative_to(root).parts[0] not in ("journal", "events.jsonl")
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> dict[str, bytes]:
    path = tmp_path_factory.mktemp("undisturbed") / "run.zarr"
    write_run(path, make_source(FRAMES), FRAMES)
    return files(path)


@pytest.fixture(scope="module")
def start_writer() -> Iterator[Callable[[Path], psutil.Process]]:
    """Starts a process that brings a store to its end."""
    script = Path(__file__).with_name("write_store.py")
    with subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as all_:

        def start(path: Path) -> psutil.Process:
            print(FRAMES, path, file=all_.stdin, flush=True)
            return psutil.Process(int(all_.stdout.readline()))

        yield start
        all_.stdin.close()


def committed_now(path: Path) -> int:
    return json.loads((path / "zarr.json").read_bytes())["attributes"]["committed"]


def wait_for_commits(path: Path, writer: psutil.Process, count: int) -> float:
    """Until so many are committed or the writer has ended; when that was."""
    while writer.is_running() and not ((path / "zarr.json").exists() and committed_now(path) >= count):
        time.sleep(0.001)
    return time.monotonic()


@pytest.fixture(scope="module")
def expected() -> dict[str, np.ndarray]:
    """Pixels of all frames, as they were recorded and as they were inverted."""
    source = make_source(FRAMES)
    raw = np.stack([make_frame(source, sequence).data for sequence in range(FRAMES)])
    return {"raw": raw, "trust": np.stack([make_registered(source, k).surface.trust for k in range(FRAMES)])}


def check_committed(path: Path, expected: dict[str, np.ndarray]) -> int:
    dataset = xr.open_zarr(path, chunks=None)
    frames = dataset.sizes["time"]
    for name, values in expected.items():
        np.testing.assert_array_equal(dataset[name].values, values[:frames])
    assert (dataset.status.values == Status.DONE).all()
    assert np.isfinite(dataset.height.values).all()
    return frames


@pytest.fixture
def kill_and_finish(start_writer, undisturbed, expected) -> Callable[[Path, int, int], None]:
    """Kills a writer again and again, at any moment of a frame, however long the disk makes that; then finishes."""

    def do(path: Path, kills: int, seed: int) -> None:
        randomly, in_the_middle, before = random.Random(seed), 0, 0
        for _ in range(kills):
            writer = start_writer(path)
            begun, committed = (wait_for_commits(path, writer, min(before + k, FRAMES)) for k in (1, 2))
            time.sleep(randomly.random() * (committed - begun))
            in_the_middle += writer.is_running()
            with suppress(psutil.NoSuchProcess):
                writer.kill()
            writer.wait()
            now = check_committed(path, expected)
            assert now >= before
            before = now
        assert in_the_middle >= kills // 4, "most kills came after the end"
        write_run(path, make_source(FRAMES), FRAMES)
        assert files(path) == undisturbed
        assert not verify(path)

    return do


def test_kill_minus_nine_and_go_on(tmp_path, kill_and_finish):
    kill_and_finish(tmp_path / "run.zarr", 5, 0)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_forty_kills(tmp_path, kill_and_finish):
    """Two hundred, of whole runs, are those of `eclips4d bench reliability --part kills`."""
    for seed in range(5):
        kill_and_finish(tmp_path / f"run{seed}.zarr", 8, seed)


def test_a_frame_whose_future_was_done_is_never_lost(tmp_path):
    source, path = make_source(8), tmp_path / "run.zarr"
    with StoreWriter.create(path, source, "run", stages=STAGES) as writer:
        for sequence in range(3):
            writer.write_frame(make_frame(source, sequence)).result()
        writer.write_frame(make_frame(source, 4)).result()  # behind a hole: not acknowledged, since 3 is missing
    with StoreWriter.resume(path) as writer:
        assert (writer.committed, writer.recorded) == (0, 3)
        assert np.array_equal(writer.read_raw(2), make_frame(source, 2).data)
        assert writer.header(2) == make_frame(source, 2).header
        assert not writer.read_raw(4).any()


def test_unfinished_results_are_cleared_and_settled_ones_kept(tmp_path):
    source, path = make_source(8), tmp_path / "run.zarr"
    with StoreWriter.create(path, source, "run", stages=STAGES) as writer:
        for sequence in range(4):
            writer.write_frame(make_frame(source, sequence)).result()
        writer.write_gap(4, 7, 6.0)
        settle(writer, source, 0)
        indices = writer.add_calibration(make_calibration()), writer.add_model("abc", "analytic")
        writer.write_registered(1, make_registered(source, 1), *indices).result()
        writer.set_status(2, Status.QUARANTINED)
    (path / "raw" / "c.7.0.0.0_1234.__lock").write_bytes(b"half a shard")
    (path / "journal" / "zarr.json.partial").write_bytes(b"half a commit")
    with StoreWriter.resume(path) as writer:
        assert (writer.committed, writer.recorded, writer.state) == (1, 5, b"state after 0")
        assert [writer.status(s) for s in range(5)] == [1, 0, Status.QUARANTINED, 0, Status.GAP]
    assert not list(path.rglob("*.partial")) and not list(path.rglob("*.__lock"))
    everything = xr.open_zarr(path, consolidated=False, chunks=None)
    assert everything.height[1:].isnull().all() and everything.drift[1:].isnull().all()


def test_that_a_frame_was_deferred_counts_with_its_commit_only(tmp_path):
    source, path = make_source(3), tmp_path / "run.zarr"
    with StoreWriter.create(path, source, "run", stages=STAGES) as writer:
        for sequence in range(2):
            writer.write_frame(make_frame(source, sequence)).result()
            writer.set_status(sequence, Status.DEFERRED | (Status.DUPLICATE if sequence else Status(0)))
        writer.commit(committed=1, recorded=2)
    with StoreWriter.resume(path) as writer:
        assert [writer.status(s) for s in range(2)] == [Status.DEFERRED, Status.DUPLICATE]


def test_a_process_killed_while_it_takes_over_forgets_no_reason(tmp_path, monkeypatch):
    source, path = make_source(5), tmp_path / "run.zarr"
    with StoreWriter.create(path, source, "run", stages=STAGES) as writer:
        writer.write_gap(0, 7, 6.0)
        writer.write_frame(make_frame(source, 1)).result()
        writer.set_status(1, Status.QUARANTINED)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(recover, "write_settled", killed)
        StoreWriter.resume(path)
    with StoreWriter.resume(path) as writer:
        assert [writer.status(s) for s in range(2)] == [Status.GAP, Status.QUARANTINED]


def test_deferred_frames_being_filled_in_start_again(tmp_path):
    source, path = make_source(3), tmp_path / "run.zarr"
    with StoreWriter.create(path, source, "run", stages=STAGES) as writer:
        writer.write_frame(make_frame(source, 0)).result()
        writer.set_status(0, Status.DEFERRED)
        writer.commit(committed=1, recorded=1)
        surface = make_registered(source, 0).surface
        writer._arrays.planes.write(0, {"trust": surface.trust})  # as far as a killed writer came
    with StoreWriter.resume(path) as writer:
        assert writer.status(0) == Status.DEFERRED
    assert not xr.open_zarr(path, chunks=None).trust.any()


def test_a_run_over_several_sessions_is_the_same_store(tmp_path, undisturbed):
    source, path = make_source(FRAMES), tmp_path / "run.zarr"
    with StoreWriter.create(path, source, "run", stages=STAGES) as writer:
        for sequence in range(5):
            writer.write_frame(make_frame(source, sequence)).result()
        settle(writer, source, 0)
    with StoreWriter.resume(path) as writer:
        settle(writer, source, 1)
    write_run(path, source, FRAMES)
    assert files(path) == undisturbed


def test_leftovers_of_a_killed_creation_are_replaced(tmp_path):
    source, path = make_source(3), tmp_path / "run.zarr"
    hidden = tmp_path / ".run.zarr.creating" / "journal"
    hidden.mkdir(parents=True)
    (hidden / "lock").write_bytes(b"")
    write_run(path, source, 3)
    assert [p.name for p in tmp_path.iterdir()] == ["run.zarr"]


def test_everything_that_a_kill_can_leave_is_cleared(tmp_path):
    source, path = make_source(None, (4, 24, 40)), tmp_path / "run.zarr"
    with StoreWriter.create(path, source, "run", stages=STAGES) as writer:
        writer.write_frame(make_frame(source, 0)).result()
        settle(writer, source, 0)
        writer.event({"event": "whole"})
    left = [
        path / "raw" / "c.1.0.0.0",  # torn by a power cut, beyond what is recorded
        path / "height" / "c.1.0.0",
        path / "raw" / "c.2.0.0.0_12ab.__lock",
        path / "slope" / "c.0.0.0.0.partial",
        path / "time" / "c.7.partial",
        path / "journal" / "zarr.json.partial",
        path / "journal" / "height.json.partial",
        path / "journal" / "pyramids.building" / "height" / "zarr.json",
        path / "pyramids" / "raw" / "1" / "c.0.0.0.0",
        path / "trust" / "0.0.0",  # of a compaction
        path / "side_pressure" / "c.0",  # of a column that no commit knew
    ]
    for file in left:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"half")
    with (path / "events.jsonl").open("ab") as events:
        events.write(b'{"event":"to')
    StoreWriter.resume(path).close()
    assert not [file for file in left if file.exists()]
    assert not [path / name for name in ("pyramids", "side_pressure") if (path / name).exists()]
    with StoreWriter.resume(path) as writer:
        assert (writer.committed, writer.recorded) == (1, 1)
        writer.event({"event": "next"})
    assert (path / "events.jsonl").read_text().splitlines() == ['{"event":"whole"}', '{"event":"next"}']


def test_a_live_store_of_short_blocks_goes_on_with_them(tmp_path, monkeypatch):
    source, path = make_source(None, (3, 8, 8)), tmp_path / "run.zarr"
    made = StoreWriter.create.__func__
    with monkeypatch.context() as before:
        before.setattr("eclips4d.storage.layout.LIVE_BLOCK", 256)
        with made(StoreWriter, path, source, "run", keep=(), stages=STAGES) as writer:
            writer._arrays.record.block = 0  # as it was before it was remembered
            writer.write_frame(make_frame(source, 0)).result()
            writer.commit(committed=0, recorded=1)
    with StoreWriter.resume(path) as writer:
        for sequence in range(1, 300):
            writer.write_gap(sequence, sequence, float(sequence))
        writer.commit(committed=0, recorded=300)
    assert sorted(p.name for p in (path / "time").glob("c.*")) == ["c.0", "c.1"]
    assert storage.open(path, recorded=True).time.values[1:].tolist() == [float(s) for s in range(1, 300)]
