"""Lines through points: curvature of circles is exact, and says which way a line turns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.metrology.terraces.curve import smooth_curve


def circle(radius, count=4000, part=1.0, clockwise=1.0):
    angle = clockwise * np.linspace(0.0, 2 * np.pi * part, count)
    return radius * np.column_stack([np.cos(angle), np.sin(angle)])


@settings(max_examples=40, deadline=None)
@given(st.floats(6.0, 500.0), st.integers(3, 8), st.sampled_from([-1.0, 1.0]))
def test_curvature_of_circles_is_exact(radius, half, turn):
    curve = smooth_curve(circle(radius, clockwise=turn), True, 1.0, half)
    np.testing.assert_allclose(curve.curvature * radius, turn, rtol=0.01)
    assert curve.length == pytest.approx(2 * np.pi * radius, rel=0.01 + (half / radius) ** 4 / 250)


def test_an_arc_keeps_its_ends_and_has_no_curvature_there():
    curve = smooth_curve(circle(50.0, part=0.3), False, 1.0, 6)
    assert np.isnan(curve.curvature[[0, 5, -6, -1]]).all() and np.isfinite(curve.curvature[6:-6]).all()
    np.testing.assert_allclose(curve.points[[0, -1]], circle(50.0, part=0.3)[[0, -1]], atol=1e-6)
    np.testing.assert_allclose(curve.curvature[6:-6] * 50.0, 1.0, rtol=0.01)


def test_a_straight_line_is_straight():
    at = np.linspace(0, 40, 90)
    curve = smooth_curve(np.column_stack([0.6 * at, 0.8 * at]), False, 1.0, 5)
    np.testing.assert_allclose(curve.curvature[5:-5], 0.0, atol=1e-9)
    np.testing.assert_allclose(curve.tangent, [[0.6, 0.8]] * len(curve.tangent), atol=1e-9)
    assert curve.length == pytest.approx(40.0)


def test_noise_of_curvature_is_that_of_a_parabola():
    random, half = np.random.default_rng(5), 8
    base = np.column_stack([np.arange(4000.0), np.zeros(4000)])
    noisy = base + np.column_stack([np.zeros(4000), 0.05 * random.normal(size=4000)])
    found = smooth_curve(noisy, False, 1.0, half).curvature[half:-half]
    at = np.arange(-half, half + 1.0)
    predicted = 2 * 0.05 / np.sqrt(((at**2 - (at**2).mean()) ** 2).sum())
    # Points are spread evenly along the line anew, which averages neighbours a little.
    assert 0.75 < found.std() / predicted < 1.05


def test_lines_shorter_than_the_window_have_no_curve():
    assert smooth_curve(np.array([[0.0, 0.0], [3.0, 0.0]]), False, 1.0, 5) is None
