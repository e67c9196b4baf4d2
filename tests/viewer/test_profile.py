import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.viewer.picture import Grid
from eclips4d.viewer.profile import read_out, sample

GRID = Grid((2.0, 3.0), (40, 60), (10.0, -6.0))
Y, X = np.mgrid[:40, :60]
PLANE = (0.25 * (10 + 2 * X) - 0.5 * (-6 + 3 * Y) + 7).astype(np.float32)
inside = st.tuples(st.floats(10, 128), st.floats(-6, 111))


@given(inside, inside)
def test_a_plane_is_read_off_exactly(a, b):
    """A linear surface is its own interpolation: heights, length and angle follow from the closed form."""
    profile = sample(PLANE, (a, b), GRID, np.full(PLANE.shape, 0.3, np.float32))
    x = a[0] + (b[0] - a[0]) * np.linspace(0, 1, profile.distance_nm.size)
    y = a[1] + (b[1] - a[1]) * np.linspace(0, 1, profile.distance_nm.size)
    np.testing.assert_allclose(profile.height_nm, 0.25 * x - 0.5 * y + 7, atol=1e-4)
    measured = read_out(profile)
    length = math.dist(a, b)
    assert measured.length_nm == pytest.approx(length)
    rise = 0.25 * (b[0] - a[0]) - 0.5 * (b[1] - a[1])
    assert measured.height_nm == pytest.approx(rise, abs=1e-4)
    assert measured.height_u_nm == pytest.approx(0.3 * math.sqrt(2), rel=1e-5)
    if length > 1:
        assert measured.angle_deg == pytest.approx(math.degrees(math.atan2(rise, length)), abs=0.02)


def test_samples_follow_an_independent_bilinear_interpolation():
    rng = np.random.default_rng(5)
    height = rng.normal(size=(40, 60)).astype(np.float32)
    line = ((15.3, 1.7), (101.9, 88.2))
    profile = sample(height, line, GRID)
    for d, value in zip(profile.distance_nm, profile.height_nm, strict=True):
        share = d / profile.distance_nm[-1]
        column = (line[0][0] + share * (line[1][0] - line[0][0]) - 10) / 2
        row = (line[0][1] + share * (line[1][1] - line[0][1]) + 6) / 3
        i, j = int(row), int(column)
        v, u = row - i, column - j
        expected = (1 - v) * ((1 - u) * height[i, j] + u * height[i, j + 1]) + v * (
            (1 - u) * height[i + 1, j] + u * height[i + 1, j + 1]
        )
        assert value == pytest.approx(expected, abs=1e-5)


def test_the_angle_s_uncertainty_is_the_propagated_one():
    profile = sample(PLANE, ((20.0, 0.0), (80.0, 0.0)), GRID, np.full(PLANE.shape, 1.0, np.float32))
    measured = read_out(profile)
    above, below = (math.degrees(math.atan2(15.0 + s * math.sqrt(2), 60.0)) for s in (1e-3, -1e-3))
    assert measured.angle_u_deg == pytest.approx((above - below) / 2e-3, rel=1e-4)


def test_outside_the_field_nothing_is_known():
    profile = sample(PLANE, ((-50.0, 0.0), (60.0, 0.0)), GRID)
    outside = profile.distance_nm < 50 + 10 - 1 - 1e-9
    assert np.isnan(profile.height_nm[outside]).all()
    assert np.isfinite(profile.height_nm[~outside]).all()
    assert math.isnan(read_out(profile).height_nm)


def test_a_line_without_length():
    measured = read_out(sample(PLANE, ((20.0, 0.0), (20.0, 0.0)), GRID))
    assert measured.length_nm == 0
    assert math.isnan(measured.angle_deg)
