"""Lines and areas, and where the mouse takes hold of them."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from eclips4d.viewer.measuring.grips import Grip, dragged, grip_at, picked
from eclips4d.viewer.measuring.shapes import (
    AreaShape,
    LineShape,
    distance_nm,
    encloses,
    inside,
    kept_inside,
    rectangle,
    worth_measuring,
)
from eclips4d.viewer.measuring.sheet import Measurement, Sheet

coordinates = st.integers(-1000, 1000).map(float)
points = st.tuples(coordinates, coordinates)
FIELD = (-1000.0, -1000.0, 2000.0, 2000.0)


@given(points, points, st.integers(0, 3))
def test_a_corner_of_a_rectangle_moves_and_the_opposite_one_stays(a, b, k):
    area = rectangle(a, b)
    at = (a[0] + 7.0, b[1] - 3.0)
    moved = area.with_vertex(k, at)
    assert moved.vertices[k] == at
    assert moved.vertices[(k + 2) % 4] == area.vertices[(k + 2) % 4]
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = moved.vertices
    level = ay == by and bx == cx and cy == dy and dx == ax
    upright = ax == bx and by == cy and cx == dx and dy == ay
    assert level or upright


@given(points, points, st.integers(0, 3), points)
def test_a_rectangle_is_the_same_whichever_corner_made_it(a, b, k, to):
    twice = rectangle(a, b).with_vertex(k, to).with_vertex(k, rectangle(a, b).vertices[k])
    assert twice == rectangle(a, b)


@given(points, points, st.floats(1.0, 100.0))
def test_the_band_of_a_line_is_a_rectangle_as_wide_as_said(a, b, width):
    assume(a != b)
    line = LineShape((a, b), width)
    corners = line.band()
    assert math.dist(corners[0], corners[3]) == pytest.approx(width)
    assert math.dist(corners[0], corners[1]) == pytest.approx(line.length_nm)
    assert all(distance_nm(line, corner) == pytest.approx(width / 2) for corner in corners)
    assert not LineShape((a, b)).band()


@given(points, points, points)
def test_inside_and_area_of_a_rectangle(a, b, at):
    area = rectangle(a, b)
    (x0, x1), (y0, y1) = sorted((a[0], b[0])), sorted((a[1], b[1]))
    assert area.area_nm2 == pytest.approx((x1 - x0) * (y1 - y0))
    within = x0 < at[0] < x1 and y0 < at[1] < y1
    beyond = not (x0 <= at[0] <= x1 and y0 <= at[1] <= y1)
    assert encloses(area, at) or not within
    assert not (encloses(area, at) and beyond)


@given(st.lists(points, min_size=3, max_size=5), points)
def test_nothing_is_moved_out_of_the_field(vertices, by):
    area = AreaShape(tuple(vertices))
    moved = area.moved(kept_inside(area, by, FIELD))
    assert all(inside(vertex, FIELD) == pytest.approx(vertex) for vertex in moved.vertices)


def test_what_is_drawn_by_mistake_is_not_worth_measuring():
    assert not worth_measuring(LineShape(((0.0, 0.0), (2.0, 2.0))), 4.0)
    assert worth_measuring(LineShape(((0.0, 0.0), (4.0, 2.0))), 4.0)
    assert not worth_measuring(rectangle((0.0, 0.0), (50.0, 2.0)), 4.0)
    assert not worth_measuring(AreaShape(((0.0, 0.0), (50.0, 50.0))), 4.0)


def sheet_of(*shapes, selected=None):
    made = tuple(Measurement(k, f"{k}", shape) for k, shape in enumerate(shapes, 1))
    return Sheet(made, selected=selected)


def test_a_vertex_is_caught_before_an_outline_and_the_selected_one_before_others():
    one, other = LineShape(((0.0, 0.0), (100.0, 0.0))), LineShape(((50.0, 3.0), (50.0, 90.0)))
    assert grip_at(sheet_of(one, other), (50.0, 1.0), 5.0) == Grip(2, 0)
    assert grip_at(sheet_of(one, other), (20.0, 1.0), 5.0) == Grip(1, None)
    assert grip_at(sheet_of(one, one, selected=2), (0.0, 1.0), 5.0) == Grip(2, 0)
    assert grip_at(sheet_of(one, other), (20.0, 40.0), 5.0) is None


def test_a_click_inside_an_area_picks_the_smallest_around_it():
    small, large = rectangle((10.0, 10.0), (20.0, 20.0)), rectangle((0.0, 0.0), (90.0, 90.0))
    assert picked(sheet_of(large, small), (15.0, 15.0), 1.0) == 2
    assert picked(sheet_of(large, small), (50.0, 50.0), 1.0) == 1
    assert picked(sheet_of(large, small), (150.0, 50.0), 1.0) is None


def test_a_dragged_end_stops_at_the_field_and_a_dragged_line_keeps_its_length():
    line = Measurement(1, "L1", LineShape(((0.0, 0.0), (100.0, 0.0)), 8.0))
    field = (-10.0, -10.0, 130.0, 20.0)
    end = dragged(line, Grip(1, 1), (100.0, 0.0), (500.0, 500.0), field)
    assert end == LineShape(((0.0, 0.0), (120.0, 10.0)), 8.0)
    whole = dragged(line, Grip(1, None), (50.0, 0.0), (550.0, 4.0), field)
    assert whole == LineShape(((20.0, 4.0), (120.0, 4.0)), 8.0)
