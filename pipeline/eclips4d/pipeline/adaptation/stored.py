"""A frame of a run as it was inverted: its pixels, its calibration in its own gas, and the model that read it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from eclips4d import storage
from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError
from eclips4d.core.frame import Frame
from eclips4d.core.instrument import Instrument
from eclips4d.core.results import Drift, Status
from eclips4d.core.source import SourceInfo
from eclips4d.inference.own_dark import calibration_of_frame
from eclips4d.storage.folder import load_record
from eclips4d.storage.record import ModelUsed


@dataclass(frozen=True, slots=True)
class StoredFrame:
    """One frame with results.

    Attributes
    ----------
    frame : Frame
    instrument : Instrument
    snapshot : Calibration
        As the run has it.
    calibration : Calibration
        The same in this frame's gas.
    model : ModelUsed
    drift : Drift
        Onto the grid that the run's heights are on.
    source : SourceInfo
    run_id : str
    """

    frame: Frame
    instrument: Instrument
    snapshot: Calibration
    calibration: Calibration
    model: ModelUsed
    drift: Drift
    source: SourceInfo
    run_id: str


def stored_frame(run: Path, sequence: int) -> StoredFrame:
    """Read it.

    Raises
    ------
    InputError
        No such frame, or it has no results.
    StoreError
        The store is damaged.
    """
    record, frames = load_record(run), storage.StoredFrames(run)
    with storage.open(run) as seen:
        count = seen.sizes["time"]
        if not 0 <= sequence < count or not int(seen["status"][sequence]) & Status.DONE:
            cure = f"the run has {count} committed frames; eclips4d drift shows which have results"
            raise InputError(f"frame {sequence} has no results", where=str(run), cure=cure)
        calibration, model, reference = (int(seen[name][sequence]) for name in ("calibration", "model", "reference"))
        start, rate = (seen[name].values[sequence].astype(float) for name in ("drift", "drift_rate"))
        start = start - seen["drift"].values[reference].astype(float)
        aligned = not int(seen["status"][sequence]) & Status.NOT_ALIGNED
    snapshot, raw, header = record.calibrations[calibration], frames.raw(sequence), frames.header(sequence)
    return StoredFrame(
        frame=Frame(header, raw),
        instrument=record.instrument,
        snapshot=snapshot,
        calibration=calibration_of_frame(snapshot, header, raw),
        model=record.models[model],
        drift=Drift((start[0], start[1]), (rate[0], rate[1]), aligned=aligned),
        source=record.source,
        run_id=record.run_id,
    )
