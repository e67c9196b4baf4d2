"""Marks along the time of a run: what happened, and frames that are not as others; knows no Qt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from eclips4d.core.results import Status
from eclips4d.viewer.events import Event
from eclips4d.viewer.picture import Picture, RunState
from eclips4d.viewer.state_line import Tone

LESS_OF = {
    Status.GAP: "not recorded",
    Status.QUARANTINED: "quarantined",
    Status.NOT_ALIGNED: "not aligned",
    Status.DOUBTED: "nowhere to be believed",
}
"""What a frame may lack."""
TONE_OF = {"note": Tone.GOOD, "stage": Tone.ALARM}
"""Of events; others are to be noticed."""
NOT_MARKED = "run"
"""Events of this kind are of the run and of no frame."""


@dataclass(frozen=True, slots=True)
class Mark:
    """At one frame.

    Attributes
    ----------
    sequence : int
    words : str
        One line.
    tone : Tone
    is_note : bool
        A person said so.
    """

    sequence: int
    words: str
    tone: Tone
    is_note: bool = False


class MarkMemory:
    """The marks of what was last seen of a run."""

    def __init__(self) -> None:
        self._of: tuple[object, object] = (None, None)
        self._marks: tuple[Mark, ...] = ()

    def of(self, picture: Picture) -> tuple[Mark, ...]:
        """Ordered by frame; the very same object as before when nothing has changed."""
        if (picture.state, picture.events) != self._of:
            self._of = (picture.state, picture.events)
            marks = () if picture.state is None else tuple(marks_of(picture.state, picture.events))
            self._marks = self._marks if marks == self._marks else marks
        return self._marks


def marks_of(state: RunState, events: Iterable[Event]) -> list[Mark]:
    """What is to be marked, ordered by frame."""
    told = [
        Mark(event.sequence, event.words, TONE_OF.get(event.kind, Tone.NOTICE), event.kind == "note")
        for event in events
        if event.sequence is not None and event.sequence < state.recorded and event.kind != NOT_MARKED
    ]
    named = {mark.sequence for mark in told if not mark.is_note}
    seen = [mark for bit, words in LESS_OF.items() for mark in _runs(state, bit, words) if mark.sequence not in named]
    return sorted([*told, *seen], key=lambda mark: mark.sequence)


def neighbour(marks: Iterable[Mark], sequence: int, direction: int) -> int | None:
    """The frame of the next mark after a frame, or of the last one before it; None where there is none."""
    frames = [mark.sequence for mark in marks]
    if direction > 0:
        return min((k for k in frames if k > sequence), default=None)
    return max((k for k in frames if k < sequence), default=None)


def _runs(state: RunState, bit: Status, words: str) -> list[Mark]:
    """One mark for neighbouring frames that carry a bit, at the first of them."""
    carries = np.concatenate([[0], (state.status & int(bit)) != 0, [0]]).astype(np.int8)
    firsts, ends = np.flatnonzero(np.diff(carries) > 0), np.flatnonzero(np.diff(carries) < 0)
    return [
        Mark(int(first), f"{words}: {_frames(int(first), int(end) - 1)}", Tone.NOTICE)
        for first, end in zip(firsts, ends, strict=True)
    ]


def _frames(first: int, last: int) -> str:
    return f"frame {first}" if first == last else f"frames {first} to {last}"
