"""Where images have values, and their mean square."""

from __future__ import annotations

import numpy as np
import pytest

from eclips4d.metrology.seen import finite, mean_square


def images():
    random = np.random.default_rng(6)
    made = random.normal(size=(3, 30, 41)).astype(np.float32)
    for image, odd in zip(made, (np.nan, np.inf, -np.inf), strict=True):
        image[random.random(image.shape) < 0.1] = odd
    made[0, 0, 0], made[1, 0, 0], made[2, 0, 0] = 3e38, 3e38, 1.0
    return made


def test_finite_is_where_all_are():
    made = images()
    np.testing.assert_array_equal(finite(*made), np.isfinite(made).all(axis=0))
    np.testing.assert_array_equal(finite(made[1]), np.isfinite(made[1]))
    assert finite(*made)[0, 0]


def test_what_is_not_known_or_does_not_count_is_left_out_of_mean_squares():
    image, where = images()[0, 1:], np.random.default_rng(7).random((29, 41)) > 0.4
    counted = image[where & np.isfinite(image)].astype(float)
    assert mean_square(image, where) == pytest.approx((counted**2).mean(), rel=1e-12)
    assert mean_square(image, np.zeros_like(where)) == 0.0
