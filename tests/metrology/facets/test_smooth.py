"""Filters, against those of scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from eclips4d.metrology.facets.smooth import evened, smoothed

PLANE = np.random.default_rng(1).standard_normal((37, 52)).astype(np.float32)


@pytest.mark.parametrize("shape", [(37, 52), (1, 9), (9, 1), (3, 3)])
def test_the_mean_over_a_box_is_scipys(shape):
    plane = PLANE.ravel()[: np.prod(shape)].reshape(shape)
    expected = np.float32(0.7) * ndimage.uniform_filter(plane, 5, mode="nearest")
    np.testing.assert_allclose(evened(plane, 0.7), expected, rtol=1e-6, atol=1e-7)


def test_gaps_are_left_out_of_the_means():
    usable = np.random.default_rng(2).random(PLANE.shape) > 0.2
    slope = np.stack([PLANE, 2.0 - PLANE])
    slope[:, ~usable] = np.nan
    sd = np.where(usable, np.float32(0.05), np.float32(np.nan))
    found = smoothed(slope, sd, usable, 1.0, 0.012)
    share = ndimage.gaussian_filter(usable.astype(float), found.width_px, truncate=3.0, mode="nearest")
    for plane, out in zip(slope, found.slope, strict=True):
        filled = ndimage.gaussian_filter(
            np.where(usable, plane, 0.0).astype(float), found.width_px, truncate=3.0, mode="nearest"
        )
        np.testing.assert_allclose(out, filled / share, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.share, share, rtol=1e-6)
    np.testing.assert_allclose(found.sd, 0.05 / (2.0 * np.sqrt(np.pi) * found.width_px), rtol=1e-6)
