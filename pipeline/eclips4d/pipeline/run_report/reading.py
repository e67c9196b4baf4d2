"""From a store to what the page is made from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import xarray as xr

from eclips4d import storage
from eclips4d.core.errors import EclipsError, InputError
from eclips4d.metrology.datum import read_datum
from eclips4d.metrology.drift import DriftSeries, read_drift
from eclips4d.metrology.movie import Movie, movie_of
from eclips4d.metrology.profiles.wall import Wall
from eclips4d.metrology.steps.measure import check_line
from eclips4d.pipeline.profile_report.reading import open_movie
from eclips4d.pipeline.run_report.chosen_line import ChosenLine, choose_line
from eclips4d.pipeline.run_report.content import Content, Measured
from eclips4d.pipeline.run_report.crystal import Crystal, parse_crystal
from eclips4d.pipeline.run_report.measuring import Report, measure, profile_width_nm
from eclips4d.storage.folder import load_record


@contextmanager
def open_content(
    path: Path,
    line: ChosenLine | None = None,
    stack: int | None = None,
    report: Report = lambda done, of: None,
    crystal: Crystal | None = None,
    wall: Wall | None = None,
) -> Iterator[Content]:
    """What is committed at this moment, measured.

    Parameters
    ----------
    path
        The store of a run, finished or growing.
    line
        Where steps are followed; chosen from the surfaces when not given.
    stack
        How many frames each measured surface is a mean of; what the run was begun with when not given.
    report
        Is told how many frames are measured, and how many there are.
    crystal
        Of which facets are taken to be planes; cubic when not given.
    wall
        How steep the walls of steps are, where the user knows.

    Raises
    ------
    InputError
        No store, nothing is committed yet, or the line leaves the field.
    StoreError
        It is damaged beyond reading.
    """
    held, record = storage.summary(path), load_record(path)
    count = held.stack if stack is None else stack
    with storage.open(path) as run, ExitStack() as opened:
        if not run.sizes["time"]:
            raise InputError("no frame is committed yet", where=str(path), cure="wait for the first frame")
        try:
            singles = movie_of(run, held.pixel_size_nm)
            movie = replace(singles if count == 1 else opened.enter_context(open_movie(path, count)), wall=wall)
            why = "" if movie.frames else "no committed frame has a surface that was aligned"
        except EclipsError as error:
            why = str(error)
        yield Content(
            path=path,
            held=held,
            instrument=record.instrument,
            calibrations=tuple(record.calibrations),
            run=run,
            drift=_drift(run, held.pixel_size_nm),
            datum=read_datum(run),
            measured=None if why else _measured(movie, singles, line, report),
            why_not=why,
            stack=count,
            made_utc=datetime.now(UTC).isoformat(timespec="seconds"),
            crystal=crystal or parse_crystal(),
        )


def _measured(movie: Movie, singles: Movie, line: ChosenLine | None, report: Report) -> Measured:
    if line is not None:
        check_line(line.line, profile_width_nm(movie), movie)
    chosen = choose_line(movie) if line is None else line
    return Measured(movie, singles, chosen, measure(movie, chosen.line, report))


def _drift(run: xr.Dataset, pixel_size_nm: tuple[float, float]) -> DriftSeries | None:
    try:
        return read_drift(run, pixel_size_nm)
    except EclipsError:
        return None
