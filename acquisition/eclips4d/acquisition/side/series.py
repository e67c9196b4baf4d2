"""The values of one side stream over time, and which of them a frame has."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from threading import Lock

from eclips4d.acquisition.side.address import SideStream

CLOSEST_S = 0.01
"""Of values that come faster the latest is kept."""
MOST_KEPT = 1 << 15
"""At that rate five minutes: the middle of a frame is past when the frame comes."""
OFF_S = 1.0
"""A clock that is off by less is not told from messages that take their time."""
LAGS = 8
"""Latest messages of which the quickest tells how far the sender's clock is off."""


class Series:
    """Filled by the thread that reads, asked by the one that takes frames.

    Attributes
    ----------
    refused : int
        Values that were none, had another unit, or came out of order.
    shift_s : float
        What is added to the sender's times, because its clock is off.
    """

    def __init__(self, stream: SideStream) -> None:
        self.stream = stream
        self.refused = 0
        self.shift_s = 0.0
        self._holds = False
        self._times: deque[float] = deque(maxlen=MOST_KEPT)
        self._values: deque[float] = deque(maxlen=MOST_KEPT)
        self._lags: deque[float] = deque(maxlen=LAGS)
        self._lock = Lock()

    def add(self, value: float, unit: str, sent_s: float | None, arrived_s: float) -> None:
        """A value has come.

        Parameters
        ----------
        unit
            As the sender says; empty where it says nothing.
        sent_s, arrived_s
            Seconds since 1970, by the sender's clock and by this one's.
        """
        with self._lock:
            if not math.isfinite(value) or unit not in ("", self.stream.unit):
                self.refused += 1
                return
            time_s = arrived_s
            if sent_s is not None and self.stream.clock != "arrival":
                time_s = sent_s
                self._compare(arrived_s - sent_s)
            self._keep(time_s, value)

    def holds(self, holding: bool) -> None:
        """Whether somebody vouches that the last value is still so, as a connected EPICS server does."""
        with self._lock:
            self._holds = holding

    def refuse(self) -> None:
        """Something came that is no value."""
        with self._lock:
            self.refused += 1

    def at(self, time_s: float) -> float:
        """The value at a time, seconds since 1970; NaN where there is none near enough."""
        with self._lock:
            time_s -= self.shift_s
            after = bisect_right(self._times, time_s)
            if after == 0:
                return math.nan
            then, value = self._times[after - 1], self._values[after - 1]
            is_last = after == len(self._times)
            if time_s - then > self.stream.stale_s and not (is_last and self._holds):
                return math.nan
            if is_last or self.stream.kind == "last" or self._times[after] - time_s > self.stream.stale_s:
                return value
            share = (time_s - then) / (self._times[after] - then)
            return value + share * (self._values[after] - value)

    def _compare(self, lag_s: float) -> None:
        self._lags.append(lag_s)
        # A message cannot come before it was sent, and the quickest of some takes next to nothing.
        if self.stream.clock == "auto" and abs(min(self._lags) - self.shift_s) > OFF_S:
            self.shift_s = min(self._lags)

    def _keep(self, time_s: float, value: float) -> None:
        if self._times and time_s <= self._times[-1]:
            if self._times[-1] - time_s <= OFF_S:
                self.refused += 1
                return
            self._times.clear()  # the sender's clock was put back
            self._values.clear()
        if len(self._times) > 1 and time_s - self._times[-2] < CLOSEST_S:
            self._times.pop()
            self._values.pop()
        self._times.append(time_s)
        self._values.append(value)
