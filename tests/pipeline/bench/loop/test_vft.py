"""Errors of surrogates are told where something is occluded, and only there."""

import numpy as np
import pytest
from shading_walls import instrument, trenches

from eclips4d.pipeline.bench.loop.vft.shaded import SIZE, SURFACES, Beside, exact_pair, spheres


def test_only_occluded_pixels_and_segments_count():
    exact = np.ones((2, 4, 4), np.float32)
    shaded = np.zeros(exact.shape, bool)
    shaded[0, 1, 1:3] = True
    off = exact + np.float32(0.5)
    off[0, 1, 1], off[0, 1, 2] = 1.3, 0.6
    assert Beside(exact, shaded, 2.0).error(off) == pytest.approx(100.0 * np.sqrt((0.09 + 0.16) / 2.0) / 2.0, rel=1e-4)
    assert Beside(exact, shaded, 2.0).share == 2 / 32
    assert np.isnan(Beside(exact, np.zeros(exact.shape, bool), 2.0).error(off))


def test_trenches_are_occluded_beside_their_walls():
    height = trenches((32, 96), 60.0, 4.0, 48.0, 0.0)
    beside = exact_pair(instrument(), height.shape).beside(height)
    per_column = beside.shaded.any(0).mean(0)
    floor = height[0] == 0.0
    walls = np.flatnonzero(np.diff(floor.astype(int)) != 0)
    near = np.abs(np.arange(96)[:, None] - walls).min(1) < 4
    assert per_column[floor & near].mean() > 0.8
    assert not per_column[~floor & ~near].any()


def test_surfaces_are_steep_enough_to_be_occluded():
    for surface in SURFACES.values():
        height = surface(1)
        assert height.shape == (SIZE, SIZE)
        assert np.quantile(np.hypot(*np.gradient(height)), 0.995) > 0.8
    assert spheres(64, 0).max() <= 16.0
