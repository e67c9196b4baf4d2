"""What the page is made from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eclips4d.core.calibration import Calibration
from eclips4d.core.instrument import Instrument
from eclips4d.metrology.analysis import Analysis
from eclips4d.metrology.datum import DatumSeries
from eclips4d.metrology.drift import DriftSeries
from eclips4d.metrology.movie import Movie
from eclips4d.pipeline.run_report.chosen_line import ChosenLine
from eclips4d.pipeline.run_report.crystal import Crystal
from eclips4d.storage.reader import StoreSummary

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What can be measured of a run, and what was.

    Attributes
    ----------
    movie : Movie
        The surfaces that were measured: single frames, or means that share none.
    singles : Movie
        Single frames.
    line : ChosenLine
        Where steps were followed.
    analysis : Analysis
    """

    movie: Movie
    singles: Movie
    line: ChosenLine
    analysis: Analysis


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """A run as it stands at one moment.

    Attributes
    ----------
    path : Path
        Of the store.
    held : StoreSummary
    instrument : Instrument
    calibrations : tuple of Calibration
        Snapshots, in order.
    run : xarray.Dataset
        Committed single frames.
    drift : DriftSeries or None
        None where the store lacks its columns.
    datum : DatumSeries or None
    measured : Measured or None
        None where nothing can be measured.
    why_not : str
        The reason.
    stack : int
        How many frames each surface is a mean of.
    made_utc : str
        When the page is made.
    crystal : Crystal
        Of which facets are taken to be planes.
    """

    path: Path
    held: StoreSummary
    instrument: Instrument
    calibrations: tuple[Calibration, ...]
    run: xr.Dataset
    drift: DriftSeries | None
    datum: DatumSeries | None
    measured: Measured | None
    why_not: str
    stack: int
    made_utc: str
    crystal: Crystal
