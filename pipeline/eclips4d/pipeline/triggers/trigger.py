"""One trigger, frame after frame: on, off, and what is between; pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from eclips4d.pipeline.triggers.condition import UNITS, Condition


@dataclass(frozen=True, slots=True)
class Change:
    """A trigger that has gone on or off.

    Attributes
    ----------
    condition : Condition
    on : bool
    frame, time_s
        At which it was decided.
    first : int
        The frame from which on the value was beyond the level, or back.
    value : float
        Of `frame`.
    """

    condition: Condition
    on: bool
    frame: int
    time_s: float
    first: int
    value: float

    @property
    def words(self) -> str:
        """One line for people."""
        unit = UNITS.get(self.condition.quantity, "")
        state = "on" if self.on else "off"
        return f"{self.condition.words}: {state} at {self.value:.4g}{f' {unit}' if unit else ''}"


@dataclass(slots=True)
class Trigger:
    """A condition and where it stands.

    A frame that says nothing (a value that is NaN) changes nothing: it neither ends a row of frames nor is one of it.
    """

    condition: Condition
    on: bool = False
    _in_row: int = field(default=0)
    _first: int = field(default=0)
    _went_on_s: float | None = field(default=None)

    def take(self, frame: int, time_s: float, value: float) -> Change | None:
        """The change that this frame brings, if it does."""
        if value != value:
            return None
        condition = self.condition
        if self.on:
            if not condition.is_back(value):
                return None
            self.on, self._in_row = False, 0
            return Change(condition, False, frame, time_s, frame, value)
        if not condition.is_beyond(value):
            self._in_row = 0
            return None
        self._first = frame if self._in_row == 0 else self._first
        self._in_row += 1
        held = self._went_on_s is not None and time_s < self._went_on_s + condition.hold_s
        if self._in_row < condition.frames or held:
            return None
        self.on, self._went_on_s = True, time_s
        return Change(condition, True, frame, time_s, self._first, value)
