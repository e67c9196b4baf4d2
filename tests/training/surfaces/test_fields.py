"""Random fields have the variance, the gradient and the spectrum that they are drawn with."""

import numpy as np
import pytest
from scipy.ndimage import uniform_filter

from eclips4d.training.surfaces.fields import self_affine, smooth_field
from eclips4d.training.surfaces.limits import STEEPEST, limited, rounded
from eclips4d.training.surfaces.surface import Canvas


@pytest.mark.parametrize("length", [1.5, 4.0, 10.0])
def test_smooth_field_is_even_and_as_long_as_said(length):
    canvas = Canvas((60, 90), 3)
    fields = np.stack([smooth_field(np.random.default_rng(s), canvas, length) for s in range(60)])
    assert fields.dtype == np.float32
    g_y, g_x = np.gradient(fields, canvas.pitch, axis=(1, 2))
    assert np.mean(fields**2) == pytest.approx(1.0, rel=0.06)
    assert np.sqrt(np.mean(g_y**2 + g_x**2)) * length == pytest.approx(1.0, rel=0.05)
    # Between its nodes as on them.
    variance = uniform_filter(np.mean(fields**2, axis=0), 15)
    assert np.ptp(variance) < 1.2
    # Opposite borders know nothing of each other.
    assert abs(np.mean(fields[:, :, 0] * fields[:, :, -1])) < 0.35


def test_smooth_field_falls_off_as_a_gaussian():
    canvas = Canvas((200, 200), 1)
    fields = np.stack([smooth_field(np.random.default_rng(s), canvas, 5.0) for s in range(20)])
    for lag in (3, 5, 10):
        assert np.mean(fields[:, lag:] * fields[:, :-lag]) == pytest.approx(np.exp(-(lag**2) / 100.0), abs=0.05)


@pytest.mark.parametrize("hurst", [0.3, 0.6, 0.9])
def test_self_affine_slope_and_exponent(hurst):
    canvas = Canvas((256, 256), 1)
    power, k = 0.0, np.hypot(np.fft.fftfreq(256)[:, None], np.fft.rfftfreq(256)[None, :])
    for seed in range(8):
        field = self_affine(np.random.default_rng(seed), canvas, hurst, 500.0, 0.01)
        slope2 = np.mean(np.diff(field, axis=0) ** 2) + np.mean(np.diff(field, axis=1) ** 2)
        assert slope2 == pytest.approx(1.0, rel=1e-3)
        power = power + np.abs(np.fft.rfft2(field)) ** 2
    within = (k > 0.03) & (k < 0.3)
    exponent = np.polyfit(np.log(k[within]), np.log(power[within]), 1)[0]
    assert exponent == pytest.approx(-2.0 - 2.0 * hurst, abs=0.15)


def test_limit_is_the_erosion_by_an_octagonal_cone():
    height = np.random.default_rng(0).uniform(0.0, 9.0, (14, 17))
    rise = STEEPEST * np.cos(np.pi / 8.0) * 0.5
    y, x = np.indices(height.shape).reshape(2, -1)
    apart = np.abs(np.stack([y[:, None] - y, x[:, None] - x]))
    octagon = apart.max(axis=0) + (np.sqrt(2.0) - 1.0) * apart.min(axis=0)
    expected = np.min(height.ravel() + rise * octagon, axis=1).reshape(height.shape)
    np.testing.assert_allclose(limited(height, 0.5), expected, atol=1e-12)


def test_limit_leaves_alone_what_keeps_to_it():
    height = np.random.default_rng(0).uniform(0.0, 0.9, (14, 17))
    assert limited(height, 0.5) is height


def test_rounding_widens_an_edge_and_keeps_a_plane():
    x = np.arange(400, dtype=np.float32) / 4.0
    plane = np.broadcast_to(0.3 * x, (40, 400)).copy()
    np.testing.assert_allclose(rounded(plane, 3.0, 0.25)[:, 20:-20], plane[:, 20:-20], atol=1e-4)
    edge = rounded(np.broadcast_to(np.abs(x - 50.0), (40, 400)).astype(np.float32), 4.0, 0.25)[20]
    bent = np.ptp(x[20:-20][np.abs(np.abs(np.gradient(edge, 0.25))[20:-20] - 1.0) > 1e-3])
    assert bent == pytest.approx(4.0, abs=0.8)
