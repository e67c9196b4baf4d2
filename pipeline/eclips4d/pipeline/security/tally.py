"""What may happen thousands of times a second stands in the log once a second, with its number."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from eclips4d.core.log import get_logger

EVERY_S = 1.0


class Tally:
    """One kind of event: the first is told at once, those that follow within a second together, as a number.

    Parameters
    ----------
    what
        The event.
    clock
        Seconds; for tests.
    """

    def __init__(self, what: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.total = 0
        self._what, self._clock = what, clock
        self._untold = 0
        self._told_at = -EVERY_S

    def note(self, **values: object) -> None:
        """It happened; `values` are those of the time that is told."""
        self.total += 1
        self._untold += 1
        now = self._clock()
        if now - self._told_at >= EVERY_S:
            self._told_at = now
            self.tell(**values)

    def tell(self, **values: object) -> None:
        """Tell of those not told yet, if there are any."""
        if self._untold:
            times, self._untold = self._untold, 0
            with suppress(OSError):  # a log that cannot be written must not stop who counts
                get_logger().warning(self._what, **values, times=times, in_all=self.total)
