"""Levels of the ground, against means of squares one by one."""

import numpy as np
import pytest

from eclips4d.physics.dsm.ground import BENEATH, ground_of, means_transposed


def at_once(work, first, last):
    work(first, last)


def place(ground, level, y, x):
    return level * ground.level + ground.first + y * ground.columns + x


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_levels_are_means_of_squares(level):
    height = np.random.default_rng(2).uniform(0.0, 9.0, (21, 37)).astype(np.float32)
    ground, side = ground_of(height, 4, at_once), 1 << level
    for y in range(22 - side):
        for x in range(38 - side):
            mean = height[y : y + side, x : x + side].mean()
            assert ground.flat[place(ground, level, y, x)] == pytest.approx(mean, abs=1e-5)
    outside = [(-1, 5), (5, -1), (21, 5), (5, 37), (-9, -20), (21 + 8, 37 + 20)]
    assert all(ground.flat[place(ground, level, *at)] < 0.01 * BENEATH for at in outside)


def test_rows_begin_where_lines_of_the_cache_do():
    ground = ground_of(np.zeros((9, 40), np.float32), 2, at_once)
    assert (ground.flat.ctypes.data + 4 * ground.first) % 64 == 0
    assert ground.columns % 16 == 0


def test_transposed_means_see_every_pixel_that_a_mean_is_made_of():
    random = np.random.default_rng(4)
    height, change = random.uniform(0.0, 9.0, (2, 20, 24)).astype(np.float32)
    ground, moved = (ground_of(h, 4, at_once) for h in (height, height + change))
    weight = np.zeros(ground.flat.size)
    for level in range(4):
        for y in range(12):
            for x in range(16):
                weight[place(ground, level, y, x)] = random.standard_normal()
    given = weight != 0.0
    by_levels = float((weight[given] * (moved.flat[given].astype(float) - ground.flat[given])).sum())
    found = means_transposed(weight, ground, height.shape)
    assert float((found * change).sum()) == pytest.approx(by_levels, abs=1e-3)
