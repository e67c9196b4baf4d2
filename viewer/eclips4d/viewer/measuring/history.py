"""Steps back and forth through states that never change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic, TypeVar

State = TypeVar("State")

MOST_STEPS = 200
"""That can be taken back."""


@dataclass(frozen=True, slots=True)
class History(Generic[State]):
    """A state and those around it.

    Attributes
    ----------
    present : State
    past, future : tuple of State
        The latest is the last of the past, the next the last of the future.
    gesture : object
        What the present state was made by while that goes on: a drag is one step however often it reports.
    """

    present: State
    past: tuple[State, ...] = ()
    future: tuple[State, ...] = ()
    gesture: object = None

    def to(self, state: State, gesture: object = None) -> History[State]:
        """One step on, or, while the same gesture goes on, another state in place of the present one."""
        if state == self.present:
            return self
        if gesture is not None and gesture == self.gesture:
            return replace(self, present=state)
        return History(state, (*self.past, self.present)[-MOST_STEPS:], (), gesture)

    def amended(self, state: State) -> History[State]:
        """Another present state that is no step: it is not taken back by itself."""
        return replace(self, present=state)

    def released(self) -> History[State]:
        """The gesture is over."""
        return replace(self, gesture=None)

    def undone(self) -> History[State]:
        """One step back, if there is one."""
        if not self.past:
            return self
        return History(self.past[-1], self.past[:-1], (*self.future, self.present))

    def redone(self) -> History[State]:
        """One step forth again, if there is one."""
        if not self.future:
            return self
        return History(self.future[-1], (*self.past, self.present), self.future[:-1])
