"""Taking over from a writer that ended, however it ended: the half done is cleared, the recorded is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from eclips4d.core.results import Status
from eclips4d.storage.columns import Column
from eclips4d.storage.folder import JOURNAL
from eclips4d.storage.planes import clear_shards
from eclips4d.storage.record import Record
from eclips4d.storage.rows import read_status, whole_rows, write_settled

_RECORDED = ("frame_id", "time_end", "line_time", "time")
_SETTLED = Status.GAP | Status.DUPLICATE | Status.QUARANTINED | Status.DEFERRED


def clear_leftovers(root: Path, names: Iterable[str]) -> int:
    """Delete files that a killed writer had not renamed yet; how many there were."""
    folders = [root / JOURNAL, *(root / name for name in names)]
    stale = [p for folder in folders for p in folder.iterdir() if p.name.endswith((".partial", ".__lock"))]
    for path in stale:
        path.unlink()
    return len(stale)


def count_recorded(record: Record, columns: Mapping[str, Column]) -> int:
    """Frames that are durable, counted or not: a frame may have been acknowledged and its commit not yet made."""
    return max(record.recorded, whole_rows(columns, record.recorded, record.length))


def clear_unfinished(root: Path, record: Record, columns: Mapping[str, Column], products: Iterable[str]) -> None:
    """Reset everything beyond what counts: raw rows from `recorded` on, results from `committed` on.

    Frames between the two keep those status bits that say why there will be no result.
    """
    clear_shards(root / "raw", record.recorded)
    for name in products:
        clear_shards(root / name, record.committed)
    between = range(record.committed, record.recorded)
    settled = {s: status for s in between if (status := read_status(columns, s) & _SETTLED)}
    for name, column in columns.items():
        kept = name in _RECORDED or name.startswith("side_")
        column.clear(record.recorded if kept else record.committed)
    for sequence, status in settled.items():
        write_settled(columns, sequence, status)
