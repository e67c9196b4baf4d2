"""True slopes are pixel means, however narrow a wall is; jumps are found where they are."""

import numpy as np
import pytest

from eclips4d.physics.scenes.still import Still, height_only
from eclips4d.pipeline.bench.networks.judge.risers import HEIGHT_PX, named_risers, risers_of
from eclips4d.pipeline.bench.networks.judge.truth import risers, true_heights, true_slopes

PIXEL = 5.0


def _still(height):
    return Still(height_only(height))


def test_slopes_of_a_wave_are_its_derivative_averaged_over_pixels():
    wave, depth = 2 * np.pi / 60.0, 7.0
    slope = true_slopes(_still(lambda x, y: depth * np.sin(wave * x) * np.cos(wave * y)), PIXEL, (20, 30))
    x, y = (PIXEL * (np.arange(n) - (n - 1) / 2) for n in (30, 20))
    mean = np.sinc(wave * PIXEL / 2 / np.pi) ** 2
    expected = [
        depth * wave * mean * np.cos(wave * x) * np.cos(wave * y)[:, None],
        -depth * wave * mean * np.sin(wave * x) * np.sin(wave * y)[:, None],
    ]
    np.testing.assert_allclose(slope, expected, atol=2e-3 * depth * wave)


def test_a_wall_a_hundredth_of_a_pixel_wide_keeps_its_height():
    step, place = 3.0, 1.2 * PIXEL
    wall = _still(lambda x, y: step * np.clip((x - place) / (0.01 * PIXEL) + 0.5, 0.0, 1.0))
    slope = true_slopes(wall, PIXEL, (6, 16))
    np.testing.assert_allclose(slope[0].sum(axis=1) * PIXEL, step, rtol=1e-6)
    assert (slope[0] > 0).sum(axis=1).max() == 1 and not slope[1].any()


def test_heights_are_pixel_means():
    height = true_heights(_still(lambda x, y: 0.3 * x - 0.1 * y + 0.02 * x * y), PIXEL, (4, 6))
    x, y = (PIXEL * (np.arange(n) - (n - 1) / 2) for n in (6, 4))
    np.testing.assert_allclose(height, 0.3 * x - 0.1 * y[:, None] + 0.02 * x * y[:, None], atol=1e-5)


def test_differences_of_true_heights_are_true_slopes_averaged_over_neighbours():
    surface = _still(lambda x, y: 4.0 * np.sin(x / 31.0) * np.cos(y / 23.0))
    slope, height = true_slopes(surface, PIXEL, (24, 24)), true_heights(surface, PIXEL, (24, 24))
    between = np.diff(height.astype(float), axis=1) / PIXEL
    np.testing.assert_allclose(between, (slope[0, :, 1:] + slope[0, :, :-1]) / 2, atol=2e-3)


def test_risers_are_within_two_pixels_of_a_jump_and_a_plane_has_none():
    slope = np.zeros((2, 30, 40))
    slope[0, :, 20:] = 0.5
    mask = risers(slope)
    assert mask[:, 17:23].all() and mask.any(axis=0).sum() == 6
    assert not risers(np.full((2, 10, 10), 0.7)).any()


@pytest.mark.parametrize("scene", ["risers:0.5", "risers:1:0.15", "pairs:1:6"])
def test_named_risers_rise_by_what_is_said_and_where(scene):
    found = named_risers(scene, 3)
    slope = found.normal_slope(true_slopes(found.surface(PIXEL), PIXEL, (96, 96)))
    across = found.across((96, 96))
    centre = found.centre_px[np.argmin(np.abs(found.centre_px))]
    sign = found.sign[np.argmin(np.abs(found.centre_px))]
    here = np.abs(across - centre) < 10.0
    here[:8] = here[-8:] = here[:, :8] = here[:, -8:] = False
    steps = 2 if scene.startswith("pairs") else 1
    # The mean slope over a strip, times the strip's width, is what the surface rises by.
    assert sign * slope[here].mean() * 20.0 == pytest.approx(steps * found.height_px, rel=0.05)
    assert found.height_px == (0.15 if scene.endswith("0.15") else HEIGHT_PX)


def test_the_two_of_a_pair_are_as_far_apart_as_said():
    pair = risers_of(1.0, 0.2, 6.0, 0)
    far = np.diff(pair.centre_px).min()
    assert far > 2 * 6.0 and pair.pair_px == 6.0
