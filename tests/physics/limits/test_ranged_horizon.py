"""Horizons within a radius against brute force on the same lines, another interpolation, and closed forms."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from eclips4d.physics.bsesm.course import courses
from eclips4d.physics.bsesm.horizon import horizon
from eclips4d.physics.limits import surfaces
from eclips4d.physics.limits.ranged_horizon import ranged_horizons

LOWEST = 0.05


def brute_force(height, azimuth, radius):
    """Every place on the line one after the other, by spline interpolation of order 1 on the repeated surface."""
    rows, columns = height.shape
    dx, dy = np.cos(azimuth), -np.sin(azimuth)
    step = 1.0 / max(abs(dx), abs(dy))
    y, x = np.mgrid[:rows, :columns].astype(float)
    best = np.full(height.shape, LOWEST)
    for count in range(1, int(np.floor(radius / step + 1e-9)) + 1):
        d = count * step
        there = map_coordinates(height, [y + d * dy, x + d * dx], order=1, mode="grid-wrap")
        best = np.maximum(best, (there - height) / d)
    return best


@pytest.mark.parametrize("azimuth_deg", [0, 37, 45, 90, 141, 180, 200, 270, 333])
def test_equals_brute_force(azimuth_deg):
    height = surfaces.self_affine(48, 0.7, 0.6, 3)
    azimuth = np.radians(azimuth_deg)
    found = ranged_horizons(height, azimuth, (2, 7, 20), LOWEST)
    for k, radius in enumerate((2, 7, 20)):
        assert found[k] == pytest.approx(brute_force(height, azimuth, radius), abs=1e-6)
    farthest = np.ptp(height) / LOWEST
    assert found[-1] == pytest.approx(brute_force(height, azimuth, farthest), abs=1e-6)


def test_a_wall_to_the_left_is_seen_at_180_degrees_only():
    height = np.zeros((8, 64))
    height[:, 10] = 5.0
    left = ranged_horizons(height, np.pi, (4,), LOWEST)
    assert left[1, 0, 20] == pytest.approx(0.5)
    assert left[0, 0, 20] == pytest.approx(LOWEST)
    assert left[0, 0, 13] == pytest.approx(5.0 / 3.0)
    assert ranged_horizons(height, np.pi / 2, (4,), LOWEST)[1, 0, 20] == pytest.approx(LOWEST)


def test_up_on_the_screen_is_towards_smaller_rows():
    height = np.zeros((64, 8))
    height[10] = 5.0
    up = ranged_horizons(height, np.pi / 2, (), LOWEST)
    assert up[0, 20, 0] == pytest.approx(0.5)
    assert ranged_horizons(height, -np.pi / 2, (), LOWEST)[0, 20, 0] == pytest.approx(5.0 / 54.0)


def test_a_larger_radius_never_lowers_a_horizon():
    found = ranged_horizons(surfaces.gaussian(64, 6.0, 1.0, 1), 0.4, (0, 1, 2, 4, 8, 16, 32), LOWEST)
    assert (np.diff(found, axis=0) >= 0.0).all()
    assert (found[0] == np.float32(LOWEST)).all()


@pytest.mark.parametrize("index", range(8))
def test_without_a_radius_it_is_the_simulators_horizon(index):
    """Where something beyond two pixels hides the sky: exactly along rows and columns, within sampling elsewhere."""
    height, lowest = surfaces.gaussian(48, 8.0, 1.0, 3), 0.4
    direction = courses(8, (1.0, 1.0))[index]
    tangent, distance = horizon(np.tile(height, (5, 5)), (1.0, 1.0), direction, lowest)
    middle = (slice(96, 144), slice(96, 144))
    far = distance[middle] > 2.0
    assert far.mean() > 0.2
    mine = ranged_horizons(height, direction.azimuth, (), lowest)[-1]
    assert mine[far] == pytest.approx(tangent[middle][far], abs=1e-6 if index % 2 == 0 else 0.03)
