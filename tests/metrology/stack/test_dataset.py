"""A store read as stacks: lazily, part by part, with what belongs to them."""

import numpy as np
import pytest

from eclips4d import storage
from eclips4d.core.errors import InputError, StoreError
from eclips4d.core.results import Datum, Drift, Status
from eclips4d.metrology.stack.dataset import open_stacked, stacked_dataset
from eclips4d.metrology.stack.memory import PlaneMemory
from eclips4d.metrology.stack.stacker import Stacker

ALL = ("height", "height_sd", "slope", "slope_sd", "residual", "trust")
LOST = Drift((0.0, 0.0), aligned=False)


def datum(frame):
    """What the surfaces of these stores do: they rise by 1 nm a frame."""
    return Datum((float(frame), 0.0, 0.0), (0.01, 1e-5, 1e-5))


@pytest.fixture
def store(make_store):
    store = make_store(keep=ALL)
    for frame in range(3):
        store.grow(datum=datum(frame))
    store.grow(drift=LOST)
    store.record()
    store.settle(status=Status.QUARANTINED)
    for frame in range(5, 8):
        store.grow(datum=datum(frame))
    return store


def test_what_a_stack_of_a_store_says(store):
    run = open_stacked(store.path, 4)
    assert run.attrs["stack_frames"] == 4 and run.height.attrs["stack"].startswith("mean of up to 4")
    assert run.stacked.values.tolist() == [1, 2, 3, 1, 0, 4, 4, 4]
    assert run.stack_time.values[7] == pytest.approx(np.mean([4.0, 10.0, 12.0, 14.0]))
    assert not run.blurred.values.any() and run.blurred.dtype == bool
    assert np.isnan(run.blur_nm.values).all() and np.isnan(run.moving_share.values[[0, 3, 4]]).all()
    assert run.slope_sd.values[7] == pytest.approx(0.5 * 0.02 / 2, rel=1e-3)
    assert run.stack_count.dtype == np.uint8 and (run.stack_count.values[6] == 4).all()
    for name in ALL:
        assert run[name].shape == storage.open(store.path)[name].shape


def test_the_height_keeps_the_plane_of_its_newest_frame(store):
    plain, run = storage.open(store.path), open_stacked(store.path, 4)
    np.testing.assert_allclose(run.height.values[7], plain.height.values[7], atol=0.1)
    level = open_stacked(store.path, 4, datum=True).height
    np.testing.assert_allclose(level.values[7], plain.height.values[0], atol=0.1)
    assert level.attrs["datum"].startswith("subtracted")


def test_a_stack_of_one_is_the_frame_bit_for_bit(store):
    plain, run = storage.open(store.path), open_stacked(store.path, 1)
    for name in ALL:
        np.testing.assert_array_equal(run[name].values, plain[name].values.astype(run[name].dtype))
    frames = open_stacked(store.path, 4)
    for name in ALL:
        np.testing.assert_array_equal(frames[name].values[3], plain[name].values[3].astype(run[name].dtype))
        np.testing.assert_array_equal(frames[name].values[4], plain[name].values[4].astype(run[name].dtype))


@pytest.mark.parametrize(
    "key", [np.s_[1], np.s_[-1, 3, 5], np.s_[:, 3, 5], np.s_[::2, 4:9, ::-1], np.s_[[0, 2], [3, 1, 1], :], np.s_[0:0]]
)
def test_any_part_is_the_part_of_the_whole(store, key):
    run = open_stacked(store.path, 3)
    for name in ("height", "trust"):
        np.testing.assert_array_equal(run[name][key].values, open_stacked(store.path, 3)[name].load()[key].values)


def test_only_what_is_asked_for_is_read(store, monkeypatch):
    asked = []
    read = PlaneMemory.read
    monkeypatch.setattr(
        PlaneMemory, "read", lambda self, run, name, frame: asked.append((name, frame)) or read(self, run, name, frame)
    )
    run = open_stacked(store.path, 2)
    assert not asked
    run.slope.isel(time=6, y=0).load()
    assert set(asked) == {("slope", 5), ("slope", 6), ("slope_sd", 5), ("slope_sd", 6)}


def test_a_growing_store_gives_the_same_bits_whenever_it_is_read(store):
    before = open_stacked(store.path, 4).height.values
    store.grow(3, datum=datum(8))
    np.testing.assert_array_equal(open_stacked(store.path, 4).height.values[:8], before)


def test_the_number_of_the_run_is_taken_unless_another_is_given(store):
    assert open_stacked(store.path).attrs["stack_frames"] == 1
    store.writer.remember("stack", 3)
    store.grow(datum=datum(8))
    assert storage.summary(store.path).stack == 3
    assert open_stacked(store.path).attrs["stack_frames"] == 3
    assert open_stacked(store.path, 2).attrs["stack_frames"] == 2


def test_what_cannot_be_stacked_is_refused(store):
    with pytest.raises(InputError, match="from 1 to 64"):
        open_stacked(store.path, 65)
    with pytest.raises(StoreError, match="reference is missing"):
        stacked_dataset(storage.open(store.path).drop_vars("reference"), 4)


def test_a_store_that_keeps_heights_only(make_store):
    store = make_store("heights.zarr", keep=("height",))
    store.grow(5)
    run = open_stacked(store.path, 4)
    np.testing.assert_allclose(run.height.values[4], store.height_of(4), atol=0.1)
    assert np.isnan(run.moving_share.values).all() and (run.stack_count.values[4] == 4).all()


def test_what_was_read_is_remembered_up_to_a_limit(store):
    run = storage.open(store.path)
    memory = PlaneMemory(limit=3 * run.height[0].nbytes)
    first = memory.read(run, "height", 0)
    assert memory.read(run, "height", 0) is first
    for frame in (1, 2, 5):
        memory.read(run, "height", frame)
    assert memory.read(run, "height", 0) is not first
    stack = Stacker(run, 4, memory).stack(7, ("height",))
    np.testing.assert_array_equal(stack.planes["height"], Stacker(run, 4).stack(7, ("height",)).planes["height"])
