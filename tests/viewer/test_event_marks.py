"""Marks along the time of a run."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.core.results import Status
from eclips4d.viewer.event_marks import Mark, MarkMemory, marks_of, neighbour
from eclips4d.viewer.events import Event
from eclips4d.viewer.picture import Picture, RunState, Wanted
from eclips4d.viewer.state_line import Tone


def state(*status: Status) -> RunState:
    frames = len(status)
    numbers = np.arange(frames)
    return RunState(frames, frames, None, False, 0.0, numbers.astype(float), numbers, np.array(status, np.int64))


DONE = Status.DONE


def test_neighbours_that_lack_the_same_are_one_mark():
    marks = marks_of(state(DONE, Status.GAP, Status.GAP, DONE, DONE | Status.NOT_ALIGNED), ())
    assert marks == [
        Mark(1, "not recorded: frames 1 to 2", Tone.NOTICE),
        Mark(4, "not aligned: frame 4", Tone.NOTICE),
    ]


def test_an_event_says_more_than_a_status():
    event = Event(1, 1.0, "frame quarantined (reason flat)", "frame")
    assert [mark.words for mark in marks_of(state(DONE, Status.QUARANTINED), [event])] == [event.words]


def test_a_note_stands_beside_what_a_frame_lacks():
    marks = marks_of(state(Status.GAP), [Event(0, 0.0, "O2 on", "note")])
    assert [(mark.words, mark.is_note) for mark in marks] == [("O2 on", True), ("not recorded: frame 0", False)]


@pytest.mark.parametrize(
    "event", [Event(None, 3.0, "x", "note"), Event(7, 3.0, "x", "note"), Event(0, 0.0, "run started", "run")]
)
def test_what_concerns_no_frame_that_is_there_is_not_marked(event):
    assert marks_of(state(DONE, DONE), [event]) == []


@given(st.lists(st.integers(0, 30), max_size=12), st.integers(-1, 31))
def test_jumps_go_to_the_nearest_mark(frames, at):
    marks = [Mark(k, "x", Tone.NOTICE) for k in frames]
    assert neighbour(marks, at, 1) == next((k for k in sorted(frames) if k > at), None)
    assert neighbour(marks, at, -1) == next((k for k in sorted(frames, reverse=True) if k < at), None)


@given(st.lists(st.booleans(), max_size=40))
def test_every_frame_that_lacks_something_lies_in_one_mark(gaps):
    marks = marks_of(state(*(Status.GAP if gap else DONE for gap in gaps)), ())
    covered = []
    for mark in marks:
        first, *last = (int(word) for word in mark.words.split() if word.isdigit())
        covered += range(first, (last[0] if last else first) + 1)
    assert covered == [k for k, gap in enumerate(gaps) if gap]


def test_the_same_object_comes_back_while_nothing_changes():
    memory, events = MarkMemory(), (Event(0, 0.0, "O2 on", "note"),)
    first = memory.of(Picture(Wanted(), state(DONE), events=events))
    assert memory.of(Picture(Wanted(), state(DONE, DONE), events=events)) is first
    assert memory.of(Picture(Wanted(), state(Status.GAP), events=events)) is not first
    assert memory.of(Picture(Wanted())) == ()
