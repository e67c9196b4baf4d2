"""What happens at the source, in words for the run's events: counts of source and accountant, looked at in turns."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from eclips4d.acquisition.accountant import FrameAccountant
from eclips4d.acquisition.source import Health
from eclips4d.core.messages import Remark

EVERY_S = 1.0
"""What happens more often is told together."""
QUIET_PERIODS = 4.0
QUIET_S = 0.5
"""A live source that says nothing for longer than both is silent."""


class SourceWatch:
    """Each thing that happened, told once.

    Parameters
    ----------
    accountant
        Counts what it makes of the frames.
    period_s
        From frame to frame; None where silence means nothing, as with files.
    clock
        For tests.
    """

    def __init__(
        self, accountant: FrameAccountant, period_s: float | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._accountant, self._clock = accountant, clock
        self._quiet_s = None if period_s is None else max(QUIET_S, QUIET_PERIODS * period_s)
        self._heard: float | None = None
        self._silences: deque[float] = deque()
        self._told: dict[str, int] = {}
        self._last = clock()

    def heard(self) -> None:
        """A frame has come; called from the thread that takes them."""
        now = self._clock()
        silent_s = now - self._heard if self._heard is not None else 0.0
        if self._quiet_s is not None and silent_s > self._quiet_s:
            self._silences.append(silent_s)
        self._heard = now

    def news(self, health: Health, *, all_of_it: bool = False) -> list[Remark]:
        """What is new since the last time; nothing before its turn, unless `all_of_it` is asked for."""
        now = self._clock()
        if not all_of_it and now - self._last < EVERY_S:
            return []
        self._last = now
        remarks = [self._remark(what, count) for what, count in _counts(self._accountant, health).items()]
        silent = []
        while self._silences:
            silent.append(Remark(what="the source was silent", values={"seconds": round(self._silences.popleft(), 2)}))
        return [*silent, *(remark for remark in remarks if remark.values["count"])]

    def _remark(self, what: str, count: int) -> Remark:
        before = self._told.get(what, 0)
        self._told[what] = count
        return Remark(what=what, values={"count": count - before})


def _counts(accountant: FrameAccountant, health: Health) -> dict[str, int]:
    return {
        "frames arrived damaged and were dropped": health.damaged,
        "frames came twice and were dropped": accountant.duplicates,
        "frames came after later ones and were put back in order": accountant.overtaken,
        "frames came too late and were dropped": accountant.late,
        "the source was away and came back": health.reconnections,
        "the source numbers its frames anew": accountant.restarts,
        "frames found the source's buffer full and were lost": health.lost - health.damaged,
    }
