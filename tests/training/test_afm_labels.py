"""Errors of a height label against brute force, closed forms and the algebra of dilations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from eclips4d.training.afm_labels import afm_like, misregistered, plane_and_bow, tip_depth, tip_dilated, trailed

TIPS = st.tuples(st.floats(0.0, 6.0), st.floats(8.0, 60.0))


def random_relief(seed, shape=(21, 26), tall=6.0):
    return tall * np.random.default_rng(seed).random(shape)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), tip=TIPS)
def test_dilation_equals_brute_force(seed, tip):
    height = random_relief(seed)
    y, x = np.indices(height.shape).reshape(2, -1)
    depth = tip_depth(np.hypot(y[:, None] - y, x[:, None] - x).astype(float), *tip)
    expected = np.max(height.ravel() - depth, axis=1).reshape(height.shape)
    np.testing.assert_allclose(tip_dilated(height, *tip), expected, atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), tip=TIPS)
def test_dilation_never_lowers_and_reads_the_same_after_closing(seed, tip):
    height = random_relief(seed)
    read = tip_dilated(height, *tip)
    assert (read >= height).all()
    # The highest surface that gives this reading is the reading eroded: read again, it gives the same.
    eroded = -tip_dilated(-read, *tip)
    assert (eroded >= height - 1e-9).all()
    np.testing.assert_allclose(tip_dilated(eroded, *tip), read, atol=1e-9)


def test_level_and_gentle_hollows_are_read_as_they_are():
    np.testing.assert_array_equal(tip_dilated(np.full((9, 9), 3.0), 2.0, 20.0), 3.0)


def test_a_ball_is_read_as_a_larger_one():
    y, x = np.indices((81, 81)) - 40.0
    ball, tip = 40.0, 15.0
    r2 = np.minimum(x * x + y * y, 30.0**2)
    read = tip_dilated(np.sqrt(ball**2 - r2), tip, 1.0)
    larger = np.sqrt((ball + tip) ** 2 - np.minimum(x * x + y * y, 30.0**2)) - tip
    inside = np.hypot(x, y) < 25.0
    np.testing.assert_allclose(read[inside], larger[inside], atol=0.03)


def test_a_wall_is_read_with_the_slope_of_the_cone():
    wall = np.where(np.arange(80) < 40, 20.0, 0.0) * np.ones((9, 1))
    read = tip_dilated(wall, 1.0, 20.0)
    slope = -np.diff(read[4])[41:45]
    np.testing.assert_allclose(slope, 1.0 / np.tan(np.radians(20.0)), rtol=1e-9)


@pytest.mark.parametrize("leftward", [False, True])
def test_trailing_tip_follows_rises_and_falls_no_faster_than_it_can(leftward):
    height = random_relief(1)
    read = trailed(height, 0.4, leftward)
    assert (read >= height - 1e-12).all()
    ahead, ground = (a[:, ::-1] if leftward else a for a in (read, height))
    for n in range(1, ahead.shape[1]):
        np.testing.assert_allclose(ahead[:, n], np.maximum(ground[:, n], ahead[:, n - 1] - 0.4), atol=1e-12)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.37, -1.2), (-1.5, 0.5)])
def test_shift_reads_the_value_beside(shift):
    y, x = np.indices((60, 70)).astype(float)

    def wave(y, x):
        return np.sin(0.21 * x + 0.13 * y) + 0.5 * np.cos(0.3 * y - 0.1 * x)

    got = misregistered(wave(y, x), shift)
    expected = wave(y + shift[0], x + shift[1])
    np.testing.assert_allclose(got[6:-6, 6:-6], expected[6:-6, 6:-6], atol=1e-3)


def test_turn_stretch_and_warp_act_about_the_middle():
    y, x = np.indices((61, 61)).astype(float) - 30.0

    def wave(y, x):
        return np.sin(0.2 * x) * np.cos(0.15 * y)

    c, s = np.cos(np.radians(5.0)), np.sin(np.radians(5.0))
    inner = np.s_[14:-14, 14:-14]
    turned = misregistered(wave(y, x), (0.0, 0.0), rotation_deg=5.0)
    np.testing.assert_allclose(turned[inner], wave(c * y + s * x, c * x - s * y)[inner], atol=1e-3)
    stretched = misregistered(wave(y, x), (0.0, 0.0), stretch=(1.02, 0.97))
    np.testing.assert_allclose(stretched[inner], wave(1.02 * y, 0.97 * x)[inner], atol=1e-3)
    warp = np.stack([0.02 * x, -0.01 * y])
    warped = misregistered(wave(y, x), (0.0, 0.0), warp_px=warp)
    np.testing.assert_allclose(warped[inner], wave(y + warp[0], x + warp[1])[inner], atol=1e-3)


def test_plane_and_bow_have_their_slopes():
    got = plane_and_bow(np.zeros((101, 201)), (0.01, -0.02), (0.05, 0.1))
    g_y, g_x = np.gradient(got)
    assert (g_y[50, 100], g_x[50, 100]) == (pytest.approx(0.01), pytest.approx(-0.02))
    assert (g_y[-2, 0], g_x[0, -2]) == (pytest.approx(0.06, abs=2e-3), pytest.approx(0.08, abs=2e-3))


def test_a_label_is_a_little_wrong_and_the_same_for_one_seed():
    height = 40.0 * gaussian_filter(np.random.default_rng(0).standard_normal((64, 80)), 5.0)
    one, same, other = (afm_like(height, np.random.default_rng(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
    assert one.shape == height.shape
    assert np.isfinite(one).all()
    assert 0.05 < np.std(one - height) < np.std(height)
    assert np.corrcoef(one.ravel(), height.ravel())[0, 1] > 0.9
