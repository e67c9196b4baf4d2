"""Horizons of runs of pixels, against all their steps one by one."""

import numpy as np
import pytest

from eclips4d.physics.bsesm.course import courses
from eclips4d.physics.bsesm.rays import DEPARTURE
from eclips4d.physics.dsm.ground import ROWS, ground_of, ground_shape
from eclips4d.physics.dsm.horizons import COURSES, horizons, steps_of
from eclips4d.physics.dsm.lanes import LANES
from eclips4d.physics.dsm.rays import NEAR, levels_within, rays


def at_once(work, first, last):
    work(first, last)


def one_by_one(height, rays_, y, x, d, away, floor):
    """Of means over squares, which are taken here from the heights themselves; nothing outside is seen."""

    def mean(row, column, side):
        inside = row >= 0 and row + side <= height.shape[0] and column >= 0 and column + side <= height.shape[1]
        return float(height[row : row + side, column : column + side].mean()) if inside else -1e15

    own, best, (a, b, c, e) = float(height[y, x]), floor, rays_.cell[d]
    along, up, across = (mean(y + r, x + s, 1) - own for r, s in ((a, b), (c, e), (a + c, b + e)))
    leaving = along + rays_.sideways[d] * (up + DEPARTURE * (across - along - up))
    best = max(best, leaving * rays_.per_nm[d, 0]) if away > 0.0 else best
    for i in range(rays_.row.shape[1]):
        if rays_.per_nm[d, i] * away < 1.0:
            break
        row, column = y + rays_.row[d, i], x + rays_.column[d, i]
        seen, share = mean(row, column, 1 << rays_.level[i]), float(rays_.share[d, i])
        if share > 0.0:
            seen += share * (mean(row + rays_.beside[d, 0], column + rays_.beside[d, 1], 1) - seen)
        best = max(best, (seen - own) * float(rays_.per_nm[d, i]))
    return best


@pytest.mark.parametrize("pixel", [(4.0, 4.0), (4.0, 5.0)])
@pytest.mark.parametrize("rows", [[40], [40, 43], [40, 41, 43], [0, 1, 2, 3]])
def test_every_step_of_every_pixel(pixel, rows):
    random, floor = np.random.default_rng(6), 0.2
    height = random.uniform(0.0, 60.0, (80, 150)).astype(np.float32)
    steps, left = rays(courses(2 * COURSES, pixel)[::2], pixel, 200.0), 64
    assert steps.level.max() == 2 and steps.row.shape[1] > NEAR + 10
    assert [levels_within(steps, reach) for reach in (0.0, 60.0, 120.0, 190.0)] == [1, 1, 2, 3]
    ground = ground_of(height, 3, at_once)
    places = np.array([ground.first + y * ground.columns + left for y in [*rows, *[rows[-1]] * (ROWS - len(rows))]])
    away = random.choice([0.0, 30.0, 60.0, 170.0], COURSES).astype(np.float32)
    if rows[0] == 0:
        away = np.minimum(away, 50.0)  # as of runs at the border
    out = np.empty(COURSES * ROWS * LANES, np.float32)
    horizons(ground.flat, places, len(rows), steps_of(steps, ground_shape(height.shape)), away, 0, floor, out)
    found = out.reshape(COURSES, ROWS, LANES)
    for d in range(COURSES):
        for r, y in enumerate(rows):
            expected = [one_by_one(height, steps, y, left + n, d, float(away[d]), floor) for n in range(LANES)]
            np.testing.assert_allclose(found[d, r], expected, rtol=2e-5)


def test_squares_lie_one_behind_the_other():
    """Steps and squares together leave out no distance, and none lies farther aside than half a pixel."""
    directions = courses(2 * COURSES, (4.0, 4.0))[::2]
    found = rays(directions, (4.0, 4.0), 1200.0)
    side = 2.0**found.level
    for d, course in enumerate(directions):
        middle = np.stack([found.column[d], found.row[d]]) + (side - 1.0) / 2.0
        middle[:, :NEAR] += found.share[d, :NEAR] * found.beside[d, ::-1, None]
        toward = np.array([np.cos(course.azimuth), -np.sin(course.azimuth)])
        aside = np.abs(middle[0] * toward[1] - middle[1] * toward[0])
        assert aside.max() < 0.72
        along = 4.0 * (middle[0] * toward[0] + middle[1] * toward[1])
        np.testing.assert_allclose(along, 1.0 / found.per_nm[d], rtol=1e-5)
        apart = np.diff(along) / course.step_nm
        assert (apart < 0.5 * (side[1:] + side[:-1]) + 1.01).all()
        assert along[-1] > 1200.0 - 8.0 * course.step_nm
