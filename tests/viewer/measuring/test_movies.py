"""The surfaces of a growing store, as the thread that measures sees them."""

import numpy as np
import pytest

from eclips4d.core.errors import InputError
from eclips4d.core.results import Drift
from eclips4d.viewer.measuring.answers import Question
from eclips4d.viewer.measuring.movies import StoredMovies
from eclips4d.viewer.measuring.read_area import read_area
from eclips4d.viewer.measuring.shapes import rectangle

KEEP = ("height", "height_sd", "slope", "slope_sd", "trust")


def test_a_store_is_opened_again_only_when_something_was_committed(make_store):
    store = make_store(keep=KEEP)
    store.grow(2)
    movies = StoredMovies(store.path)
    first = movies.look()
    assert first.frames == (0, 1) and movies.look() is first
    store.grow()
    assert movies.look().frames == (0, 1, 2)


def test_frames_that_are_not_aligned_are_there_on_request(make_store):
    store = make_store(keep=KEEP)
    store.grow()
    store.grow(drift=Drift((0.0, 0.0), aligned=False))
    movies = StoredMovies(store.path)
    assert movies.look().frames == (0,)
    assert movies.look(aligned_only=False).frames == (0, 1)


def test_means_of_frames_are_read_as_such(make_store):
    store = make_store(keep=KEEP)
    store.grow(4)
    movie = StoredMovies(store.path).look(2)
    single = StoredMovies(store.path).look()
    assert float(movie.read(3).slope_sd[5, 5]) == pytest.approx(float(single.read(3).slope_sd[5, 5]) / np.sqrt(2))


def test_a_plane_in_a_store_is_the_facet_that_it_is(make_store):
    store = make_store(keep=KEEP)
    store.grow()
    reading = read_area(StoredMovies(store.path).look(), Question(rectangle((6.0, 6.0), (70.0, 50.0)), 0))
    tilt = np.degrees(np.arctan(np.hypot(0.1, 0.05)))
    assert reading.facets[0].tilt_deg.normalised_error(tilt) < 1.0


def test_a_store_that_is_not_there_or_keeps_too_little_says_so(store, tmp_path):
    with pytest.raises(OSError):
        StoredMovies(tmp_path / "none.zarr").look()
    store.grow()
    with pytest.raises(InputError, match="slope_sd"):
        StoredMovies(store.path).look()
