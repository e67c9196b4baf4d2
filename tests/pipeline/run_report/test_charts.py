"""Figures in the page."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.image import imread

from eclips4d.pipeline.run_report.charts import draw_map, drawing, grid_height_in, in_page, shrunk

MAPS = arrays(
    np.float32, st.tuples(st.integers(1, 23), st.integers(1, 23)), elements=st.floats(-8, 8, width=16) | st.just(np.nan)
)


@given(MAPS, st.integers(1, 9))
def test_maps_shrink_to_means_of_what_was_seen(values, most):
    small = shrunk(values, most)
    step = -(-max(values.shape) // most)
    assert small.shape == tuple(-(-n // step) for n in values.shape) and max(small.shape) <= most
    for (row, column), mean in np.ndenumerate(small):
        block = values[row * step : (row + 1) * step, column * step : (column + 1) * step]
        seen = block[np.isfinite(block)]
        assert np.isnan(mean) if not seen.size else mean == pytest.approx(seen.mean(dtype=np.float64), abs=1e-5)


def test_a_map_is_a_png_inside_the_page():
    values = np.tile(np.linspace(0.0, 1.0, 60, dtype=np.float32), (40, 1))
    values[:10] = np.nan
    with drawing(3.0, 4.0) as figure:
        draw_map(figure.subplots(), values, (2.0, 2.0), (0.0, 1.0), "gray", "a map")
        made = in_page(figure, "alt", "caption")
    data = re.search(r"base64,([^\"]+)\"", made)
    assert data is not None
    picture = imread(io.BytesIO(base64.b64decode(data[1])))
    assert picture.shape[:2] == (480, 640) and 'width="400" height="300"' in made
    # From black to white along the row in the middle, and the grey of what was not seen above.
    row = picture[300, 150:500, 0]
    assert (np.diff(row) > -1e-6).all() and row[0] < 0.3 and row[-1] > 0.7
    assert picture[70, 320, :3] == pytest.approx([0.851] * 3, abs=0.01)


def test_figures_leave_no_trace_in_how_others_look():
    import matplotlib

    before = dict(matplotlib.rcParams)
    with drawing(2.0) as figure:
        in_page(figure, "", "")
    assert dict(matplotlib.rcParams) == before


def test_maps_fill_their_figure():
    square = grid_height_in((100, 100), (2.0, 2.0), 1, 2)
    assert grid_height_in((50, 100), (2.0, 4.0), 1, 2) == pytest.approx(square)
    assert grid_height_in((100, 100), (2.0, 2.0), 2, 2) == pytest.approx(2 * square)
    assert grid_height_in((10_000, 1), (1.0, 1.0), 3, 3) == 12.0
