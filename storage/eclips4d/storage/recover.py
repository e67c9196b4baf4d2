"""Taking over from a writer that ended, however it ended: the half done is cleared, the recorded is kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np

from eclips4d.core.errors import StoreError
from eclips4d.core.results import Status
from eclips4d.storage.arrays import open_columns
from eclips4d.storage.columns import Column
from eclips4d.storage.commit import write_array_metadata
from eclips4d.storage.folder import EVENTS, PYRAMIDS, building_path
from eclips4d.storage.layout import DATUM, DRIFT
from eclips4d.storage.missing import lost_arrays, unfinished
from eclips4d.storage.planes import Planes, clear_other_layout, clear_shards
from eclips4d.storage.record import Record
from eclips4d.storage.rows import read_status, whole_rows, write_settled

_RECORDED = ("frame_id", "time_end", "line_time", "time")
_SETTLED = Status.GAP | Status.DUPLICATE | Status.QUARANTINED


def take_over(root: Path, record: Record) -> None:
    """Bring the files of a store to what its record says, and the record to what was durable beyond it.

    A frame may have been acknowledged while the commit that counts it was not made: a row that is whole counts.

    Raises
    ------
    StoreError
        A whole array was deleted: going on would hide that.
    """
    if lost := lost_arrays(root, record):
        raise StoreError(f"{', '.join(lost)} is missing", where=str(root), cure="run eclips4d info --repair on it")
    columns = open_columns(root, record)
    clear_leftovers(root, record.specs())
    for name, spec in record.planes().items():
        clear_other_layout(root / name, spec)
    end_torn_line(root / EVENTS)
    shutil.rmtree(building_path(root), ignore_errors=True)
    if not record.pyramids:
        shutil.rmtree(root / PYRAMIDS, ignore_errors=True)
    for column in columns.values():
        column.extend(record.length)
    record.recorded = max(record.recorded, whole_rows(columns, record.recorded, record.length))
    _clear_unfinished(root, record, columns)
    _clear_unfinished_deferred(root, record, columns)
    write_array_metadata(root, record.specs().values(), record.length)


def clear_leftovers(root: Path, names: Collection[str]) -> int:
    """Delete what a killed writer had not finished: files without their name, columns no commit knew; how many."""
    stale = unfinished(root, names)
    for path in stale:
        path.unlink()
    unknown = [folder for folder in root.glob("side_*") if folder.is_dir() and folder.name not in set(names)]
    for folder in unknown:
        shutil.rmtree(folder)
    return len(stale) + len(unknown)


def end_torn_line(path: Path) -> None:
    """Cut off an event that a crash left half written, so that the next one is not written into it."""
    data = path.read_bytes() if path.exists() else b""
    if data and not data.endswith(b"\n"):
        os.truncate(path, data.rfind(b"\n") + 1)


def _clear_unfinished(root: Path, record: Record, columns: Mapping[str, Column]) -> None:
    """Reset raw rows from `recorded` on and results from `committed` on.

    Frames between the two keep those status bits that say why there will be no result. That one was deferred counts
    with its commit only: before, nobody has committed from which state of registration it would be made up for.
    """
    clear_shards(root / "raw", record.recorded)
    for name in record.products:
        clear_shards(root / name, record.committed)
    between = range(record.committed, record.recorded)
    settled = {s: status for s in between if (status := read_status(columns, s) & _SETTLED)}
    for name, column in columns.items():
        kept = name in _RECORDED or name.startswith("side_")
        start = record.recorded if kept else record.committed
        # One write: a process that is killed here must not take why there is no result along.
        column.clear(start, {s: int(status) for s, status in settled.items()} if name == "status" else {})
    for sequence, status in settled.items():
        write_settled(columns, sequence, status)


def _clear_unfinished_deferred(root: Path, record: Record, columns: Mapping[str, Column]) -> None:
    """Reset deferred frames whose results were being filled in."""
    status = columns["status"].read_range(0, record.committed).astype(np.uint8)
    waiting = (status & int(Status.DEFERRED) != 0) & (status & int(Status.DONE) == 0)
    planes = Planes(root, record.planes().values())
    for sequence in np.flatnonzero(waiting).tolist():
        for name in record.products:
            planes.drop(name, sequence)
        for name in {*DRIFT, *DATUM, "latency_ms"} & set(columns):
            columns[name].write(sequence, np.full(columns[name].spec.row, np.nan))
        write_settled(columns, sequence, Status(int(status[sequence])))
