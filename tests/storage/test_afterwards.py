"""What is done to a finished store: no value changes, no reader fails, a kill leaves one state or the other."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
import xarray as xr
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from made_stores import STAGES, make_calibration, make_frame, make_registered, make_source, settle, write_run

from eclips4d.core.errors import DiskFullError, StoreError
from eclips4d.core.results import Status
from eclips4d.storage import StoreWriter, compact, pyramids
from eclips4d.storage import arrays as arrays_of_a_store
from eclips4d.storage.afterwards import tidy
from eclips4d.storage.folder import building_path
from eclips4d.storage.levels import levels
from eclips4d.storage.missing import missing
from eclips4d.storage.repair import repair, verify

images = arrays(
    np.float32, st.tuples(st.just(2), st.integers(1, 7), st.integers(1, 7)), elements=st.floats(-9, 9, width=16)
)
FRAMES, SHAPE = 7, (3, 20, 36)


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Files of three raw frames; images that are halved twice."""
    monkeypatch.setattr(compact, "FILE_BYTES", 3 * 3 * 20 * 36 * 2)
    monkeypatch.setattr("eclips4d.storage.levels.TILE", 12)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("made") / "run.zarr"
    source = make_source(FRAMES, SHAPE)
    with StoreWriter.create(path, source, "run", stages=STAGES) as writer:
        for sequence in range(FRAMES - 1):
            writer.write_frame(make_frame(source, sequence)).result()
            settle(writer, source, sequence)
        writer.write_gap(FRAMES - 1, 77, 9.0)
        writer.commit(committed=FRAMES, recorded=FRAMES)
        writer.finish(FRAMES)
    return path


@pytest.fixture
def path(made, tmp_path):
    return shutil.copytree(made, tmp_path / "run.zarr")


def values(path, consolidated=True):
    with xr.open_zarr(path, chunks=None, consolidated=consolidated) as dataset:
        return dataset.load().drop_attrs()


def test_every_value_stays_and_few_files_are_left(path):
    before = values(path)
    done = compact.compact(path, linger_s=0)
    assert "raw" in done.arrays and done.files_after < done.files_before / 1.5 and "files became" in str(done)
    for consolidated in (True, False):
        xr.testing.assert_identical(values(path, consolidated), before)
    assert xr.open_zarr(path, chunks=None).raw.encoding["shards"] == (3, *SHAPE)
    assert sorted(p.name for p in (path / "raw").iterdir()) == ["0.0.0.0", "1.0.0.0", "2.0.0.0", "zarr.json"]
    assert not verify(path) and not missing(path)
    assert str(compact.compact(path, linger_s=0)) == "nothing to compact"


def test_whoever_has_the_store_open_reads_on_while_files_linger(path, monkeypatch):
    before, held = values(path), xr.open_zarr(path, chunks=None)
    looked = []

    def look(_: float) -> None:
        looked.append(held.load().drop_attrs())

    monkeypatch.setattr(compact, "linger", look)
    compact.compact(path)
    xr.testing.assert_identical(looked[0], before)


def kill_at(monkeypatch, step):
    """Whatever changes the disk ends everything: before its call number `step` / 2 when that is even, else after it."""
    calls = iter(range(10_000))

    def dying(function):
        def called(*args, **kwargs):
            if next(calls) == step:
                raise Killed
            result = function(*args, **kwargs)
            if next(calls) == step:
                raise Killed
            return result

        return called

    for owner, name in (
        (compact.Planes, "write_several"),
        (compact, "clear_other_layout"),
        (pyramids.Planes, "write"),
        (pyramids, "write_synced"),
        (pyramids.Path, "rename"),
        (arrays_of_a_store, "publish"),
        (arrays_of_a_store, "write_array_metadata"),
    ):
        monkeypatch.setattr(owner, name, dying(getattr(owner, name)))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    path, source = tmp_path_factory.mktemp("tiny") / "run.zarr", make_source(4, (3, 8, 20), side=False)
    with StoreWriter.create(path, source, "run", keep=("height",)) as writer:
        for sequence in range(4):
            writer.write_frame(make_frame(source, sequence)).result()
            settle_without_latency(writer, source, sequence)
        writer.finish(4)
    return path


@pytest.mark.parametrize(
    ("action", "steps"),
    [(lambda p: compact.compact(p, linger_s=0), range(18)), (pyramids.make_pyramids, range(0, 40, 3))],
)
def test_killed_at_any_point_it_is_the_store_it_was(tiny, tmp_path, monkeypatch, action, steps):
    before, killed = values(tiny), 0
    monkeypatch.setattr(compact, "FILE_BYTES", 2 * 3 * 8 * 20 * 2)
    for step in steps:
        path = shutil.copytree(tiny, tmp_path / f"run{step}.zarr")
        with monkeypatch.context() as dying:
            kill_at(dying, step)
            try:
                action(path)
            except Killed:
                killed += 1
        for consolidated in (True, False):
            xr.testing.assert_identical(values(path, consolidated), before)
        StoreWriter.resume(path).close()
        action(path)
        xr.testing.assert_identical(values(path), before)
        assert not verify(path) and not (path / "journal" / "pyramids.building").exists()
    assert killed > len(steps) / 2


def test_a_run_that_has_not_ended_is_left_alone(tmp_path):
    source = make_source(FRAMES, SHAPE)
    with StoreWriter.create(tmp_path / "run.zarr", source, "run") as writer:
        writer.write_frame(make_frame(source, 0)).result()
        with pytest.raises(StoreError, match="is being written"):
            tidy(writer.path)
    with pytest.raises(StoreError, match="has not ended"):
        tidy(tmp_path / "run.zarr")


def test_deferred_frames_come_first(tmp_path):
    source = make_source(1, SHAPE)
    with StoreWriter.create(tmp_path / "run.zarr", source, "run") as writer:
        writer.write_frame(make_frame(source, 0)).result()
        writer.set_status(0, Status.DEFERRED)
        writer.commit(committed=1, recorded=1)
        writer.finish(1)
    with pytest.raises(StoreError, match="1 deferred"):
        tidy(tmp_path / "run.zarr")


def test_without_room_nothing_is_begun(path, monkeypatch):
    for module in (compact, pyramids):
        monkeypatch.setattr(module, "free_bytes", lambda _: 1000)
    for action in (compact.compact, pyramids.make_pyramids):
        with pytest.raises(DiskFullError, match="without"):
            action(path)


def test_a_compacted_store_takes_no_frame_but_is_repaired(path):
    tidy(path, linger_s=0)
    good, shard = values(path), path / "height" / "1.0.0"
    data = bytearray(shard.read_bytes())
    data[len(data) // 3] ^= 0x10
    shard.write_bytes(data)
    damaged = {(d.array, d.sequence) for d in verify(path)}
    assert damaged and {name for name, _ in damaged} == {"height"}
    assert len(repair(path).damaged) == len(damaged) and not verify(path)
    source = make_source(FRAMES, SHAPE)
    with StoreWriter.resume(path) as writer:
        indices = writer.add_calibration(make_calibration()), writer.add_model("abc", "analytic")
        for _, sequence in sorted(damaged):
            assert writer.status(sequence) == Status.DEFERRED
            writer.write_registered(sequence, make_registered(source, sequence), *indices).result()
        writer.commit(committed=FRAMES, recorded=FRAMES)
        assert not (path / "pyramids").exists(), "they showed the damaged frame"
    again = values(path)
    assert again.height.identical(good.height) and again.slope.identical(good.slope)
    live = make_source(None, SHAPE)
    with StoreWriter.create(path.parent / "live.zarr", live, "run") as writer:
        for sequence in range(4):
            writer.write_frame(make_frame(live, sequence)).result()
            settle_without_latency(writer, live, sequence)
        writer.finish(4)
    compact.compact(path.parent / "live.zarr", linger_s=0)
    with (
        StoreWriter.resume(path.parent / "live.zarr") as writer,
        pytest.raises(StoreError, match="takes no more frames"),
    ):
        writer.write_frame(make_frame(live, 4))


def settle_without_latency(writer, source, sequence):
    indices = writer.add_calibration(make_calibration()), writer.add_model("abc", "analytic")
    writer.write_registered(sequence, make_registered(source, sequence), *indices).result()
    writer.commit(committed=sequence + 1, recorded=sequence + 1)


def test_pyramids_are_means_of_what_is_known(path):
    assert pyramids.make_pyramids(path) == pyramids.make_pyramids(path) == levels(20, 36) == 2
    group, run = zarr.open_group(path, mode="r"), xr.open_zarr(path, chunks=None)
    assert group["pyramids/raw/2"].shape == (FRAMES, 3, 5, 9)
    for name in ("raw", "height"):
        expected = run[name].coarsen(y=2, x=2).mean()
        np.testing.assert_allclose(group[f"pyramids/{name}/1"][...], expected, atol=0.51 if name == "raw" else 1e-4)


@settings(deadline=None)
@given(
    arrays(np.float32, st.tuples(st.just(2), st.integers(1, 7), st.integers(1, 7)), elements=st.floats(-9, 9, width=16))
)
def test_halving_keeps_means_and_leaves_nan_out(image):
    image[0, 0, 0] = np.nan
    half = pyramids.halved(image)
    rows, columns = image.shape[1:]
    assert half.shape == (2, -(-rows // 2), -(-columns // 2)) and half.dtype == image.dtype
    for y, x in np.ndindex(half.shape[1:]):
        block = image[:, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2].reshape(2, -1)
        for k in range(2):
            known = block[k][np.isfinite(block[k])].astype(np.float64)
            if known.size:
                assert half[k, y, x] == pytest.approx(known.mean(), abs=1e-5)
            else:
                assert np.isnan(half[k, y, x])


def test_new_frames_make_pyramids_outdated(tmp_path):
    source, path = make_source(None, SHAPE), tmp_path / "run.zarr"
    write_run(path, source, 2)
    pyramids.make_pyramids(path)
    with StoreWriter.resume(path) as writer:
        assert (path / "pyramids").exists()
        writer.write_frame(make_frame(source, 2)).result()
        assert not (path / "pyramids").exists()
        assert "pyramids" not in zarr.open_group(path, mode="r")


def test_a_tidied_store_is_valid_ome_zarr(path):
    yaozarrs = pytest.importorskip("yaozarrs", reason="the independent OME-Zarr validator is not installed")
    pytest.importorskip("fsspec", reason="yaozarrs needs fsspec to open a store")
    tidy(path, linger_s=0)
    yaozarrs.validate_zarr_store(str(path))
    image = zarr.open_group(path, mode="r").attrs["ome"]["multiscales"][0]
    scales = [level["coordinateTransformations"] for level in image["datasets"]]
    assert [level["path"] for level in image["datasets"]] == ["height", "pyramids/height/1", "pyramids/height/2"]
    assert scales[1][0]["scale"][-2:] == [10.0, 8.0] and scales[1][1]["translation"][-2:] == [2.5, 2.0]


def test_it_runs_by_itself_at_the_lowest_priority(path):
    command = [sys.executable, "-m", "eclips4d.storage.afterwards", str(path.parent / "nowhere.zarr")]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 2 and "no such store" in told.stderr and told.stderr.count("\n") == 1


TIDY = (
    "import sys; from eclips4d.storage import afterwards, compact\n"
    "compact.FILE_BYTES = 10_000; afterwards.tidy(sys.argv[1], linger_s=0)"
)


@pytest.mark.slow
def test_killed_for_real_it_goes_on_where_it_was(tmp_path):
    source, path, random = make_source(60, (3, 300, 300), side=False), tmp_path / "run.zarr", np.random.default_rng(0)
    with StoreWriter.create(path, source, "run", keep=("height",)) as writer:
        for sequence in range(60):
            writer.write_frame(make_frame(source, sequence)).result()
            settle_without_latency(writer, source, sequence)
        writer.finish(60)
    before, killed = values(path), 0
    for _ in range(12):
        with subprocess.Popen([sys.executable, "-c", TIDY, str(path)]) as process:
            while process.poll() is None and not (path / "pyramids").exists() and not building_path(path).exists():
                time.sleep(0.01)
            time.sleep(random.uniform(0, 3))
            killed += process.poll() is None
            process.kill()
        for consolidated in (True, False):
            xr.testing.assert_identical(values(path, consolidated), before)
    tidy(path, linger_s=0)
    xr.testing.assert_identical(values(path), before)
    assert killed > 2 and not verify(path) and not missing(path)
