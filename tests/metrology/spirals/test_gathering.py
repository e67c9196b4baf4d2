"""Risers gathered into one phase: the spiral that was drawn is found again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.metrology.spirals.coarse import coarse_spirals
from eclips4d.metrology.spirals.field import field_of
from eclips4d.metrology.spirals.gathering import Points, gather, gathered_on_grid
from eclips4d.metrology.spirals.risers import find_risers
from eclips4d.metrology.spirals.shape import law_bend


def _drawn(wound, spacing=90.0, rate=0.02, seed=0):
    """Points on the arms around (0, 0), far-out form of the law, each seen at its own time."""
    random = np.random.default_rng(seed)
    angle, t = random.uniform(-np.pi, np.pi, 400), random.uniform(-2.0, 2.0, 400)
    arm = random.integers(1, 4, 400) + rate * t - wound * angle / (2.0 * np.pi)
    bend = law_bend(spacing, wound)
    r = spacing * np.maximum(arm, 0.5)
    for _ in range(60):
        r = r - (r + bend * np.log1p(r / bend) - spacing * arm) / (1.0 + bend / (bend + r))
        r = np.maximum(r, 1e-3)
    near = (arm > 0.5) & (r < 3.0 * spacing)
    return Points(
        *(each[near] for each in (r * np.cos(angle), r * np.sin(angle), t)), np.full(near.sum(), 1 / near.sum())
    )


@settings(max_examples=25, deadline=None)
@given(
    wound=st.sampled_from([1, -1, 2, -3]),
    off=st.tuples(st.floats(-6.0, 6.0), st.floats(-6.0, 6.0)),
    stretch=st.floats(0.95, 1.05),
    seed=st.integers(0, 99),
)
def test_a_drawn_spiral_is_gathered_whole(wound, off, stretch, seed):
    points = _drawn(wound, seed=seed)
    start = np.array([*off, stretch / 90.0, 0.02])
    found = gather(points, wound, start, np.array([13.0, 13.0, 0.05 / 90.0, 0.03]))
    assert abs(found.mean) > 0.995
    assert np.hypot(*found.at[:2]) < 2.0 and abs(90.0 * found.at[2] - 1.0) < 0.02


def test_what_is_held_stays():
    points = _drawn(1)
    found = gather(points, 1, np.array([4.0, 3.0, 1.0 / 90.0, 0.0]), np.array([13.0, 13.0, 0.05 / 90.0, 0.0]))
    assert found.at[3] == 0.0


def test_the_search_ends_near_where_it_began():
    random = np.random.default_rng(5)
    points = Points(*random.uniform(-200.0, 200.0, (2, 300)), np.zeros(300), np.full(300, 1 / 300))
    scale = np.array([13.0, 13.0, 0.05 / 90.0, 0.0])
    for wound in (1, -1, 4):
        found = gather(points, wound, np.array([0.0, 0.0, 1.0 / 90.0, 0.0]), scale)
        assert np.all(np.abs(found.at - [0.0, 0.0, 1.0 / 90.0, 0.0]) <= 4.0 * scale + 1e-12)
        assert abs(found.mean) < 0.6


def test_the_grid_holds_sums_of_phases():
    points, waves, shears = _drawn(2), np.array([0.5, 1.0, 1.3]) / 90.0, np.array([0.0, 0.02])
    found = gathered_on_grid(points, (3.0, -4.0), [1, -2], waves, shears)
    dx, dy = points.x - 3.0, points.y + 4.0
    for i, wound in enumerate((1, -2)):
        for j, wave in enumerate(waves):
            for k, shear in enumerate(shears):
                phase = wound * np.arctan2(dy, dx) + 2.0 * np.pi * (wave * np.hypot(dx, dy) - shear * points.t)
                assert found[i, j, k] == pytest.approx(abs(np.sum(points.weight * np.exp(1j * phase))), abs=1e-12)


def test_where_steps_only_pass_no_spiral_is_tried(made):
    what = made()
    x, y = np.meshgrid(what.pixel * np.arange(what.pixels), what.pixel * np.arange(what.pixels))
    high = -8.0 * what.stairs((0.8 * x + 0.3 * y) / 70.0, np.full(x.shape, 1.0 / 70.0))
    core = what.frame()
    for frame, tried in ((core, True), (_sloped(core, high, what.pixel), False)):
        field = field_of(frame, what.grid)
        assert bool(coarse_spirals(field, find_risers(field), 200.0, 190.0, 0)) is tried


def _sloped(frame, high, pixel):
    slope = frame.slope.copy()
    slope[:] = np.stack(np.gradient(high, pixel)[::-1])
    return type(frame)(0, 0.0, np.asarray(frame.row_time_s), high.astype(np.float32), slope, frame.slope_sd)
