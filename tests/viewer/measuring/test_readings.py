"""What is read of lines and areas in one frame, against surfaces in closed form and against `eclips4d profile`."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_steps import GoingSteps

from eclips4d.core.errors import InputError
from eclips4d.metrology.movie import Grid, Movie, SurfaceFrame
from eclips4d.metrology.profiles.wall import Wall
from eclips4d.metrology.steps.measure import follow_line
from eclips4d.metrology.steps.table import step_table
from eclips4d.viewer.measuring.answers import Question
from eclips4d.viewer.measuring.read_area import covered, cut_out, mean_height, read_area
from eclips4d.viewer.measuring.read_line import read_line
from eclips4d.viewer.measuring.readout import line_rows
from eclips4d.viewer.measuring.shapes import AreaShape, LineShape, encloses, rectangle
from eclips4d.viewer.measuring.words import wall_words

STEPS = GoingSteps(((60.0, 1.5, 4.0), (150.0, -1.0, -6.0)), frames=6)
LINE = LineShape(((10.0, 29.0), (220.0, 29.0)), 16.0)


def test_the_steps_of_a_frame_are_those_of_the_whole_table():
    movie = STEPS.movie()
    table = step_table([follow_line(movie, LINE.ends, LINE.width_nm)])
    for frame in (0, 3, 5):
        read = read_line(movie, Question(LINE, frame))
        of_frame = table[table["frame"] == frame].sort_values("position_nm")
        assert len(read.steps) == len(of_frame) == 2
        np.testing.assert_allclose([s.position_nm.value for s in read.steps], of_frame["position_nm"], atol=0.05)
        np.testing.assert_allclose([s.height_nm.value for s in read.steps], of_frame["height_nm"], rtol=0.02)
        assert [s.rises for s in read.steps] == of_frame["rises"].tolist()


NARROW = GoingSteps(((60.0, 0.0, 0.8), (150.0, 0.0, -0.8)), frames=1, riser_nm=0.6, noise=0.003)


def test_a_wall_that_pixels_do_not_tell_is_open_until_it_is_declared():
    walls = None, Wall(29.0), Wall(5.0)
    plain, told, other = (read_line(NARROW.movie(), Question(LINE, 0, wall=wall)) for wall in walls)
    assert [step.wall_open for step in plain.steps] == [True, True]
    (words,) = wall_words(plain)
    assert words.startswith("steps 1, 2: pixels do not tell how steep the wall is") and words.endswith("if you know")
    assert not wall_words(told) and not any(step.wall_open for step in told.steps)
    (words,) = wall_words(other)
    assert "not the 5° ± 1° that was declared" in words
    noted = [[row.quantity for row in line_rows("L1", reading)][:3] for reading in (plain, told)]
    assert noted[0] == ["step 1 position", "step 1 height, wall open", "step 1 angle"]
    assert noted[1] == ["walls, declared", "step 1 position", "step 1 height"]


def test_plateaus_lie_on_the_terraces_between_the_steps():
    quiet = replace(STEPS, noise=1e-4)
    read = read_line(quiet.movie(), Question(LINE, 0))
    levels = [np.mean([a[1], b[1]]) for a, b in read.plateaus]
    np.testing.assert_allclose(levels, [0.0, 4.0, -2.0], atol=0.05)
    ends = [x for piece in read.plateaus for x, _ in piece]
    assert ends == sorted(ends)


@pytest.mark.parametrize(
    ("line", "frame"), [(((-50.0, 0.0), (100.0, 0.0)), 0), (((10.0, 10.0), (12.0, 10.0)), 0), (LINE.ends, 99)]
)
def test_what_cannot_be_read_says_why(line, frame):
    with pytest.raises(InputError):
        read_line(STEPS.movie(), Question(LineShape(line), frame))
    with pytest.raises(InputError):
        read_area(STEPS.movie(), Question(rectangle((0.0, 0.0), (4.0, 4.0)), 0))


def facet_movie(slope=(0.3, -0.2), noise=0.004, scale_u=0.01, shape=(60, 80)):
    """One plane; rows downwards."""
    rows, columns = shape
    y, x = np.mgrid[:rows, :columns] * 3.0
    planes = np.broadcast_to(np.array(slope)[:, None, None], (2, rows, columns))
    noisy = planes + np.random.default_rng(3).normal(0.0, noise, planes.shape)
    frame = SurfaceFrame(
        frame=0,
        time_s=0.0,
        row_time_s=np.arange(rows) * 0.1,
        height=(slope[0] * x + slope[1] * y).astype(np.float32),
        slope=noisy.astype(np.float32),
        slope_sd=np.full(shape, noise, np.float32),
    )
    return Movie(Grid((3.0, 3.0), slope_scale_u=scale_u), shape, (0,), lambda _: frame, {})


AREAS = [
    rectangle((30.0, 30.0), (150.0, 120.0)),
    AreaShape(((30.0, 30.0), (200.0, 40.0), (120.0, 150.0))),
]


@pytest.mark.parametrize("area", AREAS)
def test_a_plane_is_one_facet_that_falls_as_it_should(area):
    p, q = 0.3, -0.2
    read = read_area(facet_movie((p, q)), Question(area, 0))
    (facet,) = read.facets
    tilt, towards = np.degrees(np.arctan(np.hypot(p, q))), np.degrees(np.arctan2(q, -p))
    assert facet.tilt_deg.normalised_error(tilt) < 1.5
    assert facet.azimuth_deg.normalised_error(towards) < 1.5
    assert facet.share > 0.8 and read.between_deg is None
    assert read.sq_with_noise is (not area.upright)


def test_two_faces_give_the_angle_between_them():
    movie = facet_movie((0.2, 0.0))
    frame = movie.read(0)
    slope = frame.slope.copy()
    slope[0, :, 40:] -= 0.4
    both = replace(movie, read=lambda _: replace(frame, slope=slope))
    read = read_area(both, Question(rectangle((0.0, 0.0), (236.0, 170.0)), 0))
    assert len(read.facets) == 2
    assert read.between_deg.normalised_error(2 * np.degrees(np.arctan(0.2))) < 1.5


@given(st.lists(st.tuples(st.floats(-20, 260), st.floats(-20, 200)), min_size=3, max_size=6))
def test_pixels_of_an_area_are_those_whose_centres_it_encloses(vertices):
    grid, shape = Grid((3.0, 3.0)), (12, 17)
    found = covered(AreaShape(tuple(vertices)), grid, shape)
    area = AreaShape(tuple(vertices))
    for row in range(shape[0]):
        for column in range(shape[1]):
            assert found[row, column] == encloses(area, (3.0 * column, 3.0 * row))


def test_a_piece_keeps_its_place_and_times():
    movie = facet_movie()
    frame = movie.read(0)
    chosen = covered(AREAS[1], movie.grid, movie.shape)
    piece = cut_out(frame, movie.grid, chosen)
    x0, y0 = piece.grid.origin_nm
    row, column = round(y0 / 3.0), round(x0 / 3.0)
    assert piece.frame.row_time_s[0] == frame.row_time_s[row]
    assert np.count_nonzero(np.isfinite(piece.frame.height)) == np.count_nonzero(chosen)
    inside = np.argwhere(piece.inside)[0]
    assert piece.frame.height[tuple(inside)] == frame.height[row + inside[0], column + inside[1]]


def test_the_noise_of_a_mean_height_is_that_of_integrated_slopes():
    """Heights made of white slope noise by least squares, many times; their scatter is what is stated."""
    from scipy.fft import dctn, idctn

    rows, columns, pixel, sd = 24, 32, 3.0, 0.02
    random = np.random.default_rng(8)
    k, m = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    stiffness = 4 * np.sin(np.pi * k / 2 / rows) ** 2 + 4 * np.sin(np.pi * m / 2 / columns) ** 2
    stiffness[0, 0] = np.inf
    chosen = np.zeros((rows, columns), bool)
    chosen[8:16, 10:20] = True
    values = []
    movie = facet_movie((0.0, 0.0), noise=sd, scale_u=0.0, shape=(rows, columns))
    frame = movie.read(0)
    for _ in range(300):
        p, q = random.normal(0.0, sd, (2, rows, columns))
        divergence = np.zeros((rows, columns))
        divergence[:, :-1] -= p[:, :-1]
        divergence[:, 1:] += p[:, :-1]
        divergence[:-1] -= q[:-1]
        divergence[1:] += q[:-1]
        height = pixel * idctn(dctn(divergence, norm="ortho") / stiffness, norm="ortho")
        found = mean_height(replace(frame, height=height.astype(np.float32)), movie.grid, chosen)
        values.append(found.value)
    # The stated one is for a patch far from the border; reflecting borders add to it.
    assert 0.7 < found.random_u / np.std(values) < 1.3


def test_everything_chosen_has_no_height_over_the_rest():
    movie = facet_movie()
    assert mean_height(movie.read(0), movie.grid, np.ones(movie.shape, bool)) is None
