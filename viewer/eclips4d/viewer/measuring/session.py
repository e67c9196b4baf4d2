"""All measuring of one window: what is drawn, what was read of it, what was noted down. Decides; draws nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from eclips4d.metrology.quantity import Quantity
from eclips4d.viewer.measuring.aliasing import drawn_aliased
from eclips4d.viewer.measuring.answers import Answers, AreaReading, Asked, LineReading, LineSeries, Question
from eclips4d.viewer.measuring.drawing import Drawing
from eclips4d.viewer.measuring.kymograph import Drawn
from eclips4d.viewer.measuring.movies import Movies, NoMovies
from eclips4d.viewer.measuring.readout import area_rows, ends_rows, line_rows, spiral_rows, velocity_row
from eclips4d.viewer.measuring.rows import Results, Row, check_target
from eclips4d.viewer.measuring.shapes import AreaShape, Shape
from eclips4d.viewer.measuring.sheet import Measurement, Sheet
from eclips4d.viewer.measuring.tasks import FindSpirals, Task, WriteRows, WriteSteps
from eclips4d.viewer.measuring.worker import Analyst
from eclips4d.viewer.profile import ReadOut
from eclips4d.viewer.state_line import Tone

if TYPE_CHECKING:
    from eclips4d.metrology.profiles.wall import Wall

SAID_FOR_S = 5.0


class Focus(Enum):
    """What `Enter` notes down."""

    SHAPE = "the selected measurement"
    VELOCITY = "the velocity drawn"
    SPIRALS = "the spirals"


class Session:
    """What a user measures.

    Parameters
    ----------
    movies : Movies, optional
        Where surfaces come from; nothing but profiles is measured without.
    clock : callable
        Seconds, of any origin.
    """

    def __init__(self, movies: Movies | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._movies = movies
        self._clock = clock
        self._analyst: Analyst | None = None
        self.drawing = Drawing()
        self._focus: tuple[Focus, Sheet] = (Focus.SHAPE, self.sheet)
        self._drawn: Drawn | None = None
        self.answers = Answers()
        self.results = Results()
        self.wall: Wall | None = None
        self._said: tuple[str, Tone, float] = ("", Tone.PLAIN, -math.inf)

    @property
    def sheet(self) -> Sheet:
        """All lines and areas."""
        return self.drawing.sheet

    @property
    def focus(self) -> Focus:
        """What `Enter` notes down: a shape again as soon as one is drawn, moved or chosen."""
        focus, of = self._focus
        return focus if of is self.sheet else Focus.SHAPE

    @property
    def drawn(self) -> Drawn | None:
        """The line drawn on the kymograph; gone as soon as the line below it is another one."""
        return self._drawn if self.focus is Focus.VELOCITY else None

    # What is said

    def say(self, words: str, *, failed: bool = False) -> None:
        """Tell the user something for some seconds."""
        self._said = words, Tone.NOTICE if failed else Tone.GOOD, self._clock() + SAID_FOR_S

    @property
    def words(self) -> tuple[str, Tone]:
        """What is to be told now: what goes on, how it ended; empty when there is nothing."""
        words, tone, until = self._said
        if self.answers.busy:
            return f"{self.answers.busy} …", Tone.PLAIN
        return (words, tone) if self._clock() < until else ("", Tone.PLAIN)

    # What is read of it

    def declare_wall(self, text: str) -> None:
        """How steep the walls of all steps are, DEG or DEG:U in degrees; an empty text: nobody knows.

        Raises
        ------
        InputError
            No angle that a wall has.
        """
        from eclips4d.metrology.profiles.wall import parse_wall

        self.wall = parse_wall(text) if text.strip() else None

    def pull(self, asked: Asked) -> None:
        """Ask, and take what is known by now."""
        wanted = self._movies is not None and (asked.reading is not None or bool(asked.lines))
        if self._analyst is None and not wanted:
            return
        if self._movies is not None:
            self._thread().ask(asked)
        answers = self._thread().take()
        if answers is None:
            return
        if answers.told != self.answers.told:
            self.say(answers.said, failed=answers.failed)
        if answers.spirals is not self.answers.spirals:
            self._focus = (Focus.SPIRALS, self.sheet)
        self.answers = answers

    def question(self, frame: int, stack: int) -> Question | None:
        """What is to be read of the selected measurement in a frame."""
        one = self.sheet.chosen
        return None if one is None else self._question(one.shape, frame, stack)

    def _question(self, shape: Shape, frame: int, stack: int) -> Question:
        return Question(shape, frame, stack, None if isinstance(shape, AreaShape) else self.wall)

    def line_reading(self, frame: int, stack: int) -> LineReading | None:
        """Of the line whose profile is shown, in this very frame; None while it is not read."""
        found = self.latest_line_reading()
        return found if found is not None and self._is_of(found.question, frame, stack) else None

    def latest_line_reading(self) -> LineReading | None:
        """Of the line whose profile is shown, maybe of an earlier frame."""
        found = None if self.drawing.line_shape is None else self.answers.readings.get(self.drawing.line_shape)
        return found if isinstance(found, LineReading) and found.question.wall == self.wall else None

    def area_reading(self, area: AreaShape) -> AreaReading | None:
        """The latest of an area, maybe of an earlier frame."""
        found = self.answers.readings.get(area)
        return found if isinstance(found, AreaReading) else None

    def series(self) -> LineSeries | None:
        """The line whose profile is shown, over time."""
        return None if self.drawing.line_shape is None else self.answers.series.get(self.drawing.line_shape)

    def draw_velocity(self, drawn: Drawn | None) -> None:
        """A line was drawn on the kymograph."""
        self._drawn = drawn
        self._focus = (Focus.SHAPE if drawn is None else Focus.VELOCITY, self.sheet)

    def velocity(self) -> Quantity | None:
        """Of the line drawn on the kymograph."""
        series = self.series()
        if self.drawn is None or series is None or not series.frames:
            return None
        return self.drawn.velocity(series.spacing_nm, series.frame_s)

    @property
    def velocity_aliased(self) -> bool:
        """Whether that line goes farther from frame to frame than half of what repeats on the kymograph."""
        series = self.series()
        return self.drawn is not None and series is not None and drawn_aliased(self.drawn, series)

    def present(self, frame: int, time_s: float, stack: int, ends: ReadOut | None) -> tuple[Row, ...]:
        """What `Enter` would note down now.

        Parameters
        ----------
        frame, time_s, stack
            What is shown.
        ends : ReadOut or None
            Of the line whose profile is shown, from end to end.
        """
        return tuple(self._present(frame, time_s, stack, ends))

    def note(self, rows: tuple[Row, ...]) -> None:
        """Note rows down."""
        fresh = self.results.append(rows)
        self.say(f"{fresh} rows noted" if fresh else "nothing new to note")

    def _present(self, frame: int, time_s: float, stack: int, ends: ReadOut | None) -> Iterator[Row]:
        one, velocity = self.sheet.chosen, self.velocity()
        if velocity is not None and self.drawn is not None:
            line = self.sheet.chosen_line
            name, aliased = "" if line is None else line.name, self.velocity_aliased
            yield velocity_row(name, frame, self.drawn.start[1], velocity, aliased=aliased)
        elif self.focus is Focus.SPIRALS and self.answers.spirals is not None:
            yield from spiral_rows(self.answers.spirals)
        elif one is not None:
            yield from self._of_shape(one, frame, time_s, stack, ends)

    def _of_shape(self, one: Measurement, frame: int, time_s: float, stack: int, ends: ReadOut | None) -> Iterator[Row]:
        if isinstance(one.shape, AreaShape):
            reading = self.area_reading(one.shape)
            if reading is not None and self._is_of(reading.question, frame, stack):
                yield from area_rows(one.name, reading)
            return
        if ends is not None:
            yield from ends_rows(one.name, frame, time_s, ends)
        steps = self.line_reading(frame, stack)
        if steps is not None:
            yield from line_rows(one.name, steps)

    # What takes long

    def find_spirals(self, last: int) -> None:
        """Look for spirals in the frames up to this one."""
        self._do(FindSpirals(last))

    def export_table(self, path: Path) -> None:
        """All rows as CSV or Parquet.

        Raises
        ------
        InputError
            A file that cannot be made.
        """
        check_target(path)
        self._do(WriteRows(self.results.rows, path))

    def export_steps(self, path: Path) -> None:
        """The steps of the line whose profile is shown, in all frames.

        Raises
        ------
        InputError
            A file that cannot be made.
        """
        check_target(path)
        one, shape = self.sheet.chosen_line, self.drawing.line_shape
        if one is not None and shape is not None:
            self._do(WriteSteps(one.name, shape, path, self.wall))

    def _do(self, task: Task) -> None:
        self._thread().do(task)

    def _thread(self) -> Analyst:
        """Begun when there is something to measure, not before."""
        if self._analyst is None:
            self._analyst = Analyst(self._movies or NoMovies())
        return self._analyst

    def close(self) -> None:
        """End the thread."""
        if self._analyst is not None:
            self._analyst.close()
            self._analyst, self._movies = None, None

    def _is_of(self, question: Question, frame: int, stack: int) -> bool:
        return question == self._question(question.shape, frame, stack)
