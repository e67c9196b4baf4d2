"""A store's frames are the same by either way of reading them."""

from __future__ import annotations

import numpy as np
import pytest

import eclips4d.storage as storage
from eclips4d.core.errors import InputError
from eclips4d.metrology.movie import movie_of
from eclips4d.metrology.stored_movie import stored_movie


def test_images_and_times_are_those_of_the_dataset(make_store) -> None:
    store = make_store(keep=("height", "height_sd", "slope", "slope_sd", "trust"))
    store.grow(4)
    pixel = (store.pixel_nm, store.pixel_nm)
    fast, plain = stored_movie(store.path), movie_of(storage.open(store.path), pixel)
    assert fast.frames == plain.frames and fast.shape == plain.shape and fast.grid == plain.grid
    for one, other in zip(fast, plain, strict=True):
        for name in ("height", "slope", "slope_sd", "trust", "row_time_s"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        assert one.drift == other.drift and one.time_s == other.time_s


def test_only_committed_frames_are_seen(make_store) -> None:
    store = make_store(keep=("height", "slope", "slope_sd"))
    store.grow(2)
    movie = stored_movie(store.path)
    store.grow(1)
    assert len(movie) == 2 and len(stored_movie(store.path)) == 3
    assert movie.read(0).trust is None


def test_a_store_without_slopes_is_refused(make_store) -> None:
    store = make_store(keep=("height",))
    store.grow(1)
    with pytest.raises(InputError, match="keeps no slope"):
        stored_movie(store.path)
