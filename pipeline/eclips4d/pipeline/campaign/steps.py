"""The steps on a line of one run, as `eclips4d profile` follows them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from eclips4d.core.errors import InputError
from eclips4d.pipeline.campaign.entry import RunEntry
from eclips4d.pipeline.campaign.joined import MakeTable
from eclips4d.pipeline.profile_report.line import parse_line

if TYPE_CHECKING:
    import pandas as pd

    from eclips4d.metrology.profiles.wall import Wall


def steps_of(line: str, width_nm: float, stack: int, wall: Wall | None = None, *, summary: bool) -> MakeTable:
    """The table of one run's steps, or with `summary` of their means; `wall` as of `metrology.movie.Movie`.

    Raises
    ------
    InputError
        The line is none. The table raises it, too: the line leaves the run's field.
    """
    ends = parse_line(line)

    def table(run: RunEntry) -> pd.DataFrame:
        from eclips4d.metrology.steps.measure import check_line, follow_line
        from eclips4d.metrology.steps.summary import step_summary
        from eclips4d.metrology.steps.table import step_table
        from eclips4d.pipeline.profile_report.reading import open_movie

        with open_movie(Path(run.path), stack) as opened:
            movie = replace(opened, wall=wall)
            try:
                check_line(ends, width_nm, movie)
            except InputError as error:
                raise InputError(error.what, where=run.path, cure=error.cure) from error
            found = [follow_line(movie, ends, width_nm)]
        steps = step_table(found)
        return step_summary(found, steps) if summary else steps

    return table
