"""Taking over from a writer that ended, however it ended: the half done is cleared, the recorded is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from eclips4d.core.errors import StoreError
from eclips4d.core.results import Status
from eclips4d.storage.arrays import open_columns
from eclips4d.storage.columns import Column
from eclips4d.storage.commit import write_array_metadata
from eclips4d.storage.folder import JOURNAL
from eclips4d.storage.layout import DATUM, DRIFT
from eclips4d.storage.metadata import chunk_key
from eclips4d.storage.missing import lost_arrays
from eclips4d.storage.planes import clear_shards
from eclips4d.storage.record import Record
from eclips4d.storage.rows import read_status, whole_rows, write_settled

_RECORDED = ("frame_id", "time_end", "line_time", "time")
_SETTLED = Status.GAP | Status.DUPLICATE | Status.QUARANTINED | Status.DEFERRED


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
    for column in columns.values():
        column.extend(record.length)
    record.recorded = max(record.recorded, whole_rows(columns, record.recorded, record.length))
    _clear_unfinished(root, record, columns)
    _clear_unfinished_deferred(root, record, columns)
    write_array_metadata(root, record.specs().values(), record.length)


def clear_leftovers(root: Path, names: Iterable[str]) -> int:
    """Delete files that a killed writer had not renamed yet; how many there were."""
    folders = [root / JOURNAL, *(root / name for name in names)]
    stale = [p for folder in folders for p in folder.iterdir() if p.name.endswith((".partial", ".__lock"))]
    for path in stale:
        path.unlink()
    return len(stale)


def _clear_unfinished(root: Path, record: Record, columns: Mapping[str, Column]) -> None:
    """Reset raw rows from `recorded` on and results from `committed` on.

    Frames between the two keep those status bits that say why there will be no result.
    """
    clear_shards(root / "raw", record.recorded)
    for name in record.products:
        clear_shards(root / name, record.committed)
    between = range(record.committed, record.recorded)
    settled = {s: status for s in between if (status := read_status(columns, s) & _SETTLED)}
    for name, column in columns.items():
        kept = name in _RECORDED or name.startswith("side_")
        column.clear(record.recorded if kept else record.committed)
    for sequence, status in settled.items():
        write_settled(columns, sequence, status)


def _clear_unfinished_deferred(root: Path, record: Record, columns: Mapping[str, Column]) -> None:
    """Reset deferred frames whose results were being filled in."""
    status = columns["status"].read_range(0, record.committed).astype(np.uint8)
    waiting = (status & int(Status.DEFERRED) != 0) & (status & int(Status.DONE) == 0)
    planes = record.planes()
    for sequence in np.flatnonzero(waiting).tolist():
        for name in record.products:
            (root / name / chunk_key(planes[name], sequence)).unlink(missing_ok=True)
        for name in {*DRIFT, *DATUM, "latency_ms"} & set(columns):
            columns[name].write(sequence, np.full(columns[name].spec.row, np.nan))
        write_settled(columns, sequence, Status(int(status[sequence])))
