"""Halving and growing against their definition, and what smooth images lose by it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.ndimage import correlate1d

from eclips4d.inference.networks.pyramid import LEVELS, grown_row, levels


def grown(half: np.ndarray) -> np.ndarray:
    rows, columns = half.shape
    out, between = np.empty((2 * rows, 2 * columns), np.float32), np.empty(columns + 2, np.float32)
    for y in range(2 * rows):
        grown_row(half, y, between, out[y])
    return out


def random_image(rows: int = 64, columns: int = 96) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((rows, columns)).astype(np.float32)


def test_every_level_is_the_last_one_filtered_and_thinned():
    found = levels(random_image())
    assert len(found) == LEVELS
    for fine, coarse in pairwise(found):
        filtered = fine
        for axis in (0, 1):
            filtered = correlate1d(filtered, np.array([1, 4, 6, 4, 1]) / 16.0, axis=axis, mode="nearest")
        np.testing.assert_allclose(coarse, filtered[::2, ::2], atol=1e-6)


def test_growing_is_the_transpose_of_halving_up_to_its_sum():
    """Inside: the same filter, on an image with noughts between, times four."""
    half = random_image(16, 24)
    wide = np.zeros((32, 48), np.float32)
    wide[::2, ::2] = 4.0 * half
    for axis in (0, 1):
        wide = correlate1d(wide, np.array([1, 4, 6, 4, 1]) / 16.0, axis=axis)
    np.testing.assert_allclose(grown(half)[4:-4, 4:-4], wide[4:-4, 4:-4], atol=1e-6)


def test_constants_and_long_waves_come_back():
    np.testing.assert_allclose(grown(levels(np.full((32, 32), 0.7, np.float32))[1]), 0.7, rtol=1e-6)
    y, x = np.mgrid[:64, :96].astype(np.float32)
    wave = np.sin(x / 12.0) * np.cos(y / 15.0)
    assert np.abs(grown(levels(wave)[1]) - wave)[4:-4, 4:-4].max() < 0.02
