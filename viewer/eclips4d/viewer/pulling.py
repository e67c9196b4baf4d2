"""When the window asks for a picture, and how soon it looks for the answer; knows no Qt."""

from __future__ import annotations

import time
from collections.abc import Callable

from eclips4d.viewer.picture import Picture, Wanted
from eclips4d.viewer.reader import Reader

LOOK_S, SELDOM_S = 0.1, 0.28
"""How often the newest frame is asked for: where pictures cost little, and at least."""
SHARE = 0.15
"""Of one processor, for pictures that nobody but time has asked for; `SELDOM_S` comes before it."""
STILL_MS, WHOLE_MS = 200, 600
"""How often the state line is drawn, and all panels are, while nothing new comes and nothing plays."""
SOON_S = 0.004
"""A hand that moves a slider does not feel so long."""
TICK_MS, EAGER_TICK_MS = 33, 8
"""How often an answer is looked for: while nothing else has been asked for than is shown, and otherwise."""


class Pulling:
    """Questions to a reader, and its answers.

    Parameters
    ----------
    reader : Reader
    clock : callable
        Seconds, never set back.
    spent : callable
        Seconds of processors that the window has had.
    """

    def __init__(
        self,
        reader: Reader,
        clock: Callable[[], float] = time.monotonic,
        spent: Callable[[], float] = time.process_time,
    ) -> None:
        self._reader, self._clock, self._spent = reader, clock, spent
        self._asked: Wanted | None = None
        self._asked_at, self._spent_then = 0.0, spent()
        self._rest_s = LOOK_S
        self._answered: Wanted | None = None
        self._looked_at = 0.0
        self._drawn_at, self._whole_at = 0.0, 0.0

    def take(self) -> Picture | None:
        """The newest answer, once."""
        self._looked_at = self._clock()
        picture = self._reader.take()
        if picture is not None:
            self._answered = picture.wanted
        return picture

    def is_due(self, wanted: Wanted) -> bool:
        """Whether it is time to ask: for something else than before, or again."""
        return wanted != self._asked or self._clock() - self._asked_at >= self._rest_s

    def ask(self, wanted: Wanted) -> None:
        """Ask, whatever was asked before, and rest the longer the more the last answer has cost: a run is watched."""
        spent = self._spent()
        self._rest_s = min(max(LOOK_S, (spent - self._spent_then) / SHARE), SELDOM_S)
        self._asked, self._asked_at, self._spent_then = wanted, self._clock(), spent
        self._reader.ask(wanted)

    def is_answered_soon(self) -> bool:
        """Wait a moment for the answer: a frame that is known already comes at once, and not with the next tick."""
        return self._asked != self._answered and self._reader.answers_within(SOON_S)

    @property
    def tick_ms(self) -> int:
        """When to look again."""
        return TICK_MS if self._asked == self._answered else EAGER_TICK_MS

    def drawn(self, *, whole: bool) -> None:
        """The state line was drawn just now, or everything."""
        self._drawn_at = self._clock()
        self._whole_at = self._drawn_at if whole else self._whole_at

    def is_old(self, *, whole: bool) -> bool:
        """Whether what runs with time is to be drawn: in the state line, or anywhere."""
        at, every_ms = (self._whole_at, WHOLE_MS) if whole else (self._drawn_at, STILL_MS)
        return self._clock() - at >= (every_ms - EAGER_TICK_MS / 2) / 1e3

    def is_early(self, wanted: Wanted, *, playing: bool = False) -> bool:
        """Nothing has come since the last look, nothing is to be asked, and what runs with time needs none yet."""
        every_ms = TICK_MS if playing else STILL_MS
        is_still = self._clock() - self._looked_at < (every_ms - EAGER_TICK_MS / 2) / 1e3
        return is_still and not self._reader.has_news and not self.is_due(wanted)
