"""When the window asks, and how soon it looks for the answer."""

from __future__ import annotations

import pytest

from eclips4d.viewer.picture import Picture, Wanted
from eclips4d.viewer.pulling import EAGER_TICK_MS, LOOK_S, SELDOM_S, SHARE, STILL_MS, TICK_MS, WHOLE_MS, Pulling


class FakeReader:
    def __init__(self):
        self.asked, self.answer = [], None

    def ask(self, wanted):
        self.asked.append(wanted)

    @property
    def has_news(self):
        return self.answer is not None

    def answers_within(self, timeout_s):
        assert timeout_s < 0.005
        return self.has_news

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
def spent():
    return [3.0]


@pytest.fixture
def pulling(reader, clock, spent):
    return Pulling(reader, lambda: clock[0], lambda: spent[0])


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
    pulling.ask(Wanted(1))
    pulling.take()
    assert pulling.is_early(Wanted(1))
    assert not pulling.is_early(Wanted(2)), "it is to be asked for"
    reader.answer = Picture(Wanted(1))
    assert not pulling.is_early(Wanted(1))
    pulling.take()
    clock[0] += TICK_MS / 1e3
    assert pulling.is_early(Wanted(1)) and not pulling.is_early(Wanted(1), playing=True)
    clock[0] += (STILL_MS - TICK_MS) / 1e3
    assert not pulling.is_early(Wanted(1))


@pytest.mark.parametrize(
    ("cost_s", "every_s"), [(0.001, LOOK_S), (0.03, 0.03 / SHARE), (0.5, SELDOM_S)], ids=["little", "more", "much"]
)
def test_what_costs_much_is_asked_for_less_often_but_three_times_a_second(pulling, clock, spent, cost_s, every_s):
    assert SELDOM_S < 1 / 3
    pulling.ask(Wanted())
    spent[0] += cost_s
    clock[0] += SELDOM_S
    pulling.ask(Wanted())
    clock[0] += 0.99 * every_s
    assert not pulling.is_due(Wanted())
    clock[0] += 0.02 * every_s
    assert pulling.is_due(Wanted())


def test_another_frame_is_asked_for_at_once_whatever_the_last_one_has_cost(pulling, spent):
    pulling.ask(Wanted(1))
    spent[0] += 10.0
    pulling.ask(Wanted(1))
    assert pulling.is_due(Wanted(2))


def test_the_state_line_is_drawn_more_often_than_the_rest(pulling, clock):
    clock[0] += 100.0
    assert pulling.is_old(whole=True) and pulling.is_old(whole=False)
    pulling.drawn(whole=True)
    assert not pulling.is_old(whole=True) and not pulling.is_old(whole=False)
    clock[0] += STILL_MS / 1e3
    assert pulling.is_old(whole=False) and not pulling.is_old(whole=True)
    pulling.drawn(whole=False)
    clock[0] += (WHOLE_MS - STILL_MS) / 1e3
    assert pulling.is_old(whole=True)
