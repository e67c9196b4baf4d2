"""A wall whose angle somebody knows, and what is said where nobody does."""

import numpy as np
import pytest

from eclips4d.core.errors import InputError
from eclips4d.metrology.movie import Movie
from eclips4d.metrology.profiles.response import Response
from eclips4d.metrology.profiles.step import read_step
from eclips4d.metrology.profiles.wall import Wall, contradicted_words, open_words, parse_wall

MIDDLE, PARTS = 100.0, ((0.0, 90.0), (90.0, 110.0), (110.0, 200.0))
TANGENT = 0.8
ANGLE_DEG = float(np.degrees(np.arctan(TANGENT)))


@pytest.fixture
def narrow(step_profile):
    """A wall of a third of a pixel, whose detector nothing hides."""
    width = 0.33 * 4.0
    return TANGENT * width, step_profile(TANGENT * width, width, sd=0.003)


def reading(profile, grid, wall=None):
    return read_step(profile, *PARTS, grid, response=Response() if wall is None else wall.told_to(Response()))


def test_who_knows_the_angle_has_the_height(narrow, grid):
    height, profile = narrow
    plain, told = reading(profile, grid), reading(profile, grid, Wall(ANGLE_DEG, 0.5))
    assert told.height_nm.value == pytest.approx(height, rel=0.008)
    assert told.wall_u_nm < 0.3 * plain.wall_u_nm
    assert plain.wall_open and not told.wall_open
    assert plain.wall_u_nm <= plain.height_nm.systematic_u and plain.wall_u_deg > 5.0


def test_what_is_told_wrongly_is_covered_by_its_own_uncertainty(narrow, grid):
    height, profile = narrow
    for off in (-5.0, 5.0):
        told = reading(profile, grid, Wall(ANGLE_DEG + off, 5.0))
        assert abs(told.height_nm.value - height) > 0.003 * height
        assert told.height_nm.normalised_error(height) <= 1.0


def test_pixels_that_tell_the_angle_are_believed(step_profile, grid):
    profile = step_profile(10.0, 10.0 / TANGENT, sd=0.003)
    plain, wrong = reading(profile, grid), reading(profile, grid, Wall(20.0))
    assert not plain.wall_open
    assert wrong.angle_deg.value == pytest.approx(ANGLE_DEG, abs=1.0)
    assert wrong.height_nm.value == pytest.approx(10.0, rel=0.01)
    assert Wall(20.0).contradicts(wrong.angle_deg.value) and not Wall(ANGLE_DEG).contradicts(-plain.angle_deg.value)


def test_a_movie_hands_its_wall_to_the_fit(grid):
    movie = Movie(grid, (8, 8), (), lambda frame: None, {}, wall=Wall(54.7, 0.5))
    assert (movie.response.riser_deg, movie.response.riser_u_deg) == (54.7, 0.5)


@pytest.mark.parametrize("numbers", [(0.5, 1.0), (71.0, 1.0), (float("nan"), 1.0), (45.0, 0.0), (45.0, 30.0)])
def test_nonsense_is_refused_in_one_line(numbers):
    with pytest.raises(InputError, match=r"^[^\n]*give [^\n]*$"):
        Wall(*numbers)


@pytest.mark.parametrize(
    ("text", "wall"),
    [("54.7", Wall(54.7)), (" 54.7 ", Wall(54.7)), ("54.7:0.5", Wall(54.7, 0.5)), ("1e1:2", Wall(10, 2))],
)
def test_an_angle_is_read_with_its_uncertainty(text, wall):
    assert parse_wall(text) == wall
    assert parse_wall(f"{wall.angle_deg:g}:{wall.u_deg:g}") == wall


@pytest.mark.parametrize("text", ["", "steep", "45:1:1", ":", "45:", "80", "45:0", "nan"])
def test_what_is_no_angle_of_a_wall_is_refused(text):
    with pytest.raises(InputError, match=r"^[^\n]*give [^\n]*$"):
        parse_wall(text)


def test_the_words_tell_the_numbers():
    assert Wall(54.7, 0.5).words == "54.7° ± 0.5°"
    assert "6.3 %" in open_words(0.063)
    assert contradicted_words(Wall(20.0), -38.66) == (
        "the wall reads 38.7°, not the 20° ± 1° that was declared; "
        "heights there lean on what was declared: measure without it"
    )
