"""`eclips4d profile`: the steps on a line over time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from eclips4d.core.errors import InputError
from eclips4d.storage.objects import address

if TYPE_CHECKING:
    from eclips4d.metrology.steps.measure import LineSteps

MOST_STACKED = 64
LEAST_WINDOW = 3


def profile(
    store: Path,
    /,
    *,
    line: str,
    width: float = 0.0,
    out: Path | None = None,
    plot: Path | None = None,
    events: Path | None = None,
    stack: int = 1,
    lines: int = 1,
    window: int = 11,
    least: float = 0.0,
    wall: str | None = None,
) -> int:
    """Follow the steps on a line through a run: a table, a picture, or a short summary. Lengths are in nm.

    Example: `eclips4d profile movie.zarr --line 100,400,900,180 --width 40 --out steps.csv --plot steps.png`

    One row per frame and step: place along the line, height, angle, width, distance to the next step, velocity along
    the line and along the step's normal, each with its standard uncertainty and its random and systematic parts. Every
    position counts at the time at which its own row was scanned. A step keeps its number while it lives. A step that
    moves by more than half its spacing from frame to frame is marked `aliased`, one whose height depends on an angle of
    its wall that pixels do not tell `wall_open`. The run may be going on.

    Parameters
    ----------
    store
        The store of a run, finished or growing.
    line
        X0,Y0,X1,Y1: start and end on the registered grid (the store's coordinates x and y).
    width
        Over which is averaged across the line.
    out
        The table, `FILE.csv` or `FILE.parquet`, instead of the summary.
    plot
        A picture, `FILE.png`: the slope along the line over time with the steps on it, their heights and velocities.
    events
        What happened to steps, `FILE.csv` or `FILE.parquet`: born, merged, split, annihilated, entered, left.
    stack
        Means of so many successive frames instead of single ones, where these are too noisy.
    lines
        So many lines side by side, together `width` wide; a step has the same number on all of them.
    window
        Positions from which each velocity is taken.
    least
        Pass over steps lower than this.
    wall
        DEG or DEG:U: how steep the walls of the steps are, such as a crystal's faces, and the standard uncertainty of
        that, 1 when not given. Heights of steps whose walls are narrower than a pixel depend on it.
    """
    from eclips4d.metrology.steps.passing import passage_table
    from eclips4d.metrology.steps.summary import step_summary
    from eclips4d.metrology.steps.table import event_table, step_table
    from eclips4d.pipeline.profile_report.table import write
    from eclips4d.pipeline.profile_report.wall_words import wall_lines
    from eclips4d.pipeline.profile_report.words import event_lines, passage_lines, summary_table

    _check(out, plot, events, stack, lines, window, width)
    found = _followed(store, line, width, stack, lines, least, wall)
    table, happened = step_table(found, window), event_table(found)
    console = Console(markup=False)
    if out is not None:
        write(table, out)
        steps = table["step_id"].nunique()
        console.print(f"{out}: {steps} {'step' if steps == 1 else 'steps'}, {len(table)} rows", soft_wrap=True)
        for text in wall_lines(table):
            console.print(text, highlight=False, soft_wrap=True)
    else:
        console.print(summary_table(address(store), step_summary(found, table), len(found)), highlight=False)
        passed = passage_table(table, [line.length_nm for line in found])
        for text in (*event_lines(happened), *passage_lines(passed), *wall_lines(table)):
            console.print(text, highlight=False, soft_wrap=True)
    if events is not None:
        write(happened, events)
        console.print(f"{events}: {len(happened)} events", soft_wrap=True)
    if plot is not None:
        from eclips4d.pipeline.profile_report.picture import draw

        middle = len(found) // 2
        draw(found[middle], table[table["line"] == middle], store.name, plot)
        console.print(f"{plot}: kymograph, heights and velocities", soft_wrap=True)
    return 0


def _check(
    out: Path | None, plot: Path | None, events: Path | None, stack: int, lines: int, window: int, width: float
) -> None:
    from eclips4d.pipeline.profile_report.table import check_target

    for target in (out, events):
        if target is not None:
            check_target(target)
    if plot is not None:
        check_target(plot, (".png",))
    if not 1 <= stack <= MOST_STACKED:
        raise InputError(f"no stack of {stack} frames", where="--stack", cure=f"give 1 to {MOST_STACKED}")
    if lines < 1:
        raise InputError(f"no {lines} lines", where="--lines", cure="give 1 or more")
    if lines > 1 and not width > 0:
        raise InputError("lines side by side need room", where="--lines", cure="give --width, nm, of all together")
    if window < LEAST_WINDOW:
        raise InputError(f"no velocity from {window} positions", where="--window", cure=f"give {LEAST_WINDOW} or more")


def _followed(
    store: Path, line: str, width: float, stack: int, lines: int, least: float, wall: str | None
) -> list[LineSteps]:
    from dataclasses import replace

    from eclips4d.metrology.steps.area import follow_area
    from eclips4d.metrology.steps.follow import Finding
    from eclips4d.metrology.steps.measure import check_line, follow_line
    from eclips4d.pipeline.preparation import counting
    from eclips4d.pipeline.profile_report.line import parse_line
    from eclips4d.pipeline.profile_report.reading import open_movie
    from eclips4d.pipeline.profile_report.wall import declared_wall

    ends, finding = parse_line(line), Finding(least_height_nm=least)
    known = declared_wall(wall)
    with (
        counting(Console(stderr=True, markup=False), "following the steps") as report,
        open_movie(store, stack, report) as opened,
    ):
        movie = replace(opened, wall=known)
        try:
            check_line(ends, width, movie)
        except InputError as error:
            raise InputError(error.what, where=error.where or str(store), cure=error.cure) from error
        if lines == 1:
            return [follow_line(movie, ends, width, finding)]
        return follow_area(movie, ends, width, lines, finding)
