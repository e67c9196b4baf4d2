"""What is given up on a full or slow disk, in which order, and that nothing acknowledged is among it."""

from __future__ import annotations

import errno
import os

import numpy as np
import pytest
import tensorstore as ts
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from made_stores import STAGES, make_calibration, make_frame, make_registered, make_source, settle

from eclips4d.core.errors import DiskFullError
from eclips4d.core.results import Status
from eclips4d.storage import StoreWriter
from eclips4d.storage.layout import PRODUCTS
from eclips4d.storage.room import SLOW_S, Needs, Room, room, words

needs = st.builds(Needs, st.integers(1, 10**8), st.integers(10**8, 10**9), st.floats(0, 100))
levels = st.sampled_from(Room)
sizes = st.floats(0, 1e13)


@given(sizes, sizes, needs, levels, st.floats(0, 10))
def test_more_room_never_stores_less(one, other, need, before, waiting):
    less, more = sorted((one, other))
    stored = [room(free, need, before=before, waiting_s=waiting) for free in (less, more)]
    assert stored[1] <= stored[0]


@given(sizes, needs, levels, st.floats(0, 10))
def test_a_level_that_was_reached_stays(free, need, before, waiting):
    reached = room(free, need, before=before, waiting_s=waiting)
    assert room(free, need, before=reached, waiting_s=waiting) == reached


@given(needs, levels)
def test_raw_is_last(need, before):
    assert need.free(Room.ALL) > need.free(Room.RAW) > need.free(Room.NONE) == 0
    assert room(0, need, before=before) == Room.NONE
    assert room(need.free(Room.ALL) - 1, need, before=Room.ALL) == Room.RAW
    assert room(2 * need.free(Room.ALL), need, before=before) == Room.ALL


@given(sizes, needs, levels)
def test_a_slow_disk_is_left_to_raw_frames(free, need, before):
    slow, quick = (room(free, need, before=before, waiting_s=seconds) for seconds in (2 * SLOW_S, 0.0))
    assert slow == max(quick, Room.RAW)


def test_it_does_not_go_to_and_fro():
    need = Needs.of(make_source(None), PRODUCTS, 10.0)
    limit, level, changes = need.free(Room.ALL), Room.ALL, 0
    for free in np.linspace(1.1, 0.9, 20).tolist() + [0.95, 1.2, 0.99, 1.5, 1.9] * 5:
        after = room(free * limit, need, before=level)
        changes, level = changes + (after != level), after
    assert (changes, level) == (1, Room.RAW)


def test_it_is_said_in_one_line():
    assert words(Room.ALL, 1e9) == "everything is stored again"
    assert words(Room.RAW, 2e9).startswith("2 GB are free: frames are recorded")
    assert words(Room.RAW, 2e9, 3.2).startswith("the disk is 3.2 s behind, 2 GB are free")
    assert "sender" in words(Room.NONE, 0) and "\n" not in words(Room.NONE, 0)


@pytest.fixture
def store(tmp_path):
    with StoreWriter.create(tmp_path / "run.zarr", make_source(), "run", stages=STAGES) as writer:
        yield writer


class Full:
    """An array that the disk takes no more of, as tensorstore says it."""

    def __getitem__(self, _):
        return self

    def write(self, *_, **__):
        promise, future = ts.Promise.new()
        promise.set_exception(ValueError(f"RESOURCE_EXHAUSTED: [OS error {errno.ENOSPC}: {os.strerror(errno.ENOSPC)}]"))
        return future


def fill_up(store, monkeypatch, name):
    monkeypatch.setitem(store._arrays.planes._new, name, Full())


def test_a_result_without_room_takes_none_and_its_frame_is_deferred(store, monkeypatch):
    source = store.source
    store.write_frame(make_frame(source, 0)).result()
    indices = store.add_calibration(make_calibration()), store.add_model("abc", "analytic")
    with monkeypatch.context() as full:
        fill_up(store, full, "slope")
        with pytest.raises(DiskFullError, match="nothing committed is harmed"):
            store.write_registered(0, make_registered(source, 0), *indices).result()
    assert not [p for name in PRODUCTS for p in (store.path / name).glob("c.*")]
    assert store.status(0) == Status(0)
    store.set_status(0, Status.DEFERRED)
    store.commit(committed=1, recorded=1)
    assert store.statuses().tolist() == [Status.DEFERRED]
    store.write_registered(0, make_registered(source, 0), *indices).result()
    store.commit(committed=1, recorded=1)
    assert xr.open_zarr(store.path, chunks=None).status.values.tolist() == [Status.DONE | Status.DEFERRED]


def test_a_result_whose_files_cannot_be_synced_takes_no_room(store, monkeypatch):
    source = store.source
    store.write_frame(make_frame(source, 0)).result()
    indices = store.add_calibration(make_calibration()), store.add_model("abc", "analytic")

    def no_space(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", no_space)
        with pytest.raises(DiskFullError):
            store.write_registered(0, make_registered(source, 0), *indices).result()
    assert not [p for name in PRODUCTS for p in (store.path / name).glob("c.*")]
    assert store.status(0) == Status(0)


def test_a_raw_frame_without_room_is_not_recorded_and_comes_again(store, monkeypatch):
    source = store.source
    with monkeypatch.context() as full:
        fill_up(store, full, "raw")
        with pytest.raises(DiskFullError):
            store.write_frame(make_frame(source, 0)).result()
    assert store.waiting_s == 0
    assert not list((store.path / "raw").glob("c.*"))
    store.write_frame(make_frame(source, 0)).result()
    settle(store, source, 0)
    assert np.array_equal(xr.open_zarr(store.path, chunks=None).raw[0], make_frame(source, 0).data)


def test_notes_are_given_up_without_harm(store, monkeypatch):
    def no_space(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    assert store.event({"event": "first"})
    with monkeypatch.context() as full:
        full.setattr(os, "write", no_space)
        assert not store.event({"event": "second"})
    assert store.event({"event": "third"})
    assert len((store.path / "events.jsonl").read_text().splitlines()) == 2


def test_a_frame_that_waits_is_known(store, monkeypatch):
    seen = []
    write = store._arrays.planes.write
    monkeypatch.setattr(store._arrays.planes, "write", lambda *a: seen.append(store.waiting_s) or write(*a))
    store.write_frame(make_frame(store.source, 0)).result()
    assert seen[0] > 0 and store.waiting_s == 0
