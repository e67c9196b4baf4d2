"""Under which conditions a run was recorded and inverted: all that its store tells a budget."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

import eclips4d.storage as storage
from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.core.results import Status
from eclips4d.inference.closed_form import ClosedFormSlopes, closed_form_slopes
from eclips4d.metrology.budget.declared import NOTHING, Declared
from eclips4d.storage.folder import load_record

if TYPE_CHECKING:
    import xarray as xr

_EVERY = 8
"""Rows and columns of which one tells the mean signal."""
_LAMBERT_SIMULATOR = "sim://"


@dataclass(frozen=True, slots=True, eq=False)
class Conditions:
    """What a budget needs beside the reading.

    Attributes
    ----------
    instrument : Instrument
    calibration : Calibration
        With which the frames were inverted.
    rows : int
        Of a frame.
    signal_adu : float
        Mean signal above dark, over the gain.
    side : mapping of str to float
        Side values, means over the run.
    drift_rate_px, drift_sd_px : (float, float)
        Root mean squares over the aligned frames: change of the drift during a frame, and its standard deviation; row,
        column.
    lambert_specimen : bool
        True where the specimen is known to emit by Lambert's law: a simulated one.
    declared : Declared
        What the user says of uncertainties.
    """

    instrument: Instrument
    calibration: Calibration
    rows: int
    signal_adu: float
    side: Mapping[str, float] = field(default_factory=dict)
    drift_rate_px: tuple[float, float] = (0.0, 0.0)
    drift_sd_px: tuple[float, float] = (0.0, 0.0)
    lambert_specimen: bool = False
    declared: Declared = NOTHING
    _made: dict[str, ClosedFormSlopes] = field(default_factory=dict, repr=False)

    @property
    def inversion(self) -> ClosedFormSlopes:
        """From segments to slopes, made once: its tables take seconds."""
        made = self._made.get("inversion")
        return made or self._made.setdefault("inversion", closed_form_slopes(self.instrument))

    @property
    def pixel_size_nm(self) -> tuple[float, float]:
        """Along x and y."""
        return self.instrument.scan.pixel_size_xy_nm

    @property
    def from_artefact(self) -> bool:
        """Whether an artefact has fixed the contrast, and under conditions like these."""
        section = self.instrument.calibration
        return bool(section and section.kappa) and not self.instrument.calibration_differences(self.side)


def conditions_of(path: Path | str, declared: Declared = NOTHING) -> Conditions:
    """Read them from a store; what it does not tell is declared, or assumed by the budget, which says so.

    Parameters
    ----------
    path
        Folder of the store; it may be growing.

    Raises
    ------
    InputError, StoreError
        There is no store, or no frame of it was inverted yet.
    """
    record, run = load_record(Path(path)), storage.open(path)
    status = run["status"].values.astype(np.int64)
    done = np.flatnonzero(status & int(Status.DONE))
    if not record.calibrations or not done.size:
        raise InputError("no frame was inverted yet", where=str(path), cure="wait for the first result")
    last = int(done[-1])
    calibration = record.calibrations[int(run["calibration"].values[last])]
    aligned = done[(status[done] & int(Status.NOT_ALIGNED)) == 0]
    return Conditions(
        instrument=record.instrument,
        calibration=calibration,
        rows=run.sizes["y"],
        signal_adu=signal_above_dark(run["raw"][last, :, ::_EVERY, ::_EVERY].values, calibration),
        side=_side(run, done),
        drift_rate_px=_rms(run, "drift_rate", aligned),
        drift_sd_px=_rms(run, "drift_sd", aligned),
        lambert_specimen=_emits_by_lambert(record.source.address),
        declared=declared,
    )


def signal_above_dark(raw: RawArray, calibration: Calibration) -> float:
    """Mean over the segments of (raw − dark)/gain, adu; raw [segment, y, x]."""
    means = raw.reshape(len(raw), -1).mean(axis=1, dtype=np.float64)
    return float(np.mean((means - calibration.offset_adu) / np.asarray(calibration.gain)))


def _emits_by_lambert(address: str) -> bool:
    return address.startswith(_LAMBERT_SIMULATOR) and ("emission=" not in address or "emission=lambert" in address)


def _side(run: xr.Dataset, frames: NDArray[np.int64]) -> dict[str, float]:
    """Side values by the names that calibrations know them by."""
    names = [str(n) for n in run.variables if str(n).startswith("side_")]
    return {name.removeprefix("side_"): _mean(run, name, frames) for name in names}


def _mean(run: xr.Dataset, name: str, frames: NDArray[np.int64]) -> float:
    values = run[name].values[frames].astype(np.float64)
    values = values[np.isfinite(values)]
    return float(values.mean()) if values.size else math.nan


def _rms(run: xr.Dataset, name: str, frames: NDArray[np.int64]) -> tuple[float, float]:
    if name not in run.variables or not frames.size:
        return 0.0, 0.0
    values = run[name].values[frames].astype(np.float64)
    row, column = np.sqrt(np.nanmean(np.nan_to_num(values) ** 2, axis=0))
    return float(row), float(column)
