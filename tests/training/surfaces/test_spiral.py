"""Spirals: one height at every place, and as many steps as they have arms."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from eclips4d.training.surfaces.spiral import wound
from eclips4d.training.surfaces.surface import Canvas


def read(canvas, height, x, y):
    place = [(np.asarray(a) / canvas.pitch + 0.5 * (n - 1)) for a, n in zip((y, x), canvas.points, strict=True)]
    return map_coordinates(height.astype(np.float64), place, order=1)


@pytest.mark.parametrize("arms", [1, -1, 2, -3])
def test_a_circle_around_one_centre_crosses_each_arm_once(arms):
    canvas = Canvas((96, 96), 4)
    at = np.array([[3.0, -2.0]])
    height = wound(canvas, at, np.array([arms]), np.zeros(2), spacing=8.0, ramp=0.8, start=0.3)
    angle = np.linspace(0.0, 2.0 * np.pi, 4000)
    around = read(canvas, height, 3.0 + 30.0 * np.cos(angle), -2.0 + 30.0 * np.sin(angle))
    assert np.sum(np.diff(around > np.mean(around))) == 2 * abs(arms)
    # A terrace climbs one step from riser to riser; the risers themselves take some of it.
    assert 0.7 < np.ptp(around) < 1.0


@pytest.mark.parametrize("arms", [1, -2])
def test_a_hillock_descends_one_step_per_spacing(arms):
    canvas = Canvas((96, 96), 4)
    height = wound(canvas, np.zeros((1, 2)), np.array([arms]), np.zeros(2), spacing=8.0, ramp=1.6, start=0.1)
    r = np.arange(10.0, 46.0, 0.02)
    profile = read(canvas, height, r * np.cos(0.4), r * np.sin(0.4))
    slope = -np.gradient(profile, r)
    risers = r[1:][np.diff((slope > 0.3).astype(int)) == 1]
    np.testing.assert_allclose(np.diff(risers), 8.0, atol=0.3)
    assert np.median(slope[slope > 0.3]) == pytest.approx(1.0 / 1.6, rel=0.05)
    assert np.median(np.abs(slope[slope < 0.1])) < 1e-3


@pytest.mark.parametrize("drift", [(0.0, 0.0), (0.6, 0.8)])
def test_several_centres_leave_no_cut(drift):
    canvas = Canvas((40, 48), 12)
    at = np.array([[-9.0, 4.0], [6.0, -7.0], [11.0, 9.0]])
    height = wound(canvas, at, np.array([1, -2, 1]), np.array(drift), spacing=10.0, ramp=2.0, start=0.6)
    # Neighbours differ by a riser's slope times the pitch, a little more beside a core; a cut would be one step high.
    assert max(np.abs(np.diff(height, axis=axis)).max() for axis in (0, 1)) < 0.2
