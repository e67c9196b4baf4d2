"""What a store costs by the frames that it holds already: committing one more, opening it, listing it, taking it over.

A store of so many frames is made by its writer, with the columns of a live run and, if wanted, the names of all raw
files; the files of most frames are empty, and their entries in the small arrays are put in at once. What is measured is
the real code on the first frame more.
"""

from __future__ import annotations

import math
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d import storage
from eclips4d.core.results import Status
from eclips4d.core.source import SourceInfo
from eclips4d.pipeline.campaign.read_entry import read_entry
from eclips4d.pipeline.store_report.rows import store_rows
from eclips4d.storage.columns import Column
from eclips4d.storage.folder import load_record
from eclips4d.storage.measure import numbered, synthetic_frame, synthetic_source
from eclips4d.storage.metadata import chunk_key
from eclips4d.storage.writer import StoreWriter

SIDE, BLOCK = 16, 4096
COMMITS = 20


@dataclass(frozen=True, slots=True)
class StoreCosts:
    """Of one store.

    Attributes
    ----------
    write_ms, commit_ms
        Processor time of writing one frame more, and of one commit more.
    open_ms, entry_ms
        Of opening it as a dataset, and of its line in a catalogue.
    report_ms, resume_ms
        Of `eclips4d info`, and of taking it over after a kill: both list its files. NaN where those were not made.
    metadata_bytes, events_bytes
        Of the file that a commit replaces, and of the events.
    files
        Of the small arrays.
    column_bytes
        On the disk, of one frame in the small arrays.
    """

    write_ms: float
    commit_ms: float
    open_ms: float
    report_ms: float
    entry_ms: float
    resume_ms: float
    metadata_bytes: float
    events_bytes: float
    files: float
    column_bytes: float


def store_costs(frames: int, *, listed: bool = True) -> StoreCosts:
    """Make such a store in the current folder, look at it, and remove it.

    Parameters
    ----------
    listed
        Whether it gets the names of its raw files.
    """
    scratch = Path(tempfile.mkdtemp(prefix="eclips4d-costs-", dir=Path.cwd()))
    try:
        return _looked_at(scratch / "run.zarr", frames, listed)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _looked_at(path: Path, frames: int, listed: bool) -> StoreCosts:
    source = endless()
    frame, _ = synthetic_frame(source, 0)
    with StoreWriter.create(path, source, "costs", keep=()) as store:
        store.write_frame(numbered(frame, frames)).result()  # grows it to that length
        _fill(path, frames)
        if listed:
            _name_files(path, frames)
        store.write_frame(numbered(frame, frames + 1)).result()
        store.commit(committed=frames, recorded=frames)
        write_ms = _cpu_ms(lambda: store.write_frame(numbered(frame, frames + 2)).result())
        commit_ms = min(_cpu_ms(lambda: store.commit(committed=frames, recorded=frames)) for _ in range(COMMITS))
        store.event({"event": "costs"})
    storage.open(path).close()  # imports are no cost of a store
    columns = [path / name for name in load_record(path).columns()]
    files = [file for folder in columns for file in folder.glob("c.*")]
    return StoreCosts(
        write_ms=write_ms,
        commit_ms=commit_ms,
        open_ms=_cpu_ms(lambda: storage.open(path).close()),
        entry_ms=_cpu_ms(lambda: read_entry(path)),
        report_ms=_cpu_ms(lambda: store_rows(path)) if listed else math.nan,
        resume_ms=_cpu_ms(lambda: StoreWriter.resume(path).close()) if listed else math.nan,
        metadata_bytes=(path / "zarr.json").stat().st_size,
        events_bytes=(path / "events.jsonl").stat().st_size,
        files=len(files),
        column_bytes=sum(file.stat().st_size for file in files) / _entries(frames),
    )


def endless() -> SourceInfo:
    """A source that nobody knows the end of."""
    return msgspec.structs.replace(synthetic_source(SIDE, 1), frames=None, can_wait=False)


def _entries(frames: int) -> int:
    return (frames // BLOCK + 1) * BLOCK


def _fill(path: Path, frames: int) -> None:
    """Give frames times, numbers and status."""
    record = load_record(path)
    columns = {name: Column(spec, path / name) for name, spec in record.columns().items()}
    sequences = np.arange(frames)
    _put(columns["frame_id"], sequences)
    _put(columns["time"], 1e-3 * sequences)
    _put(columns["status"], np.full(frames, int(Status.QUARANTINED)))


def _name_files(path: Path, frames: int) -> None:
    raw = load_record(path).planes()["raw"]
    for sequence in range(frames):
        (path / "raw" / chunk_key(raw, sequence)).touch()


def _put(column: Column, values: NDArray[Any]) -> None:
    spec = column.spec
    packed = values.astype(np.dtype(spec.dtype).newbyteorder("<"))
    for block in range(-(-len(values) // spec.block)):
        with (column.folder / chunk_key(spec, block)).open("r+b") as file:
            file.write(packed[block * spec.block : (block + 1) * spec.block].tobytes())


def _cpu_ms(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return 1e3 * (time.process_time() - begun)
