"""The raw frames of a run followed once more, from the first to the last, for the drift that is known afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from eclips4d import storage
from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError
from eclips4d.core.frame import FrameHeader, RawArray
from eclips4d.core.results import Status
from eclips4d.metrology.drift import DriftSeries
from eclips4d.metrology.smoothed import with_drifts
from eclips4d.registration.track import follow
from eclips4d.storage.folder import load_record
from eclips4d.storage.reader import StoredFrames

Report = Callable[[int, int], None]
"""Called with how many frames are followed, and how many there are."""
USELESS = Status.GAP | Status.QUARANTINED


def smoothed_series(store: Path, live: DriftSeries, report: Report) -> DriftSeries:
    """The drift of `live`'s frames as all recorded frames together tell it; gaps and quarantined frames have none.

    Parameters
    ----------
    store : Path
        The run.
    live : DriftSeries
        Its drift as found live.
    report
        Is told how far it is.

    Raises
    ------
    InputError
        No frame of the run was inverted yet, so that no calibration snapshot is there.
    StoreError
        Raw frames are missing or damaged.
    """
    calibration = first_calibration(store)
    frames = frames_to_follow(store, calibration.valid_from)
    return with_drifts(live, frames, follow(_read(store, frames, report), calibration).smoothed)


def first_calibration(store: Path) -> Calibration:
    """The calibration snapshot that holds for the frame on whose grid the run began.

    Raises
    ------
    InputError
        There is none yet.
    """
    snapshots = load_record(store).calibrations
    if not snapshots:
        cure = "run the source into this store without --record-only first"
        raise InputError("no frame was inverted yet: no calibration is there", where=str(store), cure=cure)
    return snapshots[0]


def frames_to_follow(store: Path, first: int) -> list[int]:
    """Recorded frames from `first` on that have pixels which could be inverted."""
    with storage.open(store, recorded=True) as run:
        status = run["status"].values.astype(np.int64)
    there = np.flatnonzero((status & int(USELESS)) == 0)
    return [int(frame) for frame in there if frame >= first]


def _read(store: Path, frames: list[int], report: Report) -> Iterator[tuple[FrameHeader, RawArray]]:
    held = StoredFrames(store)
    for done, frame in enumerate(frames, start=1):
        yield held.header(frame), held.raw(frame)
        report(done, len(frames))
