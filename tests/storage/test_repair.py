"""Damage is found by checksum, said by name, and mended as far as it can be."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import xarray as xr
from made_stores import STAGES, make_calibration, make_frame, make_registered, make_source, settle, write_run

from eclips4d.core.errors import InputError, StoreError
from eclips4d.core.results import Status
from eclips4d.storage import StoreWriter, summary
from eclips4d.storage.missing import missing
from eclips4d.storage.repair import repair, verify


@pytest.fixture
def path(tmp_path):
    write_run(tmp_path / "run.zarr", make_source(4, (4, 300, 300)), 4)
    return tmp_path / "run.zarr"


def flip(shard) -> None:
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 0x10
    shard.write_bytes(data)


def test_a_sound_store_is_left_alone(path):
    before = {p: p.read_bytes() for p in path.rglob("*") if p.is_file() and p.parent.name != "journal"}
    result = repair(path)
    assert not result.damaged and not result.restored and "nothing damaged" in str(result)
    assert {p: p.read_bytes() for p in before} == before


def test_a_flipped_bit_is_found_and_the_result_is_had_again(path):
    source = make_source(4, (4, 300, 300))
    good = xr.open_zarr(path, chunks=None).height[2].values
    flip(path / "height" / "c.2.0.0")
    (path / "trust" / "c.1.0.0").unlink()
    assert missing(path) == ["trust lacks 1 of 4 frames"]
    assert {(d.array, d.sequence) for d in verify(path)} == {("height", 2), ("trust", 1)}
    result = repair(path)
    assert len(result.damaged) == 2 and "2 damaged" in str(result)
    assert xr.open_zarr(path, chunks=None).status.values.tolist() == [1, Status.DEFERRED, Status.DEFERRED, 1]
    with StoreWriter.resume(path) as writer:
        for sequence in (1, 2):
            indices = writer.add_calibration(make_calibration()), writer.add_model("abc", "analytic")
            writer.write_registered(sequence, make_registered(source, sequence), *indices).result()
        writer.commit(committed=4, recorded=4)
    assert not verify(path)
    assert np.array_equal(xr.open_zarr(path, chunks=None).height[2].values, good)


def test_damaged_raw_frames_are_quarantined(path):
    flip(path / "raw" / "c.3.0.0.0")
    assert [d.array for d in repair(path).damaged] == ["raw"]
    dataset = xr.open_zarr(path, chunks=None)
    assert dataset.status.values[3] & Status.QUARANTINED and not dataset.raw[3].any()
    assert not dataset.height[3].isnull().any()


@pytest.mark.parametrize("text", [b"", b"{", b'{"zarr_format": 3, "node_type": "group", "attributes": {}}'])
def test_damaged_metadata_is_taken_from_the_commit_before(path, text):
    before = xr.open_zarr(path, chunks=None).load()
    (path / "zarr.json").write_bytes(text)
    with pytest.raises((StoreError, InputError)):
        summary(path)
    result = repair(path)
    assert result.restored and result.committed == 4 and "commit before" in str(result)
    after = xr.open_zarr(path, chunks=None).load()
    assert after.drop_attrs().identical(before.drop_attrs())


def test_a_lost_commit_costs_one_frame_of_results_and_no_raw(tmp_path):
    source, path = make_source(4), tmp_path / "run.zarr"
    with StoreWriter.create(path, source, "run", stages=STAGES) as writer:
        for sequence in range(3):
            writer.write_frame(make_frame(source, sequence)).result()
            settle(writer, source, sequence)
    (path / "zarr.json").unlink()
    result = repair(path)
    assert (result.committed, result.recorded) == (2, 3)
    assert not verify(path)


def test_array_metadata_is_written_again(path):
    (path / "height" / "zarr.json").unlink()
    repair(path)
    assert xr.open_zarr(path, consolidated=False, chunks=None).sizes["time"] == 4


def test_what_cannot_be_repaired(tmp_path, path):
    with pytest.raises(InputError, match="no such store"):
        repair(tmp_path / "nowhere.zarr")
    with pytest.raises(InputError, match="not a store"):
        repair(tmp_path)
    with StoreWriter.resume(path), pytest.raises(StoreError, match="being written"):
        repair(path)
    for name in ("zarr.json", "journal/previous.json"):
        (path / name).write_bytes(b"{")
    with pytest.raises(StoreError, match="damaged"):
        repair(path)


def fill_in(path, source, sequences) -> None:
    """What the next run does with deferred frames."""
    with StoreWriter.resume(path) as writer:
        for sequence in sequences:
            indices = writer.add_calibration(make_calibration()), writer.add_model("abc", "analytic")
            writer.write_registered(sequence, make_registered(source, sequence), *indices).result()
        writer.commit(committed=writer.committed, recorded=writer.recorded)


@pytest.mark.filterwarnings("ignore:Object at events.jsonl")  # listing a store tells of what is no array
@pytest.mark.parametrize("name", ["height", "drift", "status", "model"])
def test_a_deleted_array_is_made_anew_and_filled_in_again(path, name):
    before = xr.open_zarr(path, chunks=None).load()
    assert missing(path) == []
    shutil.rmtree(path / name)
    assert missing(path) == [f"{name} is gone"]
    with pytest.raises(StoreError, match=f"{name} is missing.*--repair"):
        StoreWriter.resume(path)
    result = repair(path)
    assert result.lost == (name,) and f"{name} made anew" in str(result)
    assert xr.open_zarr(path, chunks=None).status.values.tolist() == [Status.DEFERRED] * 4
    fill_in(path, make_source(4, (4, 300, 300)), range(4))
    assert not missing(path) and not verify(path)
    after = xr.open_zarr(path, consolidated=False, chunks=None).load()
    for kept in set(before) - {"status", "latency_ms"}:
        np.testing.assert_array_equal(after[kept], before[kept], err_msg=kept)
    assert (after.status.values == Status.DONE | Status.DEFERRED).all()


def test_deleted_raw_frames_are_quarantined_and_results_stay(path):
    shutil.rmtree(path / "raw")
    repair(path)
    dataset = xr.open_zarr(path, chunks=None)
    assert ((dataset.status.values & Status.QUARANTINED) > 0).all() and not dataset.height.isnull().any()
    assert missing(path) == []


def test_deleted_coordinates_are_worked_out_again(path):
    before = xr.open_zarr(path, chunks=None).x.values
    shutil.rmtree(path / "x")
    repair(path)
    assert np.array_equal(xr.open_zarr(path, chunks=None).x.values, before)


def test_missing_metadata_is_said(path):
    (path / "slope" / "zarr.json").unlink()
    assert missing(path) == ["slope lacks its zarr.json"]
