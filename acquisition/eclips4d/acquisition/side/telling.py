"""What happens to a side stream, in words for the run's events: each thing once, however often it happens."""

from __future__ import annotations

import math
from collections.abc import Iterator

from eclips4d.acquisition.side.series import Series
from eclips4d.core.messages import Remark

EVERY_S = 10.0
"""What happens more often is told together."""


class Telling:
    """Of one side stream; `seen` is called for every frame, `news` now and then."""

    def __init__(self, series: Series) -> None:
        self._series, self._name = series, series.stream.name
        self._missing = 0
        self._is_silent = False
        self._silent_told_s = -math.inf
        self._shift_s = 0.0
        self._refused = 0

    def seen(self, value: float, now_s: float) -> Remark | None:
        """A frame has this value, or none; what is to be told of that.

        Parameters
        ----------
        now_s
            Seconds of a clock that is not set.
        """
        if math.isnan(value):
            self._missing += 1
            if self._is_silent or now_s - self._silent_told_s < EVERY_S:
                return None
            self._is_silent, self._silent_told_s = True, now_s
            return Remark(what=f"the side stream {self._name} is silent, frames go without it", values={})
        if not self._is_silent:
            return None
        missing, self._missing, self._is_silent = self._missing, 0, False
        return Remark(what=f"the side stream {self._name} is back", values={"frames_without": missing})

    def news(self) -> Iterator[Remark]:
        """What is new since the last time."""
        refused, shift_s = self._series.refused, self._series.shift_s
        if new := refused - self._refused:
            yield Remark(what=f"values of the side stream {self._name} were refused", values={"count": new})
        if shift_s != self._shift_s:
            values: dict[str, int | float] = {"seconds_ahead": round(-shift_s, 3)}
            yield Remark(what=f"the clock of the side stream {self._name} is off, corrected", values=values)
        self._refused, self._shift_s = refused, shift_s
