"""When work may go on: after each piece there is a rest, in proportion to what the piece took."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum

LIVE, ENDED = 8.0, 0.25
"""Rest over work, while the run goes on and after it."""


class Work(Enum):
    """Kinds of work, the most urgent first."""

    READING = "the selected measurement, in the frame shown"
    TASK = "what was asked for once"
    LINES = "lines over time"


class Rests:
    """Each kind rests after itself: were there one rest for all, the more urgent kind would leave the other no turn.

    Parameters
    ----------
    clock : callable
        Seconds, of any origin.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._until = dict.fromkeys(Work, self._began)

    def begin(self) -> None:
        """A piece of work begins."""
        self._began = self._clock()

    def end(self, kind: Work, *, live: bool) -> None:
        """It is done."""
        now = self._clock()
        self._until[kind] = max(self._until[kind], now + (LIVE if live else ENDED) * (now - self._began))

    def hold(self, kind: Work, seconds: float) -> None:
        """Not before so many seconds have passed."""
        self._until[kind] = max(self._until[kind], self._clock() + seconds)

    def left(self, kind: Work) -> float:
        """Seconds until it may go on; 0 when it may."""
        return max(0.0, self._until[kind] - self._clock())
