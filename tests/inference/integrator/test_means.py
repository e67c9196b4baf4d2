"""Planes of slopes against means done pixel by pixel, and the median against numpy's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.inference.integrator.means import begin_means, compressed_rows, means_around, room_for_means
from eclips4d.inference.integrator.median import median


def mean_around(values, weight, reach, y, x):
    rows, columns = values.shape
    along_y = np.clip(np.arange(y - reach, y + reach + 1), 0, rows - 1)
    along_x = np.clip(np.arange(x - reach, x + reach + 1), 0, columns - 1)
    window = np.ix_(along_y, along_x)
    mass = weight[window].sum()
    return (values[window] * weight[window]).sum() / mass if mass > 0.0 else values[y, x]


@settings(max_examples=15, deadline=None)
@given(rows=st.integers(1, 50), columns=st.integers(1, 30), seed=st.integers(0, 99))
def test_means_are_weighted_and_planes_compressed(rows, columns, seed):
    """Over 25 × 25 pixels, edges repeated as those of 5 × 5 are: compared where the image goes on."""
    rng = np.random.default_rng(seed)
    border, weight = rng.normal(size=(2, rows, columns)).astype(np.float32)
    weight = np.where(rng.random((rows, columns)) < 0.6, np.abs(weight), np.float32(0.0))
    near, far = np.zeros((2, rows, columns), np.float32)
    planes, room = np.zeros((3, rows, columns), np.float32), room_for_means(columns)
    first = seed % rows  # wherever one begins
    for start, stop in ((first, rows), (0, first)):
        begin_means(room, start)
        for y in range(start, stop):
            means_around(border, weight, y, room, near[y], far[y])
            compressed_rows(border[y], near[y], far[y], np.float32(0.5), *planes[:, y])
    for y, x in np.ndindex(rows, columns):
        assert near[y, x] == pytest.approx(mean_around(border, weight, 2, y, x), rel=1e-3, abs=1e-5)
        if min(y, x, rows - 1 - y, columns - 1 - x) >= 12:
            assert far[y, x] == pytest.approx(mean_around(border, weight, 12, y, x), rel=1e-3, abs=1e-5)
    for plane, (value, most) in zip(planes, ((border - near, 12.0), (near - far, 12.0), (far, 40.0)), strict=True):
        expected = 0.5 * value / (1.0 + 0.5 * np.abs(value) / most)
        np.testing.assert_allclose(plane, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("count", [1, 2, 3, 10, 999, 1000])
def test_the_median_is_the_one_everybody_knows(count):
    values = np.random.default_rng(count).normal(size=count).astype(np.float32)
    assert median(values) == float(np.median(values))
