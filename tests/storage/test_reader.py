"""Reading by our own `open`, by plain zarr-python, xarray and tensorstore; and what is said of what is no store."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
import tensorstore as ts
import xarray as xr
import zarr
from made_stores import STAGES, make_frame, make_source, settle, write_run

import eclips4d.storage as storage
from eclips4d.core.errors import InputError, MissingInputError, StoreError
from eclips4d.storage import StoreWriter
from eclips4d.storage.folder import load_record


@pytest.fixture
def growing(tmp_path):
    source = make_source(6, (4, 24, 300))
    with StoreWriter.create(
        tmp_path / "run.zarr", source, "run", stages=STAGES, attributes={"engine": "torch"}
    ) as writer:
        for sequence in range(4):
            writer.write_frame(make_frame(source, sequence)).result()
        settle(writer, source, 0)
        settle(writer, source, 1)
        writer.commit(committed=2, recorded=4)
        yield writer


def test_only_committed_frames_are_seen(growing):
    for dataset in (storage.open(growing.path), xr.open_zarr(growing.path, chunks=None)):
        assert dataset.sizes["time"] == 2
        assert not dataset.height.isnull().any()
    group = zarr.open_group(growing.path, mode="r")
    assert {array.shape[0] for name, array in group.arrays() if name not in "xy"} == {2}


def test_without_consolidated_metadata_the_rest_is_fill_values(growing):
    dataset = xr.open_zarr(growing.path, consolidated=False, chunks=None)
    assert dataset.sizes["time"] == 6
    for name in ("height", "slope", "slope_sd", "height_sd", "residual", "drift", "latency_ms"):
        assert dataset[name][2:].isnull().all(), name
    for name in ("trust", "status", "model", "calibration", "reference"):
        assert not dataset[name][2:].any(), name
    assert not dataset.raw[4:].any() and dataset.time[4:].isnull().all() and not dataset.frame_id[4:].any()


def test_recorded_shows_raw_beyond_the_committed_frames(growing):
    dataset = storage.open(growing.path, recorded=True)
    assert set(dataset) == {"raw", "frame_id", "time_end", "line_time", "status"}
    assert "side_temperature" in dataset.coords
    assert dataset.sizes["time"] == 4
    assert np.array_equal(dataset.raw[3], make_frame(growing.source, 3).data)
    assert dataset.side_temperature.values[3] == 303


def test_an_open_dataset_stays_as_it_was(growing):
    before = storage.open(growing.path)
    settle(growing, growing.source, 2)
    assert before.sizes["time"] == 2 and before.height.shape[0] == 2
    assert storage.open(growing.path).sizes["time"] == 3
    assert before.isel(time=1).height.values.shape == (24, 300)


def test_arrays_are_read_lazily_and_in_pieces(growing):
    dataset = storage.open(growing.path)
    assert dataset.raw.encoding["shards"] == (1, 4, 24, 300)
    assert dataset.raw.encoding["chunks"] == (1, 1, 24, 300)
    for name in ("raw", "height", "slope"):
        assert not dataset.variables[name]._in_memory


def test_tensorstore_and_zarr_agree(growing):
    group = zarr.open_group(growing.path, mode="r")
    for name, array in group.arrays():
        request = {"driver": "zarr3", "kvstore": {"driver": "file", "path": f"{growing.path}/{name}/"}}
        other = ts.open(request, read=True).result()
        values = other[tuple(slice(0, n) for n in array.shape)].read().result()
        assert np.array_equal(values, array[...], equal_nan=np.issubdtype(values.dtype, np.floating)), name
        assert other.schema.codec is not None


def test_only_codecs_of_the_specification(growing):
    document = json.loads((growing.path / "zarr.json").read_bytes())
    names = {
        codec["name"]
        for array in document["consolidated_metadata"]["metadata"].values()
        for outer in array["codecs"]
        for codec in (outer, *outer.get("configuration", {}).get("codecs", []))
    }
    assert names == {"bytes", "sharding_indexed", "blosc", "crc32c"}


def test_consolidated_metadata_is_that_of_the_arrays(tmp_path):
    write_run(tmp_path / "run.zarr", make_source(3), 3)
    document = json.loads((tmp_path / "run.zarr" / "zarr.json").read_bytes())
    for name, array in document["consolidated_metadata"]["metadata"].items():
        assert json.loads((tmp_path / "run.zarr" / name / "zarr.json").read_bytes()) == array


def test_nothing_unknown_lies_in_the_store(growing):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        members = dict(zarr.open_group(growing.path, mode="r", use_consolidated=False).members())
    assert isinstance(members["journal"], zarr.Group) and isinstance(members["raw"], zarr.Array)


def test_summary(growing):
    summary = storage.summary(growing.path)
    assert (summary.committed, summary.recorded, summary.expected, summary.total) == (2, 4, 6, None)
    assert summary.source == growing.source and summary.run_id == "run" and not summary.ended
    assert summary.pixel_size_nm == (4, 5) and summary.models == ("analytic",) and summary.extra == {"engine": "torch"}


def test_what_is_not_a_store(tmp_path):
    with pytest.raises(MissingInputError, match="no such store"):
        storage.open(tmp_path / "nowhere.zarr")
    with pytest.raises(InputError, match=r"no zarr\.json"):
        storage.summary(tmp_path)
    zarr.create_group(tmp_path / "other.zarr")
    for reading in (storage.open, storage.summary, storage.StoredFrames):
        with pytest.raises(InputError, match="not a store of eclips4d"):
            reading(tmp_path / "other.zarr")
    (tmp_path / "file.zarr").write_text("no folder")
    with pytest.raises(InputError, match="is not a store"):
        storage.open(tmp_path / "file.zarr")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text[: len(text) // 2], "damaged"),
        (lambda text: text.replace(b'"committed":2', b'"committed":"two"'), "damaged attributes"),
        (lambda text: text.replace(b'"format":1', b'"format":99'), "newer"),
        (lambda text: text.replace(b'"source":{', b'"source":7,"was":{'), "not a store"),
        (lambda text: b"[]", "not a store"),
    ],
)
def test_damaged_metadata_is_said_in_one_line(growing, damage, message):
    root = growing.path / "zarr.json"
    root.write_bytes(damage(root.read_bytes()))
    with pytest.raises((StoreError, InputError), match=message) as caught:
        load_record(growing.path)
    assert "\n" not in str(caught.value)


def test_side_values_are_coordinates(tmp_path):
    source = make_source(frames=1)
    with StoreWriter.create(tmp_path / "run.zarr", source, "run", keep=("height",), stages=("storage",)) as writer:
        writer.write_frame(make_frame(source, 0)).result()
        writer.commit(committed=0, recorded=1)
        with storage.open(tmp_path / "run.zarr", recorded=True) as run:
            assert "side_temperature" in run.coords
            assert run["time"].coords["side_temperature"].values.tolist() == [300.0]
