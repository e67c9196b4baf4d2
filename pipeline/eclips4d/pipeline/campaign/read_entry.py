"""What a store says of itself, for the catalogue: from its small arrays and its instrument description only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import EclipsError
from eclips4d.core.instrument import Instrument
from eclips4d.core.results import Status
from eclips4d.pipeline.campaign.entry import ModelShare, RunEntry, SideRange
from eclips4d.pipeline.campaign.gases import gases
from eclips4d.pipeline.run_report.sections.dose import dose_of
from eclips4d.storage.durable import disk_errors
from eclips4d.storage.folder import ROOT, load_record
from eclips4d.storage.reader import open as open_store
from eclips4d.storage.reader import summary

if TYPE_CHECKING:
    import xarray as xr

    from eclips4d.storage.record import Record

Flags = NDArray[np.uint8]


def stamp(path: Path) -> str:
    """What changes with every commit of the store at `path`: its metadata file is replaced by another.

    Raises
    ------
    OSError
        It is not there.
    """
    seen = (path / ROOT).stat()
    return f"{seen.st_mtime_ns}-{seen.st_size}-{seen.st_ino}"


def read_entry(path: Path) -> RunEntry:
    """Look at one store, finished or growing.

    Raises
    ------
    InputError, StoreError
        It is none, or it is damaged.
    """
    with disk_errors(path):
        before = stamp(path)
    held, record = summary(path), load_record(path)
    instrument = record.instrument
    status, times, side, models = _columns(path, record)
    scanned = dose_of(instrument, held.recorded)
    counted = status[: held.committed]
    return RunEntry(
        path=str(path.resolve()),
        stamp=before,
        run_id=held.run_id,
        begun_utc=held.source.start_utc,
        seconds=float(times[-1] - times[0]) if len(times) else 0.0,
        ended=held.ended,
        source=held.source.address,
        frames=held.committed,
        recorded=held.recorded,
        rows=held.shape[1],
        columns=held.shape[2],
        segments=held.shape[0],
        pixel_nm=held.pixel_size_nm[0],
        energy_kev=instrument.beam.energy_kev,
        distance_mm=instrument.detector.height_mm,
        instrument=held.source.instrument,
        material=_material(instrument),
        gas=", ".join(gases(instrument.specimen or {}, side)),
        specimen=msgspec.json.encode(instrument.specimen or {}).decode(),
        calibrated=held.calibrated,
        scale_u=held.scale_u,
        fluence_nm2=None if scanned is None else scanned.total_nm2,
        gaps=_count(counted, Status.GAP),
        deferred=int(np.sum((_has(counted, Status.DEFERRED)) & ~_has(counted, Status.DONE))),
        unaligned=_count(counted, Status.NOT_ALIGNED),
        doubted=_count(counted, Status.DOUBTED),
        version=held.version,
        side=side,
        models=models,
    )


def _material(instrument: Instrument) -> str:
    said = (instrument.specimen or {}).get("material", "")
    return said.strip().lower() if isinstance(said, str) else ""


def _has(status: Flags, bit: Status) -> NDArray[np.bool_]:
    return np.asarray(status & int(bit) != 0)


def _count(status: Flags, bit: Status) -> int:
    return int(_has(status, bit).sum())


def _columns(
    path: Path, record: Record
) -> tuple[Flags, NDArray[np.float64], tuple[SideRange, ...], tuple[ModelShare, ...]]:
    """Status, times, side values and models, of the frames recorded."""
    with disk_errors(path), open_store(path, recorded=True) as run:
        status = np.asarray(run["status"].values, np.uint8)
        times = np.asarray(run["time"].values, np.float64)
        side = tuple(_range(run, name, unit) for name, unit in sorted(record.side_units.items()))
    return status, times, side, _models(path, record)


def _range(run: xr.Dataset, name: str, unit: str) -> SideRange:
    values = np.asarray(run[f"side_{name}"].values, np.float64) if f"side_{name}" in run else np.empty(0)
    values = values[np.isfinite(values)]
    if not values.size:
        return SideRange(name=name, unit=unit, least=None, mean=None, most=None)
    least, mean, most = float(values.min()), float(values.mean()), float(values.max())
    return SideRange(name=name, unit=unit, least=least, mean=mean, most=most)


def _models(path: Path, record: Record) -> tuple[ModelShare, ...]:
    try:
        with disk_errors(path), open_store(path) as run:
            done = np.asarray(run["status"].values & int(Status.DONE) != 0)
            used = np.asarray(run["model"].values)[done]
    except (EclipsError, KeyError):
        used = np.empty(0, np.int64)  # how many frames each has made is not known, but which there are is
    return tuple(
        ModelShare(name=m.name, fingerprint=m.fingerprint, engine=m.engine, frames=int(np.sum(used == k)))
        for k, m in enumerate(record.models)
    )
