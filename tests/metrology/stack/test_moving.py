"""Blur by moving steps: never claimed of noise, found where it is, and about as wide as it is."""

import numpy as np
import pytest
from made_layers import PIXEL_NM, lattice_of, make_layer, riser_slopes
from scipy.ndimage import convolve1d

from eclips4d.metrology.stack import stack_layers
from eclips4d.metrology.stack.moving import blocks

SHAPE = (192, 192)
LATTICE = lattice_of(SHAPE)


def film(frames, speed_px, slope_sd, spacing_px=48.0, seed=0, interval_s=5.0):
    random = np.random.default_rng(seed)
    starts = np.arange(-2, 6) * spacing_px
    return [
        make_layer(random, riser_slopes(SHAPE, starts + speed_px * k), slope_sd, time_s=interval_s * k)
        for k in range(frames)
    ]


def motion(layers):
    return stack_layers(layers[-1], layers[:-1], LATTICE).motion


@pytest.mark.parametrize("frames", [2, 5, 16])
@pytest.mark.parametrize("seed", range(4))
def test_noise_alone_is_no_motion(frames, seed):
    found = motion(film(frames, 0.0, 0.3, seed=seed))
    assert abs(found.share) < 0.003 and not found.blurred and np.isnan(found.blur_nm)


def test_noise_that_neighbours_share_is_no_motion():
    """As cubic resampling by half a pixel in both directions leaves it, with the sd that belongs to it."""
    layers = film(8, 0.0, 0.3)
    weights = np.array([-1.0, 9.0, 9.0, -1.0]) / 16
    for layer in layers:
        slope = layer.planes["slope"]
        slope[:] = convolve1d(convolve1d(slope, weights, axis=1, mode="wrap"), weights, axis=2, mode="wrap")
        layer.planes["slope_sd"][:] = 0.3 * (weights**2).sum()
    found = motion(layers)
    assert abs(found.share) < 0.003 and not found.blurred


@pytest.mark.parametrize(("frames", "speed_px"), [(8, 1.0), (4, 2.0), (16, 0.5), (8, 2.0), (2, 6.0), (5, 1.5)])
@pytest.mark.parametrize("slope_sd", [0.3, 0.05])
def test_moving_edges_are_found_and_their_way_is_told(frames, speed_px, slope_sd):
    found = motion(film(frames, speed_px, slope_sd))
    assert found.blurred and found.share > 0.01
    assert found.blur_nm / PIXEL_NM == pytest.approx((frames - 1) * speed_px, rel=0.15)


@pytest.mark.parametrize("speed_px", [0.15, 0.3])
def test_short_ways_come_out_too_short_by_less_than_a_third(speed_px):
    found = motion(film(8, speed_px, 0.02))
    assert found.blurred
    assert 0.65 < found.blur_nm / PIXEL_NM / (7 * speed_px) < 1.05


def test_times_tell_how_far_the_halves_are_apart():
    """After a pause the edges stand where they stood: time says nothing of places, but equal steps do."""
    at_once = motion(film(8, 1.0, 0.1, interval_s=0.0))
    timed = motion(film(8, 1.0, 0.1))
    assert at_once.blur_nm == pytest.approx(timed.blur_nm, rel=1e-6)


def test_what_went_too_far_is_not_said_to_have_stayed():
    """Beyond the size of a tile nobody can tell how far, but that it moved."""
    layers = film(16, 5.0, 0.02, spacing_px=400.0)
    found = motion(layers)
    assert found.blurred
    assert not found.blur_nm < 10 * PIXEL_NM


def test_blocks_are_means():
    values = np.arange(2 * 7 * 8, dtype=float).reshape(2, 7, 8)
    assert blocks(values).shape == (2, 2, 2)
    assert blocks(values)[1, 0, 1] == values[1, :3, 3:6].mean()
