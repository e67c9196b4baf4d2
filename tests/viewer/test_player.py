"""Playing: by the run's time stamps, newest due frame, whatever the stamps say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.viewer.player import FASTEST, LONGEST_WAIT_S, SPEEDS, Player


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def player(clock):
    made = Player(clock)
    made.play()
    return made


TIMES = np.array([0.0, 1.0, 2.0, 2.5, 4.0])


def due(player, sequence, times=TIMES, *, is_shown=True, ended=True):
    return player.due(sequence, times, is_shown=is_shown, ended=ended)


def test_who_does_not_play_stays(clock):
    player = Player(clock)
    clock.now += 100
    assert due(player, 1) == 1


@pytest.mark.parametrize(("after_s", "frame"), [(0.0, 0), (0.9, 0), (1.0, 1), (2.4, 2), (2.6, 3), (3.9, 3), (9.0, 4)])
def test_frames_come_when_they_came(player, clock, after_s, frame):
    clock.now += after_s
    assert due(player, 0) == frame


@given(st.lists(st.floats(0.01, 2.0), min_size=1, max_size=20), st.sampled_from(SPEEDS[:-1]), st.floats(0, 1))
def test_however_often_it_is_asked_the_frame_is_that_of_the_time(steps, speed, share):
    times = np.concatenate([[0.0], np.cumsum(np.minimum(steps, LONGEST_WAIT_S * speed))])
    clock = Clock()
    player = Player(clock)
    player.speed = speed
    player.play()
    sequence, total = 0, times[-1] * share / speed
    for at in np.linspace(0, total, 7):
        clock.now = 100.0 + at
        sequence = due(player, sequence, times, ended=False)
        # Sums of steps and the clock round differently: just at a frame's time it may be that frame or the one before.
        first, last = (int(np.searchsorted(times, at * speed + e, side="right")) - 1 for e in (-1e-9, 1e-9))
        assert first <= sequence <= last


def test_a_long_pause_of_the_run_is_not_waited_for(player, clock):
    times = np.array([0.0, 1.0, 1e9])
    clock.now += 1.0 + LONGEST_WAIT_S
    assert due(player, 0, times) == 2


@given(st.lists(st.floats(), min_size=2, max_size=8))
def test_absurd_times_end_at_the_last_frame(times):
    clock = Clock()
    player = Player(clock)
    player.play()
    sequence = 0
    for _ in range(4 * len(times)):
        clock.now += LONGEST_WAIT_S
        sequence = due(player, sequence, np.array(times), ended=False)
    assert sequence == len(times) - 1


def test_the_fastest_shows_every_frame_once_it_was_seen(player):
    player.set_speed(FASTEST)
    assert due(player, 1, is_shown=False) == 1
    assert due(player, 1) == 2


def test_it_ends_when_the_last_frame_was_seen(player):
    assert due(player, 4, is_shown=False) == 4
    assert player.playing
    assert due(player, 4) == 4
    assert not player.playing


def test_in_a_loop_it_begins_again_a_little_later(player, clock):
    player.loop = True
    assert due(player, 4) == 4
    clock.now += 1.0
    assert due(player, 4) == 0
    assert player.playing


def test_a_growing_run_is_gone_on_with(player, clock):
    clock.now += 60
    assert due(player, 4, ended=False) == 4
    assert player.playing
    more = np.append(TIMES, [5.0, 6.0])
    assert due(player, 4, more, ended=False) == 4
    clock.now += 1.1
    assert due(player, 4, more, ended=False) == 5


def test_speeds_end_at_the_slowest_and_the_fastest(player):
    player.change_speed(100)
    assert player.speed == FASTEST
    player.change_speed(-100)
    assert player.speed == SPEEDS[0]
    player.change_speed(1)
    assert player.speed == SPEEDS[1]


def test_another_speed_goes_on_from_where_it_is(player, clock):
    clock.now += 0.5
    player.set_speed(10.0)
    clock.now += 0.05
    assert due(player, 0) == 0
    clock.now += 0.06
    assert due(player, 0) == 1
