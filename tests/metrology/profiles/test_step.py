from dataclasses import replace

import numpy as np
import pytest

from eclips4d.metrology.movie import Grid
from eclips4d.metrology.profiles.plateau import groove_depth, plateau_step, plateau_weights
from eclips4d.metrology.profiles.response import Response
from eclips4d.metrology.profiles.riser import Shape, brightness
from eclips4d.metrology.profiles.step import fitted_riser, read_step

MIDDLE = 100.0


def parts(reach):
    return (0.0, MIDDLE - reach), (MIDDLE - reach, MIDDLE + reach), (MIDDLE + reach, 2.0 * MIDDLE)


@pytest.mark.parametrize("orientation_deg", [8.0, 35.0, 98.0, 188.0])
@pytest.mark.parametrize(("height_nm", "angle_deg"), [(10.0, 5.0), (10.0, 20.0), (10.0, 40.0)])
def test_a_wall_of_some_pixels_is_read_right_whichever_way_it_faces(
    step_profile, grid, height_nm, angle_deg, orientation_deg
):
    wall = height_nm / np.tan(np.radians(angle_deg))
    step = read_step(step_profile(height_nm, wall, orientation_deg), *parts(wall / 2 + 8.0), grid)
    # In the small image only the middle of a wide wall is seen over the whole width.
    assert step.height_nm.value == pytest.approx(height_nm, rel=0.004)
    assert step.angle_deg.value == pytest.approx(angle_deg, abs=0.1)
    assert step.position_nm.value == pytest.approx(MIDDLE, abs=0.1)
    assert step.width_nm.value == pytest.approx(0.8 * wall, rel=0.01)


@pytest.mark.parametrize("wall_px", [0.3, 0.6, 1.0])
def test_heights_of_walls_below_a_pixel_are_corrected_for_their_brightness(step_profile, grid, wall_px):
    wall = wall_px * 4.0
    height = 0.8 * wall
    profile = step_profile(height, wall)
    angle = Response(riser_deg=np.degrees(np.arctan(0.8)), riser_u_deg=1.0)
    guessed, known = (read_step(profile, *parts(10.0), grid, response=response) for response in (Response(), angle))
    shown = profile.slope_along.sum() * profile.spacing_nm
    assert shown < 0.985 * height
    assert known.height_nm.value == pytest.approx(height, rel=0.006)
    assert guessed.height_nm.normalised_error(height) <= 1.0
    assert abs(guessed.height_nm.value - height) < abs(shown - height)
    assert guessed.height_nm.systematic_u > 0.0


def test_an_unresolved_wall_says_that_its_angle_is_open(step_profile, grid):
    step = read_step(step_profile(0.8, 1.0, sd=0.05), *parts(10.0), grid)
    assert step.angle_deg.u > 5.0


def test_without_a_yield_of_tilt_the_brightness_is_the_cosine():
    assert brightness(1.0, 0.0) == pytest.approx(np.sqrt(0.5))
    assert brightness(1.0, 9.0 / np.sqrt(29.0)) == pytest.approx(0.92, abs=0.005)
    assert brightness(0.0, 1.7) == 1.0


def test_readings_scatter_as_they_say(step_profile, grid):
    random, wall = np.random.default_rng(4), 10.0
    read = [read_step(step_profile(6.0, wall, sd=0.06, random=random), *parts(13.0), grid) for _ in range(40)]
    for name, truth in (("height_nm", 6.0), ("position_nm", MIDDLE), ("angle_deg", np.degrees(np.arctan(0.6)))):
        values = [getattr(step, name) for step in read]
        scatter = np.std([v.value for v in values])
        assert scatter == pytest.approx(np.median([v.random_u for v in values]), rel=0.3)
        assert np.mean([v.normalised_error(truth) <= 1.0 for v in values]) > 0.85


def test_a_rounded_riser_is_told_from_a_plane_one(step_profile):
    sd = 7.0
    rounded = fitted_riser(step_profile(10.0, sd, rounded=True), *parts(28.0))
    plane = fitted_riser(step_profile(10.0, 20.0), *parts(18.0))
    assert rounded.shape is Shape.ROUNDED
    assert plane.shape is Shape.PLANE
    assert rounded.theta[3] == pytest.approx(6.0 * sd, rel=0.01)
    assert rounded.steepest == pytest.approx(10.0 / (np.sqrt(2.0 * np.pi) * sd), rel=0.01)


def test_which_terrace_is_lower_decides_the_sign(step_profile, grid):
    lower, riser, upper = parts(15.0)
    profile = step_profile(10.0, 14.0)
    up, down = read_step(profile, lower, riser, upper, grid), read_step(profile, upper, riser, lower, grid)
    assert down.height_nm.value == pytest.approx(-up.height_nm.value)
    assert down.angle_deg.value == pytest.approx(-up.angle_deg.value)
    assert down.position_nm == up.position_nm


def test_a_line_that_crosses_aslant_reads_the_same_height_and_angle(step_profile, grid):
    straight = read_step(step_profile(10.0, 24.0), *parts(20.0), grid)
    aslant = read_step(step_profile(10.0, 24.0, line_deg=23.0), *parts(24.0), grid)
    assert aslant.height_nm.value == pytest.approx(straight.height_nm.value, rel=0.01)
    assert aslant.angle_deg.value == pytest.approx(straight.angle_deg.value, abs=0.3)
    assert aslant.width_nm.value > 1.02 * straight.width_nm.value


def test_known_scales_enter_the_systematic_part_alone(step_profile):
    profile = step_profile(10.0, 24.0)
    bare = read_step(profile, *parts(20.0), Grid((4.0, 4.0)))
    scaled = read_step(profile, *parts(20.0), Grid((4.0, 4.0), slope_scale_u=0.03, pixel_scale_u=0.04))
    for name in ("height_nm", "angle_deg", "width_nm", "position_nm"):
        assert getattr(scaled, name).random_u == getattr(bare, name).random_u
    added = np.sqrt(scaled.height_nm.systematic_u**2 - bare.height_nm.systematic_u**2)
    assert added == pytest.approx(0.05 * 10.0, rel=0.01)
    tangent = 10.0 / 24.0
    added = np.sqrt(scaled.angle_deg.systematic_u**2 - bare.angle_deg.systematic_u**2)
    assert np.radians(added) == pytest.approx(0.03 * tangent / (1.0 + tangent**2), rel=0.01)


def test_tilted_terraces_change_nothing_but_the_tilt(step_profile, grid):
    profile = step_profile(10.0, 24.0)
    profile.slope_along[:] += 0.02
    step = read_step(profile, *parts(20.0), grid)
    assert step.height_nm.value == pytest.approx(10.0, rel=0.01)
    assert fitted_riser(profile, *parts(20.0)).theta[0] == pytest.approx(0.02, abs=5e-4)


def test_a_step_that_is_not_seen_is_unknown(step_profile, grid):
    profile = step_profile(10.0, 24.0)
    profile.slope_along[:] = np.nan
    step = read_step(profile, *parts(20.0), grid)
    assert np.isnan([step.height_nm.value, step.height_nm.u, step.position_nm.value]).all()
    assert np.isnan(plateau_step(profile, (0.0, 1.0), (1.0, 2.0), (500.0, 501.0), grid).value)


def test_parallel_lines_give_the_step_of_tilted_plateaus_exactly(step_profile, grid):
    profile = step_profile(10.0, 24.0)
    profile.height_nm[:] = 0.13 * profile.distance_nm + 7.5 * (profile.distance_nm > MIDDLE)
    found = plateau_step(profile, *parts(15.0), Grid((4.0, 4.0), slope_scale_u=0.02))
    assert found.value == pytest.approx(7.5)
    assert found.systematic_u == pytest.approx(0.15)
    assert found.random_u > 0.0


def test_parts_of_the_plateaus_beside_the_riser_do_not_count(step_profile, grid):
    profile = step_profile(10.0, 24.0)
    near = np.abs(np.abs(profile.distance_nm - MIDDLE) - 18.0) < 6.0
    profile.height_nm[:] = 5.0 * (profile.distance_nm > MIDDLE) + 3.0 * near
    assert plateau_step(profile, *parts(24.0 * 0.75), grid).value == pytest.approx(5.0, abs=1e-9)


def test_weights_of_plateaus_ignore_offset_and_tilt():
    at = np.arange(30.0)
    low, high = at < 12.0, at > 17.0
    weights = plateau_weights(at, low, high)
    assert weights.sum() == pytest.approx(0.0, abs=1e-12)
    assert weights @ at == pytest.approx(0.0, abs=1e-9)
    assert weights @ high == pytest.approx(1.0)


def test_a_groove_is_as_deep_as_its_middle_third_lies_below_both_sides(step_profile, grid):
    """Corners, walls and what lies farther than its width away may be anything (ISO 5436-1, type A1)."""
    profile = step_profile(8.0, 20.0)
    at, random = profile.distance_nm, np.random.default_rng(3)
    height = 3.0 + 0.02 * at - 7.5 * ((at > 80.0) & (at < 125.0))
    free = (at < 35.0) | (at > 170.0) | (np.abs(at - 80.0) < 15.0) | (np.abs(at - 125.0) < 15.0)
    spoilt = replace(profile, height_nm=height + np.where(free, random.normal(0.0, 50.0, at.size), 0.0))
    found = groove_depth(spoilt, (125.0, 80.0), Grid((4.0, 4.0), slope_scale_u=0.01))
    assert found.value == pytest.approx(-7.5, abs=1e-9)
    assert found.systematic_u == pytest.approx(0.075) and found.random_u > 0.0
    unseen = replace(spoilt, height_nm=np.where(at > 130.0, np.nan, spoilt.height_nm))
    assert np.isnan(groove_depth(unseen, (80.0, 125.0), grid).value)
