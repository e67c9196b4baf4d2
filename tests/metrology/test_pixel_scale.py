"""What the pixel size adds to an uncertainty is by how much the result changes when all pixels grow by that share.

Slopes are read off the segments, whatever the pixels: they stay, and heights, their sums, grow with the pixels.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from made_steps import GoingSteps

from eclips4d.metrology.facets.edge_points import Near
from eclips4d.metrology.facets.edges import straight_edge
from eclips4d.metrology.movie import Grid, Movie, movie_of
from eclips4d.metrology.profiles.line import sample_line
from eclips4d.metrology.profiles.plateau import plateau_step
from eclips4d.metrology.quantity import Quantity
from eclips4d.metrology.roughness.roughness import roughness
from eclips4d.metrology.steps.measure import follow_lines
from eclips4d.metrology.steps.summary import step_summary
from eclips4d.metrology.steps.table import step_table, uncertainty_names
from eclips4d.metrology.terraces.series import terraces_over_time
from eclips4d.storage import open as open_store

U = 0.01
STEPS = GoingSteps(((60.0, 2.0, 4.0), (150.0, 1.5, 6.0)), frames=6)
LINE = ((4.0, 29.0), (230.0, 29.0))
COLUMNS = ("position_nm", "height_nm", "width_nm", "spacing_nm", "velocity_along_line_nm_s", "velocity_normal_nm_s")


def grown(by: float, stated: float = 0.0) -> Movie:
    """The steps seen with pixels that are larger by a share, and what is stated of their uncertainty."""
    movie, size = STEPS.movie(), STEPS.pixel_nm * (1.0 + by)
    grid = replace(movie.grid, pixel_size_nm=(size, size), slope_scale_u=0.0, pixel_scale_u=stated)

    def read(frame):
        seen = movie.read(frame)
        return replace(seen, height=seen.height * np.float32(1.0 + by))

    return replace(movie, grid=grid, read=read)


def line(by: float):
    return tuple((x * (1.0 + by), y * (1.0 + by)) for x, y in LINE)


@pytest.fixture(scope="module")
def followed():
    """Along a line of the same pixels: as they are, larger, and as they are with an uncertainty stated."""
    return [follow_lines(grown(by, stated), (line(by),)) for by, stated in ((0.0, 0.0), (U, 0.0), (0.0, U))]


def added(stated, bare, name):
    part = uncertainty_names(name)[2]
    return np.sqrt(stated[part].to_numpy() ** 2 - bare[part].to_numpy() ** 2)


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_of_steps_change_by_what_is_stated(followed, name):
    bare, larger, stated = (step_table(found) for found in followed)
    change = np.abs(larger[name] - bare[name]).to_numpy()
    np.testing.assert_allclose(added(stated, bare, name), change, rtol=0.05, atol=1e-4 * np.nanmax(np.abs(bare[name])))
    np.testing.assert_array_equal(stated[uncertainty_names(name)[1]], bare[uncertainty_names(name)[1]])


def test_means_over_time_keep_it_and_angles_have_none(followed):
    bare, larger, stated = (step_summary(found, step_table(found)) for found in followed)
    for name in ("height_nm", "width_nm", "velocity_normal_nm_s"):
        change = np.abs(larger[name] - bare[name]).to_numpy()
        np.testing.assert_allclose(added(stated, bare, name), change, rtol=0.05)
    np.testing.assert_allclose(larger["angle_deg"], bare["angle_deg"], rtol=1e-3)
    np.testing.assert_array_equal(stated["angle_u_deg"], bare["angle_u_deg"])


def test_heights_of_plateaus_change_by_what_is_stated():
    parts = (10.0, 45.0), (45.0, 75.0), (75.0, 130.0)

    def read(by, stated):
        movie = grown(by, stated)
        intervals = [tuple(v * (1.0 + by) for v in part) for part in parts]
        return plateau_step(sample_line(movie.read(0), movie.grid, line(by)), *intervals, movie.grid)

    assert read(0.0, U).systematic_u == pytest.approx(read(U, 0.0).value - read(0.0, 0.0).value, rel=0.01)


def test_edges_and_growth_change_by_what_is_stated():
    bare, larger, stated = (terraces_over_time(grown(by, u)) for by, u in ((0.0, 0.0), (U, 0.0), (0.0, U)))
    change = larger.blocks["velocity_nm_s"] - bare.blocks["velocity_nm_s"]
    np.testing.assert_allclose(stated.blocks["scale_u_nm_s"], np.abs(change), rtol=0.01, atol=1e-4)
    assert (bare.blocks["scale_u_nm_s"] == 0.0).all()
    for name, u in (("growth_nm_s", "growth_u_nm_s"), ("step_density_per_nm", "step_density_u_per_nm")):
        shared = np.sqrt(stated.frames[u] ** 2 - bare.frames[u] ** 2)
        np.testing.assert_allclose(shared, np.abs(larger.frames[name] - bare.frames[name]), rtol=0.03)
    top = stated.levels["height_nm"].abs() > 1.0
    moved = (larger.levels["height_nm"] - bare.levels["height_nm"]).abs()
    np.testing.assert_allclose(stated.levels["height_systematic_u_nm"][top], moved[top], rtol=0.01)


def test_roughness_changes_with_heights_and_gradients_do_not():
    def read(by, stated):
        movie = grown(by, stated)
        return roughness(movie.read(0), movie.grid)

    bare, larger, stated = read(0.0, 0.0), read(U, 0.0), read(0.0, U)
    shared = math.sqrt(stated.sq_nm.systematic_u**2 - bare.sq_nm.systematic_u**2)
    assert shared == pytest.approx(larger.sq_nm.value - bare.sq_nm.value, rel=0.01)
    assert larger.sdq.value == pytest.approx(bare.sdq.value, rel=1e-5)
    assert stated.sdq.systematic_u == bare.sdq.systematic_u


def test_speed_of_a_straight_edge_changes_and_its_direction_does_not():
    def read(by, stated):
        movie = grown(by, stated)
        x, (top, bottom) = 62.0 * (1.0 + by), (10.0 * (1.0 + by), 48.0 * (1.0 + by))
        near = Near((x, bottom), (x, top), 36.0 * (1.0 + by))
        return straight_edge([movie.read(k) for k in (0, 1, 2)], movie.grid, near)

    bare, larger, stated = read(0.0, 0.0), read(U, 0.0), read(0.0, U)
    change = abs(larger.velocity_nm_s.value - bare.velocity_nm_s.value)
    assert stated.velocity_nm_s.systematic_u == pytest.approx(change, rel=0.05)
    assert larger.direction_deg.value == pytest.approx(bare.direction_deg.value, abs=0.01)
    assert stated.direction_deg == bare.direction_deg


def test_a_shared_factor_adds_in_squares_to_what_is_shared_alone():
    found = Quantity(-20.0, 0.3, 0.4).with_scale(0.015)
    assert (found.value, found.random_u, found.systematic_u) == (-20.0, 0.3, pytest.approx(0.5))


def test_heights_join_slope_scale_and_pixel_size():
    assert Grid((1.0, 1.0), slope_scale_u=0.003, pixel_scale_u=0.004).height_scale_u == pytest.approx(0.005)


def test_a_store_tells_it_where_its_instrument_file_does(make_store):
    store = make_store(keep=("height", "slope", "slope_sd"))
    store.grow()
    run = open_store(store.path)
    assert movie_of(run, (4.0, 4.0)).grid.pixel_scale_u == 0.0
    run["x"].attrs["scale_u"] = 0.007
    assert movie_of(run, (4.0, 4.0)).grid.pixel_scale_u == 0.007
