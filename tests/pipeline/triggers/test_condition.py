"""Conditions from words, and words that are none."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.core.errors import InputError
from eclips4d.pipeline.triggers.asked import conditions_of
from eclips4d.pipeline.triggers.condition import UNITS, Condition, parse_condition


@pytest.mark.parametrize(
    ("words", "condition"),
    [
        ("drift>2", Condition("drift>2", "drift", True, 2.0, 1.8)),
        (" trust < 40 ", Condition("trust < 40", "trust", False, 40.0, 44.0)),
        ("step>5", Condition("step>5", "step", True, 5.0, 4.5, 2)),
        (
            "residual>1.5  for 3 until 1.2 hold 60",
            Condition("residual>1.5 for 3 until 1.2 hold 60", "residual", True, 1.5, 1.2, 3, 60.0),
        ),
        ("side_stage_c<-5", Condition("side_stage_c<-5", "side_stage_c", False, -5.0, -4.5)),
    ],
)
def test_words_that_are_conditions(words: str, condition: Condition) -> None:
    assert parse_condition(words) == condition


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("drift", "no condition"),
        ("drift=2", "no condition"),
        ("height>2", "cannot be watched"),
        ("drift>nan", "no condition"),
        ("drift>2 until 3", "cannot last"),
        ("trust<40 until 30", "cannot last"),
        ("drift>2 for 0", "for 0 frames"),
        ("drift>2 for 1.5", "for 1.5 frames"),
        ("drift>2 hold -1", "hold -1"),
        ("drift>2 hold 1 hold 2", "twice"),
        ("drift>2" + " " * 300, "no condition"),
    ],
)
def test_words_that_are_none(words: str, part: str) -> None:
    with pytest.raises(InputError, match=part) as refused:
        parse_condition(words)
    assert "\n" not in str(refused.value)


@given(
    st.text(max_size=60) | st.from_regex(r"(drift|step|trust)[<>][0-9e.+-]{1,8}( (for|until|hold) [0-9e.]{1,5}){0,3}")
)
def test_whatever_is_said_is_a_condition_or_refused(words: str) -> None:
    try:
        found = parse_condition(words)
    except InputError:
        return
    assert found.quantity in UNITS or found.quantity.startswith("side_")
    assert found.frames >= 1
    assert found.hold_s >= 0
    # What is back is never beyond: it cannot be on and off at once.
    assert not any(found.is_back(v) and found.is_beyond(v) for v in (found.level, found.until, -math.inf, math.inf))


@pytest.mark.parametrize(
    ("words", "line", "part"),
    [
        ([], None, "0 triggers"),
        (["drift>2", "drift>2"], None, "twice"),
        (["step>2"], None, "no line"),
        (["drift>2"], "0,0,1,1", "no trigger needs a line"),
    ],
)
def test_triggers_that_do_not_go_together(words: list[str], line: str | None, part: str) -> None:
    with pytest.raises(InputError, match=part):
        conditions_of(words, line)
