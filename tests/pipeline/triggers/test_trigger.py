"""When a trigger goes on and off, against what can be said of any series of values."""

from __future__ import annotations

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from eclips4d.pipeline.triggers.condition import parse_condition
from eclips4d.pipeline.triggers.trigger import Change, Trigger

VALUES = st.lists(st.floats(0.0, 3.0) | st.just(math.nan), max_size=60)


def changes(words: str, values: list[float]) -> list[Change]:
    trigger = Trigger(parse_condition(words))
    return [c for k, value in enumerate(values) if (c := trigger.take(k, float(k), value)) is not None]


def short(found: list[Change]) -> list[tuple[bool, int, int]]:
    return [(change.on, change.frame, change.first) for change in found]


def test_on_and_off_with_hysteresis() -> None:
    assert short(changes("residual>2 until 1", [0, 3, 1.5, 3, 1.0, 3])) == [
        (True, 1, 1),
        (False, 4, 4),
        (True, 5, 5),
    ]


def test_so_many_in_a_row_and_the_first_of_them_is_told() -> None:
    assert short(changes("residual>2 for 3", [3, 3, 0, 3, math.nan, 3, 3, 0])) == [(True, 6, 3), (False, 7, 7)]


def test_below() -> None:
    assert short(changes("trust<1", [2, 0.5, 1.05, 2])) == [(True, 1, 1), (False, 3, 3)]


def test_held_off_it_goes_on_when_the_time_is_over_if_it_is_still_so() -> None:
    assert short(changes("residual>2 hold 5", [3, 0, 3, 0, 3, 3, 3])) == [
        (True, 0, 0),
        (False, 1, 1),
        (True, 5, 4),
    ]


def test_words_for_people() -> None:
    (change,) = changes("drift>2", [0, 2.54321])
    assert change.words == "drift>2: on at 2.543 px"


@given(VALUES, st.integers(1, 4), st.integers(0, 8))
def test_what_holds_for_any_series(values: list[float], row: int, hold: int) -> None:
    found = changes(f"residual>2 until 1 for {row} hold {hold}", values)
    assert [change.on for change in found] == [k % 2 == 0 for k in range(len(found))]
    for change in found:
        assert change.value == values[change.frame]
        assert change.value > 2 if change.on else change.value <= 1
        between = [v for v in values[change.first : change.frame + 1] if not math.isnan(v)]
        if change.on:
            assert all(v > 2 for v in between)
            assert len(between) >= row
    on = [change.time_s for change in found if change.on]
    assert all(b - a >= hold for a, b in pairwise(on))


@given(VALUES)
def test_without_options_it_goes_on_exactly_at_crossings(values: list[float]) -> None:
    known = [(k, v) for k, v in enumerate(values) if not math.isnan(v)]
    beyond = [v > 2 for _, v in known]
    crossings = [k for (k, _), now, before in zip(known, beyond, [False, *beyond], strict=False) if now and not before]
    assert [c.frame for c in changes("residual>2 until 2", values) if c.on] == crossings
