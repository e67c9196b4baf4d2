"""Circulation of slopes: none for surfaces, of variance one for noise, as large as it is for vortices."""

import numpy as np
import pytest

from eclips4d.inference.trust.turn import REACH, along_row, flowed, steps_per_sd, turned_row


def turned(slope, sd, pixel, out):
    along, down = np.zeros_like(sd), np.empty(sd.shape[1], np.float32)
    for p, line in zip(slope[0], along, strict=True):
        along_row(p, line)
    for y in range(len(sd)):
        above, below = along[y - REACH], along[(y + REACH) % len(sd)]
        turned_row(slope[1], y, above, below, sd[y], *steps_per_sd(pixel), down, out[y])


def way_round(slope, sd, pixel):
    """Side by side of every square, corners by half; 0 beside the border."""
    rows, columns = sd.shape
    weights, out = np.array([0.5, 1.0, 1.0, 1.0, 0.5]), np.zeros((rows, columns))
    variance = 2.0 * REACH - 0.5
    unit = np.sqrt(2.0 * variance * (pixel[0] ** 2 + pixel[1] ** 2))
    for y in range(REACH, rows - REACH):
        for x in range(REACH, columns - REACH):
            across, down = slice(x - REACH, x + REACH + 1), slice(y - REACH, y + REACH + 1)
            steps = pixel[0] * weights @ (slope[0, y - REACH, across] - slope[0, y + REACH, across])
            steps += pixel[1] * weights @ (slope[1, down, x + REACH] - slope[1, down, x - REACH])
            out[y, x] = steps / (unit * sd[y, x])
    return out


@pytest.mark.parametrize("pixel", [(4.0, 4.0), (3.0, 5.0)])
def test_they_are_the_sums_along_the_sides(pixel):
    random = np.random.default_rng(6)
    sd = random.uniform(0.05, 0.06, (17, 23)).astype(np.float32)
    slope = (random.normal(size=(2, 17, 23)) * sd).astype(np.float32)
    out = np.empty_like(sd)
    turned(slope, sd, pixel, out)
    np.testing.assert_allclose(out, way_round(slope, sd, pixel), atol=1e-5)
    # What flows out is the way round of slopes turned by a right angle.
    quarter = np.stack([slope[1], -slope[0]])
    outwards = way_round(quarter, sd, pixel[::-1])[::4, ::4]
    np.testing.assert_allclose(flowed(slope, sd, pixel, 4), outwards, atol=1e-5)


@pytest.mark.parametrize("pixel", [(4.0, 4.0), (3.0, 5.0)])
def test_noise_has_variance_one(pixel):
    random = np.random.default_rng(5)
    sd = random.uniform(0.05, 0.06, (150, 160)).astype(np.float32)
    slope = (random.normal(size=(2, 150, 160)) * sd).astype(np.float32)
    out = np.empty((150, 160), np.float32)
    turned(slope, sd, pixel, out)
    assert 0.94 < out[4:-4, 4:-4].std() < 1.06


def test_a_surface_turns_nothing_and_a_vortex_does():
    y, x = np.mgrid[:40, :50] * 4.0
    sd = np.full((40, 50), 0.1, np.float32)
    out = np.empty((40, 50), np.float32)
    surface = np.stack([0.002 * x + 0.001 * y, 0.001 * x - 0.003 * y]).astype(np.float32)
    turned(surface, sd, (4.0, 4.0), out)
    assert np.abs(out).max() < 1e-3
    # dh/dy = c·x, dh/dx = −c·y: the way round a square of side s is 2·c·s².
    turned(np.stack([-0.01 * y, 0.01 * x]).astype(np.float32), sd, (4.0, 4.0), out)
    side = 2 * REACH * 4.0
    sd_of_sum = 0.1 * 4.0 * np.sqrt(4.0 * (2.0 * REACH - 0.5))
    np.testing.assert_allclose(out[10, 20], 2.0 * 0.01 * side**2 / sd_of_sum, rtol=1e-4)
