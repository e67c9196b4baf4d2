"""Ways of steps on a line."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.metrology.steps.edge import Edge
from eclips4d.pipeline.triggers.moved_steps import MISSED, MovedSteps


def edge(place: float, height: float = 10.0, u: float = 0.2) -> Edge:
    return Edge(place, u, 0.0, 0.0, height, 0.5, 0.0, 0.5, 4.0, 0.0, 30.0)


def test_a_step_that_moves_and_one_that_stays() -> None:
    moved = MovedSteps()
    ways = [moved.take([edge(100.0), edge(200.0 + 1.2 * k)], 0.0) for k in range(6)]
    assert math.isnan(ways[0])
    assert ways[1] == 0.0, "a way of 1.2 nm is not five deviations"
    assert np.allclose(ways[2:], [2.4, 3.6, 4.8, 6.0])
    moved.begin_anew()
    assert moved.take([edge(100.0), edge(207.0)], 0.0) == 0.0
    assert moved.take([edge(100.0), edge(209.0)], 0.0) == 3.0


def test_a_frame_whose_place_is_unsure_says_less() -> None:
    moved = MovedSteps()
    moved.take([edge(100.0)], 0.0)
    assert moved.take([edge(104.0)], 1.0) == 0.0


def test_steps_of_the_other_sense_and_new_ones_are_not_mixed_up() -> None:
    moved = MovedSteps()
    moved.take([edge(100.0), edge(110.0, -10.0)], 0.0)
    assert moved.take([edge(100.0), edge(110.0, -10.0), edge(150.0)], 0.0) == 0.0
    assert moved.take([edge(150.0)], 0.0) == 0.0
    assert math.isnan(moved.take([], 0.0))


def test_a_step_is_waited_for_and_then_forgotten() -> None:
    for missed, way in ((MISSED, 5.0), (MISSED + 1, math.nan)):
        moved = MovedSteps()
        moved.take([edge(100.0)], 0.0)
        for _ in range(missed):
            moved.take([], 0.0)
        assert np.array_equal(moved.take([edge(105.0)], 0.0), way, equal_nan=True)


def test_a_step_elsewhere_is_another_one() -> None:
    moved = MovedSteps()
    moved.take([edge(100.0)], 0.0)
    assert math.isnan(moved.take([edge(400.0)], 0.0))


@given(st.lists(st.lists(st.floats(0, 500), max_size=6), max_size=12))
def test_whatever_is_found_no_way_is_longer_than_the_line(frames: list[list[float]]) -> None:
    moved = MovedSteps()
    for places in frames:
        way = moved.take([edge(place) for place in sorted(places)], 0.0)
        assert math.isnan(way) or 0.0 <= way <= 500.0
