"""When the window asks for a picture, and how soon it looks for the answer; knows no Qt."""

from __future__ import annotations

import time
from collections.abc import Callable

from eclips4d.viewer.picture import Picture, Wanted
from eclips4d.viewer.reader import Reader

LOOK_S = 0.1
"""How often the newest frame is asked for."""
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
    """

    def __init__(self, reader: Reader, clock: Callable[[], float] = time.monotonic) -> None:
        self._reader, self._clock = reader, clock
        self._asked: Wanted | None = None
        self._asked_at = 0.0
        self._answered: Wanted | None = None
        self._looked_at = 0.0

    def take(self) -> Picture | None:
        """The newest answer, once."""
        self._looked_at = self._clock()
        picture = self._reader.take()
        if picture is not None:
            self._answered = picture.wanted
        return picture

    def is_due(self, wanted: Wanted) -> bool:
        """Whether it is time to ask: for something else than before, or again."""
        return wanted != self._asked or self._clock() - self._asked_at >= LOOK_S

    def ask(self, wanted: Wanted) -> None:
        """Ask, whatever was asked before."""
        self._asked, self._asked_at = wanted, self._clock()
        self._reader.ask(wanted)

    def is_answered_soon(self) -> bool:
        """Wait a moment for the answer: a frame that is known already comes at once, and not with the next tick."""
        return self._asked != self._answered and self._reader.answers_within(SOON_S)

    @property
    def tick_ms(self) -> int:
        """When to look again."""
        return TICK_MS if self._asked == self._answered else EAGER_TICK_MS

    @property
    def is_early(self) -> bool:
        """Nothing has come since the last look, and what runs with time does not need one yet."""
        return not self._reader.answered and self._clock() - self._looked_at < (TICK_MS - EAGER_TICK_MS / 2) / 1e3
