"""What is read, kept, made smaller and read ahead: against what a store holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eclips4d import storage
from eclips4d.storage.pyramids import halved, make_pyramids
from eclips4d.viewer.foresight import FRAMES_AHEAD, LONGEST_STRIDE, Foresight
from eclips4d.viewer.frame_memory import FrameMemory
from eclips4d.viewer.picture import Detail, Wanted
from eclips4d.viewer.shrinking import MOST_HALVINGS, covered_px, halvings, shrunk
from eclips4d.viewer.store import PASSING_VALUES, StoreFrames
from eclips4d.viewer.stored_images import StoredImages

HOLES = st.floats(-1e3, 1e3, width=32) | st.just(np.float32(np.nan))
SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 17), st.integers(1, 17))


def halved_so_often(image, times):
    for _ in range(times):
        image = halved(image)
    return image


@given(SHAPES.flatmap(lambda shape: arrays(np.float32, shape, elements=HOLES)), st.integers(0, 3))
def test_smaller_images_are_those_of_the_store(image, times):
    ours, theirs = shrunk(image, times), halved_so_often(image, times)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-2)


@given(SHAPES.flatmap(lambda shape: arrays(np.uint16, shape)), st.integers(1, 3))
def test_those_of_raw_frames_are_too_but_for_rounding(image, times):
    assert np.abs(shrunk(image, times) - halved_so_often(image, times)).max() <= 0.5 * times


@given(st.integers(1, 5000), st.integers(0, MOST_HALVINGS))
def test_smaller_images_cover_the_whole_one_and_less_than_a_pixel_more(pixels, times):
    shown = -(-pixels // 2**times)
    covered = covered_px(pixels, shown)
    assert pixels <= covered < pixels + covered // shown


@given(st.floats(0, 1e6))
def test_a_screen_pixel_never_lacks_an_image_pixel(image_px_per_screen_px):
    assert 2 ** halvings(image_px_per_screen_px) <= max(1.0, image_px_per_screen_px)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 60)), max_size=40))
def test_memory_is_bounded_and_keeps_what_was_used_last(asked):
    memory, made = FrameMemory(100), []
    sizes = {}
    for key, size in asked:
        size = sizes.setdefault(key, size)
        before = key in memory
        value = memory.recall(key, lambda key=key: made.append(key) or f"value {key}", lambda _, size=size: size)
        assert value == f"value {key}"
        assert before is (made[-1:] != [key]) or before
        assert key in memory
        assert memory.held_bytes <= 100 or len(memory) == 1
    held = list(dict.fromkeys(key for key, _ in reversed(asked) if key in memory))
    assert memory.held_bytes == sum(sizes[key] for key in held)
    memory.forget()
    assert (memory.held_bytes, len(memory)) == (0, 0)


def test_what_is_known_is_not_made_again():
    memory = FrameMemory()
    first = memory.recall("a", lambda: np.zeros(3), lambda made: made.nbytes)
    assert memory.recall("a", lambda: pytest.fail("made again"), lambda made: made.nbytes) is first


def test_a_value_larger_than_the_memory_is_held_alone():
    memory = FrameMemory(10)
    memory.recall("a", lambda: 1, lambda _: 5)
    memory.recall("b", lambda: 2, lambda _: 50)
    assert "a" not in memory
    assert "b" in memory


@pytest.mark.parametrize(
    ("asked", "ahead"),
    [
        ([5, 6], [7, 8, 9, 10]),
        ([6, 5], [4, 3, 2, 1]),
        ([5, 7], [9, 11, 13, 15]),
        ([6, 5, 5, 5], [4, 3, 2, 1]),
        ([5], [6, 7, 8, 9]),
        ([5, 5 + LONGEST_STRIDE + 1], [5 + LONGEST_STRIDE + 2, 5 + LONGEST_STRIDE]),
        ([1, 0], []),
    ],
)
def test_the_way_goes_on_as_it_went(asked, ahead):
    foresight = Foresight()
    found = [foresight.after(sequence, 30) for sequence in asked]
    assert list(found[-1]) == ahead
    assert len(ahead) <= FRAMES_AHEAD


@pytest.fixture
def ended(store):
    store.grow(6)
    store.finish()
    store.writer.close()
    return store


def test_frames_are_those_that_xarray_reads(ended):
    images = StoredImages(ended.path)
    images.look_again()
    run = storage.open(ended.path)
    for name in ("raw", "height", "height_sd", "slope"):
        np.testing.assert_array_equal(images.read(name, 3), run[name][3].values)
    assert "trust" not in images
    assert images.kept("trust", 3) is None


def test_smaller_images_of_the_store_are_taken_where_there_are_any(make_store, monkeypatch):
    for module in ("layout", "levels"):
        monkeypatch.setattr(f"eclips4d.storage.{module}.TILE", 8)
    store = make_store()
    store.grow(3)
    store.finish()
    store.writer.close()
    assert make_pyramids(store.path) >= 2
    images = StoredImages(store.path)
    images.look_again()
    whole = images.read("raw", 2)
    np.testing.assert_array_equal(images.read("raw", 2, 2), halved_so_often(whole, 2))
    assert images.read("raw", 2, 2).dtype == np.uint16, "means made here are float32"


def test_a_picture_is_painted_as_small_as_it_may_be_and_values_stay_whole(ended):
    frames = StoreFrames(ended.path)
    whole = frames.look(Wanted(2))
    small = frames.look(Wanted(2, whole.scales, detail=Detail(raw=2, surface=1)))
    assert [tile.shape for tile in small.painted.raw] == [(8, 10)] * 4
    assert small.painted.height.shape == small.painted.slope.shape == (15, 20, 3)
    assert small.surface is whole.surface
    assert small.scales == whole.scales


def test_levels_are_those_of_the_pixels_as_recorded(ended):
    frames = StoreFrames(ended.path)
    assert frames.look(Wanted(2, detail=Detail(2, 1))).scales == StoreFrames(ended.path).look(Wanted(2)).scales


def test_what_was_read_ahead_is_not_read_again(ended, monkeypatch):
    frames = StoreFrames(ended.path)
    scales = frames.look(Wanted(0)).scales
    for sequence in (0, 1):
        frames.look(Wanted(sequence, scales))
        for _ in frames.ahead(Wanted(sequence, scales)):
            pass
    monkeypatch.setattr(StoredImages, "read", lambda *_: pytest.fail("read again"))
    for sequence in (2, 3, 4, 5, 0):
        picture = frames.look(Wanted(sequence, scales))
        assert picture.surface.sequence == picture.raw.sequence == sequence
        assert not picture.trouble


def test_nothing_is_read_ahead_of_the_newest_frame_or_of_means(ended):
    frames = StoreFrames(ended.path)
    frames.look(Wanted(0))
    assert not list(frames.ahead(Wanted(None)))
    assert not list(frames.ahead(Wanted(0, stack=3)))


def test_a_damaged_frame_ahead_is_said_when_it_is_looked_at(ended):
    frames = StoreFrames(ended.path)
    frames.look(Wanted(0))
    shard = ended.path / "height" / "c.1.0.0"
    shard.write_bytes(shard.read_bytes()[: shard.stat().st_size // 2])
    for _ in frames.ahead(Wanted(0)):
        pass
    assert frames.look(Wanted(1)).trouble
    assert not frames.look(Wanted(2)).trouble


def test_a_followed_run_keeps_one_frame_and_a_chosen_one_stays(store):
    memory = FrameMemory()
    frames = StoreFrames(store.path, memory)
    for _ in range(4):
        store.grow()
        picture = frames.look(Wanted())
    assert picture.surface is not None and picture.surface.sequence == 3
    assert len(memory) == 0 and len(frames._passing) <= PASSING_VALUES
    again = frames.look(Wanted())
    assert again.surface is picture.surface and again.raw is picture.raw, "it is not read again"
    frames.look(Wanted(1))
    assert len(memory) > 0


def test_no_more_values_are_kept_than_are_allowed():
    memory = FrameMemory(most_values=2)
    for key in "abc":
        memory.recall(key, lambda: 1, lambda _: 1)
    assert len(memory) == 2 and "a" not in memory
