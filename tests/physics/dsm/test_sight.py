"""How far runs of pixels must look in every direction, against all steps of their rays."""

import numpy as np
import pytest

from eclips4d.physics.bsesm.course import courses
from eclips4d.physics.dsm.ground import ROWS, ground_of
from eclips4d.physics.dsm.horizons import COURSES
from eclips4d.physics.dsm.lanes import LANES
from eclips4d.physics.dsm.rays import rays
from eclips4d.physics.dsm.sight import sight
from eclips4d.physics.dsm.tiles import tiles_of


def at_once(work, first, last):
    work(first, last)


def seen_from(height, pixel, floor):
    """The surface's sight, and its directions."""
    directions = courses(2 * COURSES, pixel)[::2]
    return sight(height, tiles_of(height, pixel, floor, at_once), directions, pixel, floor, at_once), directions


@pytest.mark.parametrize("pixel", [(4.0, 4.0), (4.0, 5.0)])
def test_nothing_beyond_rises_above_the_floor(pixel):
    random, floor = np.random.default_rng(5), 0.8
    height = random.uniform(0.0, 12.0, (76, 140)).astype(np.float32)
    for _ in range(12):
        height[random.integers(76), random.integers(140)] = random.uniform(20.0, 100.0)
    seen, directions = seen_from(height, pixel, floor)
    steps, missed, shortened = rays(directions, pixel, 500.0), 0, 0
    ground = ground_of(height, int(steps.level.max()) + 1, at_once)
    assert ground.flat.size == 4 * ground.level
    margin = 140
    levels = ground.flat.reshape(4, -1, ground.columns)[:, 12:, 32:][:, :76, :140]
    beneath = np.pad(levels, [(0, 0), (margin, margin), (margin, margin)], constant_values=-1e9)
    for y in range(76):
        for x in range(140):
            row = np.clip(steps.row + y, -margin, 75 + margin) + margin
            column = np.clip(steps.column + x, -margin, 139 + margin) + margin
            further = np.minimum(row + steps.beside[:, :1], 75 + 2 * margin)
            beside = beneath[0, further, np.minimum(column + steps.beside[:, 1:], 139 + 2 * margin)]
            here = beneath[steps.level, row, column]
            shown = np.where(steps.share > 0.0, here + steps.share * (beside - here), here)
            rises = (shown - height[y, x]) * steps.per_nm > floor
            away = seen.away_nm[y // ROWS, x // LANES][:, None]
            missed += int((rises & (1.0 / steps.per_nm > away * (1.0 + 1e-6))).sum())
            shortened += int((away < 0.5 * 100.0 / floor).sum())
    assert missed == 0
    assert shortened > 0.5 * height.size * COURSES


def test_one_direction_alone_shows_a_crest():
    height = np.zeros((64, 128), np.float32)
    height[30:34, 60] = 60.0
    seen, directions = seen_from(height, (4.0, 4.0), 0.9)
    azimuth = [course.azimuth for course in directions]
    right, left = (int(np.argmin(np.abs(np.asarray(azimuth) - to))) for to in (0.0, np.pi))
    assert seen.away_nm[32 // ROWS, 40 // LANES, right] > 12 * 4.0
    assert seen.away_nm[32 // ROWS, 40 // LANES, left] == 0.0


def test_no_run_looks_beyond_where_all_of_it_has_left():
    height = np.zeros((64, 128), np.float32)
    height[::2] = 1000.0  # everything could overtop everything
    seen, directions = seen_from(height, (4.0, 4.0), 0.9)
    right = int(np.argmin([abs(course.azimuth) for course in directions]))
    np.testing.assert_allclose(seen.away_nm[3, :, right], 4.0 * (127.5 - LANES * np.arange(8)))
