"""Growth spirals: two independent solvers of the same theory, and what the theory is known to say."""

from __future__ import annotations

import numpy as np
import pytest

from eclips4d.physics.scenes.bcf.levelset import PAD, advance, continue_straight, sheet_derivatives
from eclips4d.physics.scenes.bcf.radial import phase_at, steady_spiral
from eclips4d.physics.scenes.bcf.turn import recorded_turn


def test_rotation_and_spacing_are_those_of_burton_cabrera_and_frank() -> None:
    spiral = steady_spiral()
    assert spiral.rotation == pytest.approx(0.330958, abs=1e-6), "Cabrera and Levine 1956: 0.33"
    assert spiral.spacing == pytest.approx(18.985, abs=1e-3), "19 critical radii"


def test_the_steady_spiral_moves_as_its_curvature_lets_it() -> None:
    """V = 1 − curvature from the plane curve itself, without the equation that was solved."""
    r = np.linspace(0.3, 35.0, 20001)
    theta = phase_at(r)
    x, y = r * np.cos(theta), r * np.sin(theta)
    dx, dy = np.gradient(x, r), np.gradient(y, r)
    curvature = (dx * np.gradient(dy, r) - dy * np.gradient(dx, r)) / np.hypot(dx, dy) ** 3
    velocity = steady_spiral().rotation * r * dx * np.cos(theta) / np.hypot(dx, dy)
    velocity += steady_spiral().rotation * r * dy * np.sin(theta) / np.hypot(dx, dy)
    smooth = np.ones(201) / 201
    kept = slice(300, -300)
    difference = np.convolve(velocity - (1.0 - curvature), smooth, "same")[kept]
    assert np.abs(difference).max() < 5e-3


def test_phase_goes_on_beyond_its_table() -> None:
    r = np.array([39.0, 39.99, 40.01, 41.0])
    slope = np.diff(phase_at(r)) / np.diff(r)
    assert np.ptp(slope) < 4e-4 and slope[1] == pytest.approx(steady_spiral().rotation * (1.0 + 1.0 / 40.0), rel=3e-3)


@pytest.fixture(scope="module")
def single():
    return {cell: recorded_turn((22.0, 22.0), cell, np.array([[0.0, 0.0, 1.0]]), 0.0) for cell in (1.0, 0.5)}


def test_the_level_set_turns_at_the_theoretical_rate(single) -> None:
    """0.5 critical radii per cell: within 1.5 %, four times nearer than with cells of one."""
    error = {cell: 2.0 * np.pi / turn.period / steady_spiral().rotation - 1.0 for cell, turn in single.items()}
    assert abs(error[0.5]) < 0.015
    assert 3.0 < error[1.0] / error[0.5] < 5.0
    assert single[0.5].defect_rad < 3e-3


def test_the_level_set_has_the_shape_of_the_steady_spiral(single) -> None:
    turn = single[0.5]
    r = np.hypot(turn.x[None, :], turn.y[:, None])
    inside = (r > 2.0) & (r < 18.0)
    difference = (turn.phase[0] + phase_at(r))[inside]
    drift = np.polyfit(r[inside], difference, 1)[0]
    assert np.std(difference - drift * r[inside]) < 0.02, "a third of a per cent of a turn"
    assert abs(drift) < 0.02 * steady_spiral().rotation


def run(cores: list[list[float]], turns: float, cell: float = 0.15, half: float = 4.5) -> np.ndarray:
    """Growth, in turns, from straight steps."""
    x = cell * (np.arange(-round(half / cell), round(half / cell)) + 0.5)
    sheets = sheet_derivatives(x, x, np.array(cores))
    u = np.zeros((len(x) + 2 * PAD, len(x) + 2 * PAD))
    continue_straight(u)
    step = 0.3 * cell * cell
    advance(u, sheets, cell, 0.0, step, round(turns * steady_spiral().spacing / step))
    return u[PAD:-PAD, PAD:-PAD] / (2.0 * np.pi)


def test_a_pair_of_opposite_sense_only_grows_when_farther_apart_than_the_critical_nucleus() -> None:
    """Frank and Read: the step between two cores cannot pass a half circle of the critical radius."""
    for half_distance, grows in ((0.6, False), (1.8, True)):
        cores = [[-half_distance, 0.0, 1.0], [half_distance, 0.0, -1.0]]
        growth = run(cores, 2.5) - run(cores, 1.5)
        assert growth.mean() > 0.9 if grows else abs(growth).max() < 0.05


def test_pairs_far_apart_grow_no_faster_than_one() -> None:
    """Steps that meet annihilate."""
    turn = recorded_turn((30.0, 20.0), 0.5, np.array([[-14.0, 0.0, 1.0], [14.0, 0.0, -1.0]]), 0.0)
    assert 2.0 * np.pi / turn.period == pytest.approx(steady_spiral().rotation, rel=0.015)
    assert turn.defect_rad < 0.05


def test_the_crystalline_spiral_has_straight_sides() -> None:
    turn = recorded_turn((34.0, 34.0), 0.5, np.array([[0.0, 0.0, 1.0]]), 1.0)
    u = turn.phase[0]
    row = np.abs(turn.y - 26.25).argmin()
    along = np.abs(turn.x) < 12.0
    w = u[row, along] - np.arctan2(turn.y[row], turn.x[along])
    assert np.ptp(w) * turn.period / (2.0 * np.pi) < 0.4, "critical radii over a length of 24"
    r = np.hypot(turn.x[along], turn.y[row])
    assert np.ptp(r) * 2.0 > 5.0, "a circle would bend by this much"
