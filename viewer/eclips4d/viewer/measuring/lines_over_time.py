"""Lines that are followed over time, in pieces of work that are short enough to rest between them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from enum import Enum

from eclips4d.core.errors import EclipsError
from eclips4d.metrology.movie import Movie
from eclips4d.viewer.measuring.answers import LineSeries
from eclips4d.viewer.measuring.series import SeriesSoFar
from eclips4d.viewer.measuring.shapes import LineShape

MOST_LINES = 8
"""That are remembered."""
LINK_EVERY = 8.0
"""Steps are followed anew through all frames when so many times as long has passed as it takes."""
TELL_EVERY_S = 0.5


class Progress(Enum):
    """What a piece of work has come to."""

    WORKED = "there may be more to do"
    WAITING = "the time to follow steps has not come yet"
    DONE = "nothing can be done before more frames come"


class LinesOverTime:
    """Series of several lines.

    Parameters
    ----------
    clock : callable
        Seconds, of any origin.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._series: dict[LineShape, SeriesSoFar] = {}
        self._refused: dict[LineShape, str] = {}
        self._told: dict[LineShape, float] = {}
        self._linked_at: dict[LineShape, float] = {}
        self._cost_s: dict[LineShape, float] = {}

    def work(self, movie: Movie, lines: Sequence[LineShape], *, hurry: bool) -> tuple[Progress, LineSeries | None]:
        """Do one piece of work: read one frame for one line, or follow its steps.

        Parameters
        ----------
        movie : Movie
            As it is now.
        lines : sequence of LineShape
            The most urgent first.
        hurry : bool
            Follow steps as soon as there are no more frames, however long it takes.

        Returns
        -------
        Progress
        LineSeries or None
            What is to be shown of the line that was worked on.
        """
        self._forget(lines)
        waiting = False
        for line in lines:
            series = self._get(line, movie)
            if series is None:
                continue
            frame = series.next_frame(movie)
            if series.unlinked and ((hurry and frame is None) or self._time_to_link(line)):
                self._link(line, series)
                return Progress.WORKED, series.answer(movie)
            if frame is not None:
                series.read(movie.read(frame))
                return Progress.WORKED, self._told_now(line, series, movie)
            waiting = waiting or series.unlinked > 0
        return Progress.WAITING if waiting else Progress.DONE, None

    def refused(self, lines: Sequence[LineShape]) -> dict[LineShape, str]:
        """Lines that cannot be followed, and why."""
        return {line: self._refused[line] for line in lines if line in self._refused}

    def _get(self, line: LineShape, movie: Movie) -> SeriesSoFar | None:
        if line in self._series or line in self._refused:
            return self._series.get(line)
        try:
            self._series[line] = SeriesSoFar(line, movie)
        except EclipsError as error:
            self._refused[line] = str(error)
        return self._series.get(line)

    def _forget(self, lines: Sequence[LineShape]) -> None:
        for known in (self._series, self._refused, self._told, self._linked_at, self._cost_s):
            old = [line for line in known if line not in lines]
            for line in old[: max(0, len(known) - MOST_LINES)]:
                del known[line]

    def _time_to_link(self, line: LineShape) -> bool:
        return self._clock() - self._linked_at.get(line, -1e9) >= LINK_EVERY * self._cost_s.get(line, 0.0)

    def _link(self, line: LineShape, series: SeriesSoFar) -> None:
        began = self._clock()
        series.link()
        self._told[line] = self._linked_at[line] = self._clock()
        self._cost_s[line] = self._linked_at[line] - began

    def _told_now(self, line: LineShape, series: SeriesSoFar, movie: Movie) -> LineSeries | None:
        now = self._clock()
        if now - self._told.get(line, -1e9) < TELL_EVERY_S:
            return None
        self._told[line] = now
        return series.answer(movie)
