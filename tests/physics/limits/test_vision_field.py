"""The Vision Field against a trench's closed form, its exact bound, and the unlimited horizon."""

import numpy as np
import pytest

from eclips4d.physics.limits import surfaces
from eclips4d.physics.limits.vision_field import needed_radius, vision_field

RADII = (0, 1, 2, 4, 8, 16, 32, 64, 128)


def test_steps_with_gentle_faces_hide_nothing_from_a_high_take_off():
    field = vision_field(surfaces.step_bunches(128, 46.0, 3.0, 3, 1), (14.0, 42.0), RADII)
    assert field.occluded == 0.0
    assert field.shaded == 0.0
    assert (field.rms_error == 0.0).all()


def test_the_same_steps_hide_something_at_a_low_take_off():
    assert vision_field(surfaces.step_bunches(128, 46.0, 3.0, 3, 1), (45.0, 75.0), RADII).occluded > 0.01


@pytest.mark.parametrize("polar_deg", [(14.0, 42.0), (45.0, 75.0)])
def test_beyond_relief_times_tangent_nothing_is_hidden(polar_deg):
    height = surfaces.self_affine(96, 0.5, 1.2, 2, roll_off_px=16.0)
    bound = np.ptp(height) * np.tan(np.radians(polar_deg[1]))
    field = vision_field(height, polar_deg, (1.0, bound * 1.001), azimuths=8)
    assert field.farthest_px == pytest.approx(bound)
    assert field.beyond[0] > 0.0
    assert field.beyond[1] == 0.0
    assert field.rms_error[1] == 0.0


def test_a_trench_is_seen_as_its_closed_form_says():
    """From the floor, towards a vertical wall of depth D at distance x: hidden if D/x > cot(theta)."""
    size, depth, width = 128, 20.0, 40
    height = np.zeros((4, size))
    height[:, 30 : 30 + width] = -depth
    m = 1.0 / np.tan(np.radians(42.0))
    field = vision_field(height, (14.0, 42.0), (0, 5, 10), azimuths=4)
    # azimuths of four cells are 45°, 135°, …: the way to the wall is longer by sqrt(2), the step along x the same
    distances = np.arange(1, width + 1) * np.sqrt(2.0)
    hidden = distances < depth / m
    assert field.occluded == pytest.approx(hidden.sum() / size)
    within = distances <= 10.0
    assert field.beyond[2] == pytest.approx((hidden & ~within).sum() / (size - within.sum()))


def test_errors_and_probabilities_fall_with_the_radius():
    field = vision_field(surfaces.gaussian(128, 8.0, 0.8, 4), (20.0, 60.0), RADII, azimuths=8)
    assert field.beyond[0] == pytest.approx(field.occluded)
    assert (np.diff(field.rms_error) <= 1e-12).all()
    assert (field.rms_error_occluded >= field.rms_error).all()
    need = needed_radius(field, 0.01)
    assert field.beyond[RADII.index(need)] < 0.01 <= field.beyond[RADII.index(need) - 1]


def test_no_radius_is_enough_where_the_list_ends_too_early():
    field = vision_field(surfaces.gaussian(128, 16.0, 1.0, 4), (45.0, 75.0), (0, 1, 2), azimuths=4)
    assert needed_radius(field, 0.01) == np.inf


@pytest.mark.parametrize("seed", range(3))
def test_made_surfaces_have_the_slope_and_spectrum_asked_for(seed):
    height = surfaces.self_affine(256, 0.8, 0.7, seed, roll_off_px=64.0)
    steps = np.mean([np.mean((np.roll(height, -1, axis) - height) ** 2) for axis in (0, 1)])
    assert np.sqrt(steps) == pytest.approx(0.7)
    power = np.abs(np.fft.fft2(height)) ** 2
    k = np.hypot(*np.meshgrid(np.fft.fftfreq(256), np.fft.fftfreq(256)))
    bands = [power[(k > low) & (k < 1.1 * low)].mean() for low in (0.03, 0.3)]
    assert np.log10(bands[0] / bands[1]) == pytest.approx(3.6, abs=0.25)  # k^(−2−2H) over one decade


def test_gaussian_surfaces_have_the_correlation_asked_for():
    height = np.mean([_correlation(surfaces.gaussian(256, 12.0, 0.5, seed)) for seed in range(6)], axis=0)
    assert height[12] == pytest.approx(np.exp(-1.0), abs=0.06)


def _correlation(height):
    spectrum = np.abs(np.fft.fft2(height - height.mean())) ** 2
    correlation = np.fft.ifft2(spectrum).real
    return (correlation[0] + correlation[:, 0]) / (2.0 * correlation[0, 0])


def test_islands_and_trenches_have_the_faces_and_depths_asked_for():
    islands = surfaces.islands(128, 54.74, 10.0, 5, 0)
    assert islands.min() == 0.0
    assert islands.max() == 10.0
    trenches = surfaces.trenches(128, 16.0, 12.0, 80.0, 2, 0)
    assert np.ptp(trenches) == 12.0
    assert (trenches < -6.0).mean() == pytest.approx(2 * 16 / 128, abs=0.02)
