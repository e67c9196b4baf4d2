"""A run as one surface after the other."""

import numpy as np
import pytest

from eclips4d.core.errors import InputError
from eclips4d.core.results import Drift, Status
from eclips4d.metrology.movie import movie_of, row_times
from eclips4d.storage import open as open_store
from eclips4d.storage import summary


def test_frames_without_a_surface_are_left_out(make_store):
    store = make_store(keep=("height", "slope", "slope_sd"))
    store.grow()
    store.record()
    store.settle(status=Status.QUARANTINED)
    store.grow()
    run = open_store(store.path)
    movie = movie_of(run, summary(store.path).pixel_size_nm)
    assert movie.frames == (0, 2) and len(movie) == 2
    for found in movie:
        np.testing.assert_array_equal(found.height, run["height"][found.frame].values)
        assert found.row_time_s.shape == (run.sizes["y"],) and found.slope.shape == (2, *movie.shape)


def test_a_run_without_slopes_is_refused_by_name(make_store):
    store = make_store(keep=("height", "slope", "slope_sd"))
    store.grow()
    with pytest.raises(InputError, match="keeps no slope"):
        movie_of(open_store(store.path).drop_vars("slope"), (4.0, 4.0))


@pytest.mark.parametrize(
    ("start", "rate"), [((0.0, 0.0), (0.0, 0.0)), ((3.25, 1.0), (0.0, 2.0)), ((-7.5, 0.0), (4.5, 0.0))]
)
def test_rows_of_the_grid_are_timed_where_they_were_recorded(start, rate):
    rows, line_s = 64, 0.25
    times = row_times(rows, 10.0, line_s, Drift(start, rate))
    recorded = (times - 10.0) / line_s
    # Where row `recorded` of the frame lies on the grid, by the definition of drift and its rate.
    np.testing.assert_allclose(recorded - start[0] - rate[0] * recorded / (rows - 1), np.arange(rows), atol=1e-9)


def test_standard_deviations_come_in_single_precision(make_store):
    store = make_store(keep=("height", "slope", "slope_sd", "height_sd"))
    store.grow()
    (found,) = movie_of(open_store(store.path), (2.0, 2.0))
    assert found.slope_sd.dtype == found.height_sd.dtype == np.float32
