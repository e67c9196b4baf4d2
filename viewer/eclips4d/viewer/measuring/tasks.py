"""What takes long and is asked for once: tables as files, spirals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from eclips4d.core.errors import InputError
from eclips4d.viewer.leaving import to_the_end
from eclips4d.viewer.measuring.answers import SpiralReading
from eclips4d.viewer.measuring.movies import Movies
from eclips4d.viewer.measuring.rows import Row, check_target, table_of, write
from eclips4d.viewer.measuring.shapes import LineShape

if TYPE_CHECKING:
    from eclips4d.metrology.profiles.wall import Wall

Pause: TypeAlias = Callable[[str], None]
"""Told what is done, before each piece of work; it may rest, and raises when the window closes."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task ended, in words, and what it found."""

    words: str
    spirals: SpiralReading | None = None


class Task(Protocol):
    """Done on the thread that measures; raises what the window then says."""

    def __call__(self, movies: Movies, pause: Pause) -> Outcome:
        """Do it."""


@dataclass(frozen=True, slots=True)
class WriteRows:
    """The rows of the table as a file."""

    rows: tuple[Row, ...]
    path: Path

    def __call__(self, movies: Movies, pause: Pause) -> Outcome:
        """As `rows.write`; nothing is waited for, so that it is written even if the window closes at once."""
        to_the_end(lambda: write(table_of(self.rows), self.path))
        return Outcome(f"{len(self.rows)} rows in {self.path}")


@dataclass(frozen=True, slots=True)
class WriteSteps:
    """The steps of a line in all frames as a file: the very table that `eclips4d profile` writes."""

    name: str
    line: LineShape
    path: Path
    wall: Wall | None = None

    def __call__(self, movies: Movies, pause: Pause) -> Outcome:
        """Go through all frames, and write."""
        check_target(self.path)
        from eclips4d.metrology.movie import SurfaceFrame
        from eclips4d.metrology.steps.measure import follow_line
        from eclips4d.metrology.steps.table import step_table

        movie = movies.look()
        if not len(movie):
            raise InputError("no frame has a surface yet", cure="wait for results")

        def read(frame: int) -> SurfaceFrame:
            pause(f"steps of {self.name}: frame {frame} of {movie.frames[-1]}")
            return movie.read(frame)

        told = replace(movie, read=read, wall=self.wall)
        table = step_table([follow_line(told, self.line.ends, self.line.width_nm)])
        pause(f"writing {self.path.name}")
        to_the_end(lambda: write(table, self.path))
        steps = table["step_id"].nunique()
        return Outcome(f"{steps} steps of {self.name} in {len(movie)} frames, {len(table)} rows in {self.path}")


@dataclass(frozen=True, slots=True)
class FindSpirals:
    """Spirals in the frames up to one."""

    last: int

    def __call__(self, movies: Movies, pause: Pause) -> Outcome:
        """As `read_spirals`."""
        pause("looking for spirals")
        from eclips4d.viewer.measuring.read_spirals import read_spirals

        found = read_spirals(movies.look(aligned_only=False), self.last, pause)
        count = len(found.cores)
        words = "no spiral" if not count else f"{count} spiral{'s' if count > 1 else ''}"
        return Outcome(f"{words} in frames {found.first} to {found.last}", found)
