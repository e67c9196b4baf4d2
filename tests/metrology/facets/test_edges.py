"""Straight steps that move while they are scanned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_facets import GRID, frame_of

from eclips4d.core.errors import InputError
from eclips4d.core.results import Drift
from eclips4d.metrology.facets import Near, straight_edge
from eclips4d.metrology.quantity import Quantity

SIZE, LINE_S, PERIOD_S = 96, 0.005, 0.5
WIDTH, HEIGHT = 36.0, 20.0


def moving(direction_deg, velocity, sd, seed, number):
    """Slopes of a riser through the field's centre at time 0.5 s; it moves to its left."""
    y, x = (np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2.0) * 4.0
    time = number * PERIOD_S + LINE_S * np.arange(SIZE)[:, None]
    angle = np.radians(direction_deg)
    left = np.array([-np.sin(angle), -np.cos(angle)])
    edge = left[0] * x + left[1] * y - velocity * (time - 0.5)
    # A smooth riser, as pixels see it.
    shape = np.exp(-0.5 * (edge / 12.0) ** 2) * HEIGHT / (12.0 * np.sqrt(2.0 * np.pi))
    return frame_of(left[:, None, None] * shape, sd, seed, number=number, line_s=LINE_S, start_s=number * PERIOD_S)


def near(direction_deg, off=2.0):
    angle = np.radians(direction_deg + off)
    centre = (SIZE - 1) * 2.0 + np.array([3.0, -2.0])
    along = 130.0 * np.array([np.cos(angle), -np.sin(angle)])
    return Near(tuple(centre - along), tuple(centre + along), 70.0)


def apart(a, b):
    return (a - b + 90.0) % 180.0 - 90.0


@settings(max_examples=12, deadline=None)
@given(st.floats(0.0, 180.0), st.floats(-30.0, 30.0))
def test_direction_and_speed_of_a_moving_step_are_its_own(direction, velocity):
    found = straight_edge([moving(direction, velocity, 1e-4, k, k) for k in range(3)], GRID, near(direction))
    assert apart(found.direction_deg.value, direction) == pytest.approx(0.0, abs=0.03)
    assert found.velocity_nm_s.value == pytest.approx(velocity, abs=0.02 * abs(velocity) + 0.05)


def test_the_image_of_a_moving_step_is_turned_as_a_formula_says():
    direction, velocity = 60.0, 30.0
    frames = [moving(direction, velocity, 1e-4, k, k) for k in range(2)]
    found = straight_edge(frames, GRID, near(direction))
    # A point moves to the left by velocity · line time per row; rows go down.
    shift = velocity * LINE_S / 4.0
    angle = np.radians(direction)
    left_x, left_up = -np.sin(angle), np.cos(angle)
    normal = np.array([left_x, left_up + shift])
    seen = np.degrees(np.arctan2(normal[1], normal[0])) - 90.0
    assert abs(apart(seen, direction)) > 0.5
    assert apart(found.as_seen_deg, seen) == pytest.approx(0.0, abs=0.05)


def test_one_frame_needs_a_velocity_and_takes_over_its_uncertainty():
    frame = moving(60.0, 30.0, 1e-3, 1, 1)
    with pytest.raises(InputError, match="two frames"):
        straight_edge([frame], GRID, near(60.0))
    exact = straight_edge([frame], GRID, near(60.0), Quantity(30.0, 0.0))
    assert apart(exact.direction_deg.value, 60.0) == pytest.approx(0.0, abs=0.05)
    vague = straight_edge([frame], GRID, near(60.0), Quantity(30.0, 8.0, 4.0))
    # One nm/s turns it by line time per row times the sine of its direction.
    per = np.degrees(LINE_S / 4.0) * np.sin(np.radians(60.0))
    assert vague.direction_deg.systematic_u == pytest.approx(4.0 * per, rel=0.05)
    assert vague.direction_deg.random_u == pytest.approx(8.0 * per, rel=0.05)


def test_stated_uncertainties_hold():
    pulls = []
    for seed in range(30):
        frames = [moving(100.0, 20.0, 0.05, 100 * seed + k, k) for k in range(2)]
        found = straight_edge(frames, GRID, near(100.0, 1.0))
        pulls.append(apart(found.direction_deg.value, 100.0) / found.direction_deg.u)
        pulls.append((found.velocity_nm_s.value - 20.0) / found.velocity_nm_s.u)
    assert 0.6 < np.sqrt(np.mean(np.square(pulls))) < 1.3


def test_a_particle_on_the_terrace_does_not_pull():
    frames = [moving(90.0, 0.0, 1e-3, k, k) for k in range(2)]
    y, x = np.mgrid[:SIZE, :SIZE]
    bump = 8.0 * np.exp(-((x - 60.0) ** 2 + (y - 48.0) ** 2) / 8.0)
    dirty = [replace(f, slope=(f.slope + np.stack(np.gradient(bump, 4.0)[::-1])).astype(np.float32)) for f in frames]
    found = straight_edge(dirty, GRID, near(90.0))
    assert apart(found.direction_deg.value, 90.0) == pytest.approx(0.0, abs=0.1)


def test_the_grids_own_frame_is_left_out_where_two_others_have_a_known_drift():
    frames = [moving(60.0, 20.0, 1e-3, k, k) for k in range(3)]
    # The first is sheared by a drift that nobody knows of.
    sheared = np.stack([np.roll(frames[0].slope[:, row], round(0.05 * row), axis=-1) for row in range(SIZE)], axis=1)
    known = [replace(f, drift=Drift((0.1, 0.0), sd=(0.01, 0.01))) for f in frames[1:]]
    found = straight_edge([replace(frames[0], slope=sheared), *known], GRID, near(60.0))
    assert apart(found.direction_deg.value, 60.0) == pytest.approx(0.0, abs=0.1)
    assert found.direction_deg.random_u >= np.degrees(0.01 / SIZE * np.sin(np.radians(60.0)))


def test_where_there_is_no_step_that_is_said():
    flat = [frame_of(np.zeros((2, SIZE, SIZE)), 0.05, k, number=k, line_s=LINE_S) for k in range(2)]
    with pytest.raises(InputError, match="no step"):
        straight_edge(flat, GRID, near(30.0))
