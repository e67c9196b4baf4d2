"""The whole analysis of a run: steps, terraces, facets, spirals and roughness, in one reading of its frames."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, fields, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eclips4d.core.errors import EclipsError
from eclips4d.metrology import facets, spirals
from eclips4d.metrology.facets.lattice import Planes
from eclips4d.metrology.facets.orientation import Orientation
from eclips4d.metrology.movie import Movie
from eclips4d.metrology.profiles.line import Line
from eclips4d.metrology.roughness.roughness import roughness_over_time
from eclips4d.metrology.shared_reading import go_through
from eclips4d.metrology.spirals.series import SpiralSeries
from eclips4d.metrology.steps.measure import LineSteps, follow_lines
from eclips4d.metrology.steps.passing import passage_table
from eclips4d.metrology.steps.summary import step_summary
from eclips4d.metrology.steps.table import event_table, step_table
from eclips4d.metrology.stored_movie import stored_movie
from eclips4d.metrology.terraces.series import TerraceSeries, terraces_over_time

if TYPE_CHECKING:
    import pandas as pd

SECTIONS = ("steps", "terraces", "facets", "spirals", "roughness")
"""What can be asked for, in the order of a report."""


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked of a run.

    Attributes
    ----------
    sections : tuple of str
        Some of `SECTIONS`.
    lines : tuple of Line
        Along which steps are followed; through the middle of the field, left to right, when none is given.
    width_nm : float
        Over which profiles are averaged across a line.
    step_height_nm : float or None
        Of an elementary step: tells how many a spiral's arm holds.
    planes, orientation
        Crystal planes and how the crystal lies; with both, facets are named.
    """

    sections: tuple[str, ...] = SECTIONS
    lines: tuple[Line, ...] = ()
    width_nm: float = 0.0
    step_height_nm: float | None = None
    planes: Planes | None = None
    orientation: Orientation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """Answers; None where a section was not asked for or could not be answered.

    Attributes
    ----------
    lines : list of LineSteps or None
    terraces : TerraceSeries or None
    facets : pandas.DataFrame or None
        As `facets.follow`.
    spirals : SpiralSeries or None
    roughness : pandas.DataFrame or None
        As `roughness_over_time`.
    unanswered : dict of str to str
        By section: why there is no answer.
    """

    lines: list[LineSteps] | None = None
    terraces: TerraceSeries | None = None
    facets: pd.DataFrame | None = None
    spirals: SpiralSeries | None = None
    roughness: pd.DataFrame | None = None
    unanswered: dict[str, str] = field(default_factory=dict)

    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name, those without rows left out."""
        made: dict[str, pd.DataFrame] = {}
        if self.lines is not None:
            made["steps"] = step_table(self.lines)
            made["step summary"] = step_summary(self.lines, made["steps"])
            made["step events"] = event_table(self.lines)
            made["step passages"] = passage_table(made["steps"], [line.length_nm for line in self.lines])
        if self.terraces is not None:
            made |= {"terraces": self.terraces.frames, "levels": self.terraces.levels, "edges": self.terraces.blocks}
        if self.spirals is not None:
            made["spirals"] = self.spirals.table()
        made |= {n: t for n, t in (("facets", self.facets), ("roughness", self.roughness)) if t is not None}
        return {name: table for name, table in made.items() if len(table)}


def analyse(movie: Movie, questions: Questions | None = None) -> Analysis:
    """Go through a run once and answer everything that is asked, with a few frames in memory at a time.

    Parameters
    ----------
    movie : Movie
        As `movie.movie_of` makes it of a store.
    questions : Questions

    Raises
    ------
    ValueError
        A section that does not exist.
    """
    questions = questions or Questions()
    _check(questions)
    asked = {name: visitor for name, visitor in _visitors(movie, questions).items() if name in questions.sections}
    answers = go_through(movie, asked)
    unanswered = {name: str(answer) for name, answer in answers.items() if isinstance(answer, EclipsError)}
    for answer in answers.values():
        if isinstance(answer, BaseException) and not isinstance(answer, EclipsError):
            raise answer
    found = {_FIELDS.get(name, name): answer for name, answer in answers.items() if name not in unanswered}
    return Analysis(**found, unanswered=unanswered)


def analyse_store(path: Path | str, questions: Questions | None = None, processes: int = 2) -> Analysis:
    """As `analyse`, of a store, with several processes at work on a share of the sections each.

    Parameters
    ----------
    path
        Folder of the store.
    processes
        1 stays in this process and reads the run once; of 2 each reads it once for its share; of more each takes one
        section after the other, for which it reads the run.

    Raises
    ------
    InputError, StoreError
        There is no store, or it lacks heights or slopes.
    """
    questions = questions or Questions()
    _check(questions)
    if min(processes, len(questions.sections)) < 2:
        return _of_store(path, questions)
    tasks = [replace(questions, sections=share) for share in shares(questions.sections, processes)]
    with ProcessPoolExecutor(min(processes, len(tasks)), mp_context=get_context("spawn")) as pool:
        return _joined(list(pool.map(_of_store, [path] * len(tasks), tasks)))


def _of_store(path: Path | str, questions: Questions) -> Analysis:
    return analyse(stored_movie(path), questions)


def _joined(parts: list[Analysis]) -> Analysis:
    """What several have answered."""
    answered = {f.name: a for part in parts for f in fields(Analysis) if (a := getattr(part, f.name)) is not None}
    answered["unanswered"] = {name: why for part in parts for name, why in part.unanswered.items()}
    return Analysis(**answered)


def _check(questions: Questions) -> None:
    unknown = set(questions.sections) - set(SECTIONS)
    if unknown:
        raise ValueError(f"no section {sorted(unknown)[0]!r} among {', '.join(SECTIONS)}")


_FIELDS = {"steps": "lines"}
_TOGETHER = (("terraces", "spirals"), ("steps", "facets", "roughness"))
"""Two processes end at about the same time with these, whether it is terraces or spirals that the specimen has."""
_LONGEST_FIRST = ("terraces", "spirals", "steps", "facets", "roughness")
"""So that several processes end at about the same time, whichever is free taking the next."""


def shares(sections: tuple[str, ...], processes: int) -> list[tuple[str, ...]]:
    """Sections that are answered in one reading each, so that several processes have something to do."""
    together = [tuple(name for name in part if name in sections) for part in _TOGETHER]
    if processes == len(together) and all(together):
        return together
    return [(name,) for name in _LONGEST_FIRST if name in sections]


def middle_line(movie: Movie) -> Line:
    """Through the middle of the field, from left to right."""
    (rows, columns), (dx, dy), (x0, y0) = movie.shape, movie.grid.pixel_size_nm, movie.grid.origin_nm
    y = y0 + 0.5 * (rows - 1) * dy
    return (x0, y), (x0 + (columns - 1) * dx, y)


def _visitors(movie: Movie, questions: Questions) -> dict[str, Callable[[Movie], Any]]:
    lines = questions.lines or (middle_line(movie),)
    return {
        "steps": partial(follow_lines, lines=lines, width_nm=questions.width_nm),
        "terraces": terraces_over_time,
        "facets": partial(facets.follow, planes=questions.planes, orientation=questions.orientation),
        "spirals": partial(spirals.follow, step_height_nm=questions.step_height_nm),
        "roughness": roughness_over_time,
    }
