"""The thread that measures: the latest question first, then tasks, then lines over time, one frame after the other.

Between two pieces of work it rests, longer while the run goes on, so that the run keeps its speed; there is never more
than this one thread. It is pulled: nothing calls back into the window.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from eclips4d.core.errors import EclipsError
from eclips4d.viewer.leaving import SOON_S
from eclips4d.viewer.measuring.answers import (
    Answers,
    AreaReading,
    Asked,
    LineReading,
    LineSeries,
    Question,
)
from eclips4d.viewer.measuring.movies import Movies
from eclips4d.viewer.measuring.rests import Rests, Work
from eclips4d.viewer.measuring.shapes import LineShape
from eclips4d.viewer.measuring.tasks import Task, WriteRows

if TYPE_CHECKING:
    from eclips4d.viewer.measuring.lines_over_time import LinesOverTime

LOOK_AGAIN_S = 0.25
MOST_READINGS, MOST_SERIES, MOST_TASKS = 16, 8, 8
BROKEN = (EclipsError, OSError, ValueError, KeyError, IndexError, RuntimeError, ArithmeticError, ImportError)
"""Whatever is broken in a store: the window says so and goes on."""

K = TypeVar("K")
V = TypeVar("V")


class Closing(BaseException):
    """The window closes in the middle of long work."""


class Analyst:
    """Measures on its own thread: `ask` and `take` from the window's timer, `close` with the window.

    Parameters
    ----------
    movies : Movies
        Where surfaces come from; used by the thread only.
    """

    def __init__(self, movies: Movies) -> None:
        self._movies = movies
        self._condition = threading.Condition()
        self._asked = Asked()
        self._tasks: deque[Task] = deque(maxlen=MOST_TASKS)
        self._answers = Answers()
        self._news = False
        self._closing = False
        self._answered: Question | None = None
        self._done_for: Asked | None = None
        self._lines: LinesOverTime | None = None
        self._rests = Rests()
        self._thread = threading.Thread(target=self._run, name="viewer-analyst", daemon=True)
        self._thread.start()

    def ask(self, asked: Asked) -> None:
        """Want this from now on, in place of what was wanted before."""
        with self._condition:
            if asked != self._asked:
                self._asked = asked
                self._condition.notify()

    def do(self, task: Task) -> None:
        """Want this done once."""
        with self._condition:
            self._tasks.append(task)
            self._condition.notify()

    def take(self) -> Answers | None:
        """What is known, when that is more than when it was taken last."""
        with self._condition:
            news, self._news = self._news, False
            return self._answers if news else None

    def close(self, timeout_s: float = SOON_S) -> None:
        """Stop the thread, which is waited for a moment; tables whose turn has not come are written here."""
        with self._condition:
            self._closing = True
            unwritten = [task for task in self._tasks if isinstance(task, WriteRows)]
            self._tasks.clear()
            self._condition.notify()
        for task in unwritten:
            with suppress(*BROKEN):  # nobody is there any more to be told
                task(self._movies, _nothing)
        self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            while True:
                kind = self._next_work()
                self._rests.begin()
                self._one_piece(kind)
                self._rests.end(kind, live=self._asked.live)
        except Closing:
            return
        finally:
            if not self._closing:
                told = self._answers.told + 1
                self._publish(
                    busy="", said="measuring has stopped; what happened stands in the terminal", failed=True, told=told
                )

    def _next_work(self) -> Work:
        """The most urgent that waits and has rested; until there is one, sleep."""
        with self._condition:
            while True:
                self._check_closing()
                left = {kind: self._left(kind) for kind in Work if self._waits(kind)}
                ready = next((kind for kind, seconds in left.items() if seconds == 0.0), None)
                if ready is not None:
                    return ready
                self._condition.wait(min(left.values(), default=None))

    def _waits(self, kind: Work) -> bool:
        if kind is Work.READING:
            return self._asked.reading is not None and self._asked.reading != self._answered
        if kind is Work.TASK:
            return bool(self._tasks)
        return bool(self._asked.lines) and self._done_for != replace(self._asked, reading=None)

    def _left(self, kind: Work) -> float:
        """A shape, or a wall, of which nothing was read yet waits for nothing, and a task rests within itself."""
        at_once = kind is Work.TASK or (kind is Work.READING and self._asks_anew())
        return 0.0 if at_once else self._rests.left(kind)

    def _check_closing(self) -> None:
        if self._closing:
            raise Closing

    def _one_piece(self, kind: Work) -> None:
        with self._condition:
            asked, reading = self._asked, self._asked.reading
            task = self._tasks.popleft() if kind is Work.TASK else None
        if task is not None:
            self._do(task)
        elif kind is Work.READING and reading is not None:
            self._read(reading)
        elif asked.lines:
            self._follow(asked)

    def _read(self, question: Question) -> None:
        self._prepare()
        answer = answer_to(question, self._movies)
        self._answered = question
        self._publish(readings=_with(self._answers.readings, question.shape, answer, MOST_READINGS), busy="")

    def _do(self, task: Task) -> None:
        try:
            outcome = task(self._movies, self._pause)
        except BROKEN as error:
            self._publish(busy="", said=one_line(error), failed=True, told=self._answers.told + 1)
            return
        found = outcome.spirals or self._answers.spirals
        self._publish(busy="", said=outcome.words, failed=False, told=self._answers.told + 1, spirals=found)

    def _pause(self, words: str) -> None:
        """Between two pieces of a task: say what is done, rest, and answer what cannot wait."""
        self._publish(busy=words)
        self._rests.end(Work.TASK, live=self._asked.live)
        with self._condition:
            self._condition.wait_for(lambda: self._closing or self._asks_anew(), self._rests.left(Work.TASK))
            self._check_closing()
            waits = self._waits(Work.READING) and self._left(Work.READING) == 0.0
            reading = self._asked.reading if waits else None
        self._rests.begin()
        if reading is not None:
            self._read(reading)
            self._rests.end(Work.READING, live=self._asked.live)
            self._publish(busy=words)
            self._rests.begin()

    def _follow(self, asked: Asked) -> None:
        lines = self._prepare()
        from eclips4d.viewer.measuring.lines_over_time import Progress

        try:
            movie = self._movies.look()
            progress, series = lines.work(movie, asked.lines, hurry=not asked.live)
        except BROKEN as error:
            progress, series = Progress.DONE, LineSeries(asked.lines[0], note=one_line(error))
        known = self._answers.series
        for line, note in lines.refused(asked.lines).items():
            if line not in known:
                known = _with(known, line, LineSeries(line, note=note), MOST_SERIES)
        if series is not None:
            known = _with(known, series.line, series, MOST_SERIES)
        if known is not self._answers.series or self._answers.busy:
            self._publish(series=known, busy="")
        if progress is Progress.DONE:
            self._done_for = replace(asked, reading=None)
        elif progress is Progress.WAITING:
            self._rests.hold(Work.LINES, LOOK_AGAIN_S)

    def _prepare(self) -> LinesOverTime:
        """The first time something is measured, libraries are loaded: say so."""
        if self._lines is None:
            self._publish(busy="getting ready to measure")
            from eclips4d.viewer.measuring.lines_over_time import LinesOverTime

            self._lines = LinesOverTime()
        return self._lines

    def _asks_anew(self) -> bool:
        reading = self._asked.reading
        answered = self._answered
        if reading is None or answered is None:
            return reading is not None
        return (reading.shape, reading.wall) != (answered.shape, answered.wall)

    def _publish(self, **changes: object) -> None:
        with self._condition:
            self._answers = replace(self._answers, **changes)  # type: ignore[arg-type]
            self._news = True


def answer_to(question: Question, movies: Movies) -> LineReading | AreaReading:
    """Read what is asked for; what cannot be read is answered with the reason."""
    from eclips4d.viewer.measuring.read_area import read_area
    from eclips4d.viewer.measuring.read_line import read_line

    is_line = isinstance(question.shape, LineShape)
    try:
        movie = movies.look(question.stack, aligned_only=False)
        return read_line(movie, question) if is_line else read_area(movie, question)
    except BROKEN as error:
        return LineReading(question, note=one_line(error)) if is_line else AreaReading(question, note=one_line(error))


def _nothing(words: str) -> None:
    """Nobody wants to know."""


def one_line(error: BaseException) -> str:
    """What an error says, without line breaks."""
    return " ".join(str(error).split()) or type(error).__name__


def _with(known: Mapping[K, V], key: K, value: V, most: int) -> Mapping[K, V]:
    """With one more, the last that was answered; the oldest are forgotten."""
    kept = {k: v for k, v in known.items() if k != key}
    for old in list(kept)[: max(0, len(kept) + 1 - most)]:
        del kept[old]
    return MappingProxyType({**kept, key: value})
