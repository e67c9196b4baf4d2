"""Means over what was seen, against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from eclips4d.metrology.gaussian import gaussian_means

IMAGES = np.random.default_rng(1).normal(size=(2, 37, 52)).astype(np.float32)


def scipys(image, sd):
    return ndimage.gaussian_filter(image.astype(float), sd, mode="nearest", truncate=3.0)


@pytest.mark.parametrize("sd", [0.7, 1.0, 1.37, 3.0, 14.0])
def test_without_gaps_they_are_scipys_gaussian(sd):
    found, share = gaussian_means(IMAGES, np.ones(IMAGES.shape[1:], bool), sd)
    assert share is None
    for plane, image in zip(found, IMAGES, strict=True):
        np.testing.assert_allclose(plane, scipys(image, sd), atol=1e-6)


@pytest.mark.parametrize("sd", [1.0, 2.5])
def test_gaps_are_left_out(sd):
    seen = np.random.default_rng(2).random(IMAGES.shape[1:]) > 0.2
    found, share = gaussian_means(np.where(seen, IMAGES, np.float32(np.nan)), seen, sd)
    whole = scipys(seen, sd)
    np.testing.assert_allclose(share, whole, rtol=1e-5, atol=1e-7)
    for plane, image in zip(found, IMAGES, strict=True):
        np.testing.assert_allclose(plane, scipys(np.where(seen, image, 0.0), sd) / whole, rtol=1e-5, atol=2e-6)
