"""When the window asks, and how soon it looks for the answer."""

from __future__ import annotations

import pytest

from eclips4d.viewer.picture import Picture, Wanted
from eclips4d.viewer.pulling import EAGER_TICK_MS, LOOK_S, TICK_MS, Pulling


class FakeReader:
    def __init__(self):
        self.asked, self.answer = [], None

    def ask(self, wanted):
        self.asked.append(wanted)

    @property
    def answered(self):
        return self.answer is not None

    def answers_within(self, timeout_s):
        assert timeout_s < 0.005
        return self.answered

    def take(self):
        answer, self.answer = self.answer, None
        return answer


@pytest.fixture
def reader():
    return FakeReader()


@pytest.fixture
def clock():
    return [10.0]


@pytest.fixture
def pulling(reader, clock):
    return Pulling(reader, lambda: clock[0])


def test_it_asks_again_after_a_while_and_for_something_else_at_once(pulling, clock):
    pulling.ask(Wanted(1))
    assert not pulling.is_due(Wanted(1))
    assert pulling.is_due(Wanted(2))
    clock[0] += 1.01 * LOOK_S
    assert pulling.is_due(Wanted(1))


def test_it_looks_sooner_while_an_answer_is_missing(pulling, reader):
    pulling.ask(Wanted(1))
    assert pulling.tick_ms == EAGER_TICK_MS
    reader.answer = Picture(Wanted(1))
    pulling.take()
    assert pulling.tick_ms == TICK_MS
    pulling.ask(Wanted(1))
    assert pulling.tick_ms == TICK_MS, "the same again is no new question"


def test_a_known_frame_is_waited_for_and_a_shown_one_is_not(pulling, reader):
    pulling.ask(Wanted(1))
    assert not pulling.is_answered_soon()
    reader.answer = Picture(Wanted(1))
    assert pulling.is_answered_soon()
    pulling.take()
    reader.answer = Picture(Wanted(1))
    assert not pulling.is_answered_soon()


def test_a_look_is_early_until_something_came_or_time_has_passed(pulling, reader, clock):
    pulling.take()
    assert pulling.is_early
    reader.answer = Picture(Wanted(1))
    assert not pulling.is_early
    pulling.take()
    clock[0] += TICK_MS / 1e3
    assert not pulling.is_early
