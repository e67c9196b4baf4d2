"""How coarse pictures are that come soon."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.viewer.remote.pace import FIRST_LEVEL, SOON_S, Pace
from eclips4d.viewer.shrinking import MOST_HALVINGS


def test_the_first_picture_is_coarse_and_the_next_one_whole():
    pace = Pace()
    assert pace.level == FIRST_LEVEL
    pace.came(100, 9.0, FIRST_LEVEL)
    assert pace.level == 0


@pytest.mark.parametrize(("seconds", "level"), [(0.1, 0), (2.0, 1), (10.0, 2), (40.0, 3), (1000.0, MOST_HALVINGS)])
def test_the_slower_the_coarser(seconds, level):
    pace = Pace()
    pace.came(10_000_000, seconds, 0)
    assert pace.level == level


@given(st.lists(st.tuples(st.integers(0, 10**9), st.floats(0, 1e6), st.integers(0, 4)), max_size=20))
def test_a_level_is_always_one_that_can_be_asked_for(came):
    pace = Pace()
    for one in came:
        pace.came(*one)
    assert 0 <= pace.level <= MOST_HALVINGS


def test_a_line_that_gets_faster_is_used():
    pace = Pace()
    pace.came(10_000_000, 100.0, 0)
    for _ in range(9):
        pace.came(10_000_000, SOON_S / 4, 0)
    assert pace.level == 0
