"""A surface read by a sphere on a cone: against closed forms and brute force on a fine grid."""

from __future__ import annotations

import math

import numpy as np
import pytest
from made_maps import Rough
from scipy.ndimage import grey_dilation

from eclips4d.metrology.maps.blunt import CONE_DEG, FINER, _finer, blunted


def test_a_tall_wall_is_widened_by_sphere_and_shaft():
    """A wall of height h is read higher as far as the tip, h above its apex, is wide."""
    pixel, wall, radius = 2.0, 60.0, 10.0
    step = np.zeros((5, 101))
    step[:, 50:] = wall
    read = blunted(step, radius, (pixel, pixel))[2] - step[2]
    half = math.radians(CONE_DEG)
    foot = radius * math.cos(half) + (wall - radius * (1.0 - math.sin(half))) * math.tan(half)
    area = read[:50].sum() * pixel
    s = np.linspace(0.0, foot, 20001)
    touch = radius * math.cos(half)
    depth = radius - np.sqrt(radius**2 - np.minimum(s, touch) ** 2) + np.maximum(s - touch, 0) / math.tan(half)
    # Where within a pixel such a wall stands, its means do not tell: the spline has it lean.
    assert area == pytest.approx(np.trapezoid(wall - depth, s), abs=0.55 * pixel * wall)
    assert read[: 50 - math.ceil(foot / pixel) - 1].max() < 0.5  # the spline's ringing apart


@pytest.mark.parametrize("radius", [4.0, 25.0])
def test_it_is_the_dilation_on_the_finer_grid(radius: float):
    pixel = (2.0, 3.0)
    height = Rough(5, rms_nm=6.0).seen((24, 20), 2.0)
    fine = pixel[0] / FINER, pixel[1] / FINER
    y, x = np.mgrid[-40:41, -40:41]
    distance, half = np.hypot(y * fine[1], x * fine[0]), math.radians(CONE_DEG)
    touch = radius * math.cos(half)
    depth = radius - np.sqrt(radius**2 - np.minimum(distance, touch) ** 2)
    depth += np.maximum(distance - touch, 0.0) / math.tan(half)
    surface = _finer(height, np.ones(height.shape, np.bool_))
    whole = grey_dilation(surface, structure=-depth, mode="constant", cval=-1e9)
    wanted = whole.reshape(24, FINER, 20, FINER).mean(axis=(1, 3))
    np.testing.assert_allclose(blunted(height, radius, pixel), wanted, atol=1e-9)


def test_unknown_pixels_stay_so_and_hide_nothing():
    height = Rough(2).seen((30, 30), 2.0)
    holed = height.copy()
    holed[3:5, 4] = np.nan
    read = blunted(holed, 8.0, (2.0, 2.0))
    assert (np.isnan(read) == np.isnan(holed)).all()
    np.testing.assert_allclose(read[20:, 20:], blunted(height, 8.0, (2.0, 2.0))[20:, 20:], atol=1e-6)
    np.testing.assert_array_equal(blunted(holed, 0.0, (2.0, 2.0)), holed)
    assert np.isnan(blunted(np.full((4, 4), np.nan), 5.0, (2.0, 2.0))).all()


def test_a_tilted_plane_rises_alike_everywhere():
    x = np.mgrid[:40, :40][1]
    rise = blunted(0.2 * x, 10.0, (2.0, 2.0))[:, 12:28] - 0.2 * x[:, 12:28]
    assert np.ptp(rise) < 1e-6
    # A sphere touches a slope of 0.1 beside its apex.
    assert rise.mean() == pytest.approx(10.0 * (math.hypot(1.0, 0.1) - 1.0), rel=0.15)
