"""How far runs of pixels must look in every direction, against all steps of their rays."""

import numpy as np
import pytest

from eclips4d.physics.bsesm.course import courses
from eclips4d.physics.dsm.near import COURSES, WIDTH
from eclips4d.physics.dsm.rays import rays
from eclips4d.physics.dsm.sight import ROWS, of_blocks, sight
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
    steps, missed, shortened = rays(directions, 60), 0, 0
    beneath = np.pad(height, 70, constant_values=-1e9)
    for y in range(76):
        for x in range(140):
            row, column = steps.row + y + 70, steps.column + x + 70
            beside = beneath[row + steps.beside[:, :1], column + steps.beside[:, 1:]]
            shown = beneath[row, column] + steps.share * (beside - beneath[row, column])
            rises = (shown - height[y, x]) * steps.per_nm > floor
            away = seen.away_nm[y // ROWS, x // WIDTH][:, None]
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
    assert seen.away_nm[32 // ROWS, 40 // WIDTH, right] > 12 * 4.0
    assert seen.away_nm[32 // ROWS, 40 // WIDTH, left] == 0.0


def test_blocks_look_as_far_as_any_of_their_pixels():
    random = np.random.default_rng(1)
    away = random.uniform(0.0, 9.0, (3, 5, COURSES)).astype(np.float32)
    found = of_blocks(away, 2)
    assert found.shape == (3, 3, COURSES)
    np.testing.assert_array_equal(found[:, 0], away[:, :2].max(1))
    np.testing.assert_array_equal(found[:, 2], away[:, 4])
