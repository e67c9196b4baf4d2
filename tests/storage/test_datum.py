"""The datum's columns: written with the results, left out in older stores, taken off heights on request."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from made_stores import STAGES, make_calibration, make_frame, make_registered, make_source, settle, write_run

import eclips4d.storage as storage
from eclips4d.core.errors import InputError
from eclips4d.core.results import Datum
from eclips4d.storage import StoreWriter
from eclips4d.storage.folder import load_record
from eclips4d.storage.levelled import LevelledHeight
from eclips4d.storage.repair import repair

FRAMES = 4


@pytest.fixture
def path(tmp_path):
    source = make_source(FRAMES)
    write_run(tmp_path / "run.zarr", source, FRAMES - 1)
    with StoreWriter.resume(tmp_path / "run.zarr") as writer:
        writer.write_frame(make_frame(source, FRAMES - 1)).result()
        result = make_registered(source, FRAMES - 1, aligned=False)
        writer.write_registered(FRAMES - 1, result, 0, 0).result()
        writer.commit(committed=FRAMES, recorded=FRAMES)
    return tmp_path / "run.zarr"


@pytest.fixture
def older(tmp_path, monkeypatch):
    """A store whose columns and record know nothing of a datum, unfinished."""
    source = make_source(FRAMES)
    made = StoreWriter.create.__func__
    monkeypatch.setattr("eclips4d.storage.writer.Record", lambda **more: _without_datum(**more))
    with made(StoreWriter, tmp_path / "older.zarr", source, "run", stages=STAGES) as writer:
        writer.write_frame(make_frame(source, 0)).result()
        settle(writer, source, 0)
    return tmp_path / "older.zarr"


def _without_datum(**more):
    from eclips4d.storage.record import Record

    return Record(**{**more, "datum": False})


def test_what_is_stored_is_what_was_found(path):
    run = storage.open(path)
    assert run.datum.dims == run.datum_sd.dims == ("time", "term")
    assert run.datum.attrs["terms"] == ["offset_nm", "tilt_x", "tilt_y"]
    for t in range(FRAMES - 1):
        datum = make_registered(make_source(FRAMES), t).datum
        assert tuple(run.datum.values[t]) == datum.plane and tuple(run.datum_sd.values[t]) == datum.sd
    assert run.datum[FRAMES - 1].isnull().all() and run.datum_sd[FRAMES - 1].isnull().all()


def test_stored_heights_keep_their_planes(path):
    plain, levelled = storage.open(path), storage.open(path, datum=True)
    assert "datum" not in plain.height.attrs and levelled.height.attrs["datum"].startswith("subtracted")
    assert levelled.height.dtype == np.float32 and levelled.height.attrs["units"] == "nm"
    x, y = (plain[name].values - plain[name].values.mean() for name in "xy")
    for t in range(FRAMES - 1):
        offset, tilt_x, tilt_y = plain.datum.values[t]
        expected = plain.height.values[t] - (offset + tilt_x * x[None, :] + tilt_y * y[:, None])
        np.testing.assert_allclose(levelled.height.values[t], expected, rtol=1e-6, atol=1e-5)
    assert levelled.height[FRAMES - 1].isnull().all() and not plain.height[FRAMES - 1].isnull().any()
    assert levelled.slope.equals(plain.slope)


@pytest.mark.parametrize(
    "key",
    [
        np.s_[1],
        np.s_[1, 3, 5],
        np.s_[:, 3, 5],
        np.s_[::2, 4:9, ::-1],
        np.s_[[0, 2], [3, 1, 1], :],
        np.s_[0:0],
        np.s_[2, ..., [7, 8]],
    ],
)
def test_any_part_is_the_part_of_the_whole(path, key):
    height = storage.open(path, datum=True).height
    part = height[key]
    np.testing.assert_array_equal(part.values, height.load()[key].values)


def test_pixels_are_read_when_asked_for(path, monkeypatch):
    asked = []
    read = LevelledHeight._read
    monkeypatch.setattr(LevelledHeight, "_read", lambda self, key: asked.append(key) or read(self, key))
    height = storage.open(path, datum=True).height
    assert not asked
    one = height.isel(time=1, y=slice(2, 4))
    assert not asked
    one.load()
    assert [key[:2] for key in asked] == [(1, slice(2, 4, 1))]


def test_an_older_store_opens_and_goes_on_without(older):
    assert not {"datum", "datum_sd"} & set(storage.open(older))
    with pytest.raises(InputError, match="datum"):
        storage.open(older, datum=True)
    source = make_source(FRAMES)
    with StoreWriter.resume(older) as writer:
        for sequence in range(1, FRAMES):
            writer.write_frame(make_frame(source, sequence)).result()
            settle(writer, source, sequence)
        writer.finish(FRAMES)
    assert "datum" not in storage.open(older) and storage.open(older).sizes["time"] == FRAMES
    assert not load_record(older).datum


def test_the_record_of_an_older_store_says_nothing_of_it(older):
    """As it was written before there was a datum: the key is absent."""
    document = msgspec.json.decode((older / "zarr.json").read_bytes())
    del document["attributes"]["eclips4d"]["datum"]
    (older / "zarr.json").write_bytes(msgspec.json.encode(document))
    assert not load_record(older).datum and "drift" in storage.open(older)


def test_there_is_no_height_without_results(path):
    with pytest.raises(InputError, match="height"):
        storage.open(path, recorded=True, datum=True)


def test_lost_columns_are_made_anew_and_their_frames_deferred(path):
    (path / "datum").rename(path.parent / "gone")
    assert "datum" in repair(path).lost
    assert storage.open(path).datum.isnull().all()
    assert (storage.open(path).status.values & 32).all()


def test_a_frame_whose_results_were_cut_off_has_no_datum(tmp_path):
    source = make_source(FRAMES)
    with StoreWriter.create(tmp_path / "run.zarr", source, "run", stages=STAGES) as writer:
        writer.write_frame(make_frame(source, 0)).result()
        writer.commit(committed=0, recorded=1)
        calibration, model = writer.add_calibration(make_calibration()), writer.add_model("abc", "analytic")
        writer.write_registered(0, make_registered(source, 0), calibration, model).result()
    with StoreWriter.resume(tmp_path / "run.zarr") as writer:
        writer.commit(committed=1, recorded=1)
    assert storage.open(tmp_path / "run.zarr").datum.isnull().all()


def test_an_unknown_datum_is_unobservable():
    assert not Datum().observable and Datum((0.0,) * 3, (0.0,) * 3).observable
