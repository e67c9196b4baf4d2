"""Everything that metrology finds on a run, in one reading of it; what fails alone fails alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from eclips4d.core.errors import EclipsError
from eclips4d.metrology.analysis import SECTIONS, Analysis, Questions, analyse
from eclips4d.metrology.movie import Movie, SurfaceFrame
from eclips4d.metrology.profiles.line import Line

Report = Callable[[int, int], None]

FAILURES = (EclipsError, ArithmeticError, LookupError, OSError, ValueError)
"""What data that nobody foresaw may raise; slips of our own (names, types) still end the command."""
WIDTH_PX = 8.0
"""Over which profiles are averaged across the line."""


def measure(movie: Movie, line: Line, report: Report = lambda done, of: None) -> Analysis:
    """Steps along a line, terraces, facets, spirals, roughness.

    Parameters
    ----------
    movie
        Surfaces; each is read once.
    line
        (x, y) of both ends, nm.
    report
        Is told how many frames are read, and how many there are.
    """
    asked = Questions(lines=(line,), width_nm=profile_width_nm(movie))
    try:
        return analyse(replace(movie, read=_reported(movie, report)), asked)
    except FAILURES:
        return _one_by_one(movie, asked)


def profile_width_nm(movie: Movie) -> float:
    """Some pixels: noise is averaged, and edges that are crossed aslant are still narrow."""
    return WIDTH_PX * min(movie.grid.pixel_size_nm)


def words(error: BaseException) -> str:
    """One line about a failure; where it was not said on purpose, with its kind."""
    said = isinstance(error, EclipsError) or type(error) is ValueError
    return str(error) if said else f"{type(error).__name__}: {error}"


def _one_by_one(movie: Movie, asked: Questions) -> Analysis:
    """The same, a reading for each section, so that one that fails takes nothing with it."""
    found = Analysis()
    for section in SECTIONS:
        try:
            one = analyse(movie, replace(asked, sections=(section,)))
        except FAILURES as error:
            one = Analysis(unanswered={section: words(error)})
        found = _merged(found, one)
    return found


def _merged(first: Analysis, second: Analysis) -> Analysis:
    names = ("lines", "terraces", "facets", "spirals", "roughness")
    new = {name: getattr(second, name) for name in names if getattr(second, name) is not None}
    return replace(first, **new, unanswered={**first.unanswered, **second.unanswered})


def _reported(movie: Movie, report: Report) -> Callable[[int], SurfaceFrame]:
    places = {frame: k for k, frame in enumerate(movie.frames, 1)}
    furthest = 0

    def read(frame: int) -> SurfaceFrame:
        nonlocal furthest
        if places[frame] > furthest:  # looks back are not told
            furthest = places[frame]
            report(furthest, len(movie))
        return movie.read(frame)

    return read
