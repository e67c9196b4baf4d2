"""A run as metrology sees it: one registered surface after the other, read when its turn comes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument
from eclips4d.core.results import Datum, Drift, FloatArray, Status
from eclips4d.metrology.profiles.response import USUAL, Response
from eclips4d.metrology.profiles.wall import Wall

if TYPE_CHECKING:
    import xarray as xr

NEEDED = ("height", "slope", "slope_sd")
"""Products without which nothing is measured."""

NO_DRIFT, UNOBSERVABLE = Drift((0.0, 0.0)), Datum()


@dataclass(frozen=True, slots=True)
class Grid:
    """What all frames of a run share.

    Attributes
    ----------
    pixel_size_nm : (float, float)
        Along x and y.
    origin_nm : (float, float)
        Coordinates (x, y) of the centre of the first pixel.
    slope_scale_u : float
        Relative standard uncertainty of the slope scale, which slopes and heights share; it does not average out.
    noise_correlation_px : float
        Effective number of pixels that share one value of the noise.
    calibrated : bool
        False when the scale of slopes and heights is nominal.
    pixel_scale_u : float
        Relative standard uncertainty of the pixel size, which all lengths share, x and y alike; 0 where nothing is
        stated of it.
    """

    pixel_size_nm: tuple[float, float]
    origin_nm: tuple[float, float] = (0.0, 0.0)
    slope_scale_u: float = 0.0
    noise_correlation_px: float = 1.0
    calibrated: bool = True
    pixel_scale_u: float = 0.0

    @property
    def height_scale_u(self) -> float:
        """Relative standard uncertainty that all heights share: they are slopes summed up over pixels."""
        return math.hypot(self.slope_scale_u, self.pixel_scale_u)


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceFrame:
    """One registered surface.

    Attributes
    ----------
    frame : int
        Its number in the run.
    time_s : float
        Start of its first row.
    row_time_s : float64 [y]
        When each row of the registered grid was seen.
    height : float32 [y, x]
        nm; NaN where nothing was seen.
    slope : float32 [2, y, x]
        dh/dx, dh/dy.
    slope_sd : float32 [y, x]
        Of the random part of one slope component.
    height_sd : float32 [y, x] or None
        nm, of the random part.
    trust : uint8 [y, x] or None
    drift : Drift
    datum : Datum
        Plane by which the height lies off the reference frame's; unobservable where nothing static was found.
    """

    frame: int
    time_s: float
    row_time_s: NDArray[np.float64]
    height: FloatArray
    slope: FloatArray
    slope_sd: FloatArray
    height_sd: FloatArray | None = None
    trust: NDArray[np.uint8] | None = None
    drift: Drift = NO_DRIFT
    datum: Datum = UNOBSERVABLE

    @property
    def crept(self) -> bool:
        """Whether its drift during the scan is still in it: the reference's own is never known, nor one not aligned."""
        return self.drift.reference == self.frame or not self.drift.aligned


@dataclass(frozen=True, slots=True, eq=False)
class Movie:
    """Surfaces over time; iterating reads one after the other and keeps none.

    Attributes
    ----------
    grid : Grid
    shape : (int, int)
        Rows and columns.
    frames : tuple of int
        Numbers of the frames that have a surface: not gaps, not deferred.
    read : callable
        Reads one of them.
    side : dict of str to float64 [frames]
        Temperatures and the like, one value per member of `frames`.
    instrument : Instrument or None
        As the store describes it.
    wall : Wall or None
        How steep the walls of its steps are, where the user knows.
    """

    grid: Grid
    shape: tuple[int, int]
    frames: tuple[int, ...]
    read: Callable[[int], SurfaceFrame]
    side: dict[str, NDArray[np.float64]]
    instrument: Instrument | None = None
    wall: Wall | None = None

    @property
    def response(self) -> Response:
        """How the microscope shows a riser: by the instrument file, where there is one, and what the user knows."""
        response = USUAL if self.instrument is None else Response.of(self.instrument)
        return response if self.wall is None else self.wall.told_to(response)

    def __len__(self) -> int:
        return len(self.frames)

    def __iter__(self) -> Iterator[SurfaceFrame]:
        return map(self.read, self.frames)


def movie_of(run: xr.Dataset, pixel_size_nm: tuple[float, float], *, aligned_only: bool = True) -> Movie:
    """The surfaces of a store.

    Parameters
    ----------
    run : xarray.Dataset
        As `eclips4d.storage.open` or `eclips4d.metrology.stack.dataset.open_stacked` gives it.
    pixel_size_nm : (float, float)
        Along x and y.
    aligned_only : bool
        Leave out frames whose own shift was not found.

    Raises
    ------
    InputError
        The run lacks heights or slopes.
    """
    gone = [name for name in NEEDED if name not in run.variables]
    if gone:
        raise InputError(f"the run keeps no {gone[0]}", cure="run again and let --keep name height, slope and slope_sd")
    status = run["status"].values.astype(np.int64)
    wanted = (status & int(Status.DONE)) > 0
    if aligned_only:
        wanted &= (status & int(Status.NOT_ALIGNED)) == 0
    frames = tuple(int(k) for k in np.flatnonzero(wanted))
    names = ("time", "drift", "drift_rate", "drift_sd", "line_time", "reference", "datum", "datum_sd")
    columns = {name: run[name].values for name in names if name in run.variables}
    sides = {
        str(n): run[n].values[list(frames)].astype(np.float64) for n in run.variables if str(n).startswith("side_")
    }

    def read(frame: int) -> SurfaceFrame:
        return _frame(run, columns, frame, aligned=not status[frame] & int(Status.NOT_ALIGNED))

    shape = run.sizes["y"], run.sizes["x"]
    return Movie(_grid(run, pixel_size_nm), shape, frames, read, sides, _instrument(run))


def row_times(rows: int, time_s: float, line_time_s: float, drift: Drift) -> NDArray[np.float64]:
    """When each row of the registered grid was seen, [rows], s.

    What lies on row y of the grid was recorded on row r = y + start + rate · r / (rows - 1).

    Parameters
    ----------
    time_s
        Start of the frame's first row.
    line_time_s
        From row to row; 0 or less for a frame that counts as taken in one instant.
    """
    creep = drift.rate[0] / max(rows - 1, 1)
    recorded = (np.arange(rows) + drift.start[0]) / (1.0 - creep)
    return np.asarray(time_s + max(line_time_s, 0.0) * recorded, np.float64)


def _grid(run: xr.Dataset, pixel_size_nm: tuple[float, float]) -> Grid:
    said = {**run["height"].attrs, **run["slope_sd"].attrs}
    return Grid(
        pixel_size_nm=pixel_size_nm,
        origin_nm=(float(run["x"].values[0]), float(run["y"].values[0])),
        slope_scale_u=float(said.get("scale_u", 0.0)),
        noise_correlation_px=float(said.get("noise_correlation_px", 1.0)),
        calibrated=bool(said.get("calibrated", True)),
        pixel_scale_u=float(run["x"].attrs.get("scale_u", 0.0)),
    )


def _instrument(run: xr.Dataset) -> Instrument | None:
    described = run.attrs.get("instrument")
    return Instrument.model_validate(described) if described else None


def _frame(run: xr.Dataset, columns: dict[str, NDArray[Any]], frame: int, aligned: bool) -> SurfaceFrame:
    drift = _on_grid(columns, frame, aligned)
    time_s = float(columns["time"][frame])
    line_time_s = float(columns["line_time"][frame]) if "line_time" in columns else 0.0
    return SurfaceFrame(
        frame=frame,
        time_s=time_s,
        row_time_s=row_times(run.sizes["y"], time_s, line_time_s, drift),
        height=run["height"][frame].values,
        slope=run["slope"][frame].values,
        slope_sd=_single(run["slope_sd"][frame].values),
        height_sd=_single(run["height_sd"][frame].values) if "height_sd" in run.variables else None,
        trust=run["trust"][frame].values if "trust" in run.variables else None,
        drift=drift,
        datum=_datum(columns, frame),
    )


def _single(values: NDArray[Any]) -> FloatArray:
    # Stored in half precision, with which compiled loops cannot work.
    return values.astype(np.float32)


def _on_grid(columns: dict[str, NDArray[Any]], frame: int, aligned: bool) -> Drift:
    # Stored relative to frame 0, wanted relative to the frame whose grid is used.
    start, rate, sd = (_pair(columns[name][frame]) for name in ("drift", "drift_rate", "drift_sd"))
    reference = int(columns["reference"][frame]) if "reference" in columns else 0
    row, column = _pair(columns["drift"][reference]) if 0 < reference <= frame else (0.0, 0.0)
    return Drift((start[0] - row, start[1] - column), rate, sd, aligned, reference)


def _pair(values: NDArray[Any]) -> tuple[float, float]:
    row, column = (float(v) if math.isfinite(v) else 0.0 for v in values)
    return row, column


def _datum(columns: dict[str, NDArray[Any]], frame: int) -> Datum:
    if "datum" not in columns or "datum_sd" not in columns:
        return Datum()
    plane, sd = (tuple(float(v) for v in columns[name][frame]) for name in ("datum", "datum_sd"))
    return Datum((plane[0], plane[1], plane[2]), (sd[0], sd[1], sd[2]))
