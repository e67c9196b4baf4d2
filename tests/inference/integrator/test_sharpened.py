"""Short waves whose slopes are known in closed form, and the same sums written plainly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import correlate1d

from eclips4d.inference.integrate import integrate
from eclips4d.inference.integrator.sharpened import FOURTH, SIXTH, STANDING_OUT, sharpened

NOISE = (0.02, 0.03)


def written_plainly(height, noise_nm):
    added = np.zeros(height.shape)
    for axis, noise in ((1, noise_nm[0]), (0, noise_nm[1])):
        second = [correlate1d(height.astype(np.float64), [-1.0, 2.0, -1.0], axis=axis, mode="reflect")]
        for _ in range(2):
            second.append(correlate1d(second[-1], [-1.0, 2.0, -1.0], axis=axis, mode="reflect"))
        missing = FOURTH * second[1] + SIXTH * second[2]
        square = (missing / (STANDING_OUT * noise)) ** 2
        added += missing * square / (1.0 + square)
    return height + added - added.mean()


@settings(max_examples=20, deadline=None)
@given(rows=st.integers(3, 40), columns=st.integers(3, 40), size=st.floats(0.01, 10.0))
def test_it_is_the_sum_written_plainly(rows, columns, size):
    height = np.random.default_rng(rows * columns).normal(0.0, size, (rows, columns)).astype(np.float32)
    np.testing.assert_allclose(sharpened(height, NOISE), written_plainly(height, NOISE), atol=1e-5 * size)


def test_two_threads_give_what_one_would():
    height = np.random.default_rng(1).normal(size=(300, 301)).astype(np.float32)
    np.testing.assert_allclose(sharpened(height, NOISE), written_plainly(height, NOISE), atol=1e-5)


@pytest.mark.parametrize("period", [3.0, 4.0, 5.0, 6.0, 8.0, 12.0])
def test_short_waves_lose_less_than_half_of_what_they_lost(period):
    """Pixel means of a wave and of its slope, away from the edge, beyond which the image knows nothing of it."""
    x, w = np.arange(128), 2.0 * np.pi / period
    wave, slope = (np.tile(values, (16, 1)) for values in (np.cos(w * x), -w * np.sin(w * x)))
    height = integrate(np.stack([slope, 0.0 * slope]).astype(np.float32), (1.0, 1.0))
    inside = np.s_[4:12, 16:112]

    def lost(found):
        return abs(np.vdot(found[inside], wave[inside]) / np.vdot(wave[inside], wave[inside]) - 1.0)

    assert lost(sharpened(height, (1e-6, 1e-6))) < 0.5 * lost(height)


def test_noise_is_not_sharpened():
    slope = np.random.default_rng(2).normal(0.0, 0.02, (2, 128, 128)).astype(np.float32)
    height = integrate(slope, (1.0, 1.0))
    assert np.std(sharpened(height, (0.02, 0.02)) - height) < 0.03 * np.std(height)


@pytest.mark.parametrize("power", [-20, -3, 5, 20])
def test_scaled_it_is_the_same_to_the_bit(power):
    height = np.random.default_rng(3).normal(size=(40, 50)).astype(np.float32)
    factor = 2.0**power
    scaled = sharpened(height * np.float32(factor), (NOISE[0] * factor, NOISE[1] * factor))
    np.testing.assert_array_equal(scaled, sharpened(height, NOISE) * np.float32(factor))


def test_without_noise_all_is_sharpened_and_a_plane_stays():
    height = np.random.default_rng(4).normal(size=(20, 30)).astype(np.float32)
    np.testing.assert_allclose(sharpened(height, (0.0, 0.0)), written_plainly(height, (1e-9, 1e-9)), atol=1e-5)
    assert (sharpened(np.full((20, 30), 3.0, np.float32), (0.0, 0.0)) == 3.0).all()
