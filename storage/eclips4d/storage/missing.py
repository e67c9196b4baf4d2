"""What a store says it holds and does not: told from folders and file names alone, without decoding a pixel."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import Status
from eclips4d.storage.arrays import open_columns
from eclips4d.storage.durable import disk_errors
from eclips4d.storage.folder import ROOT, load_record
from eclips4d.storage.layout import ArraySpec
from eclips4d.storage.metadata import chunk_key
from eclips4d.storage.record import Record


def missing(path: Path | str) -> list[str]:
    """One line per array that is not there as the store says; empty for a whole store. A run may go on meanwhile.

    It takes a listing per folder: fit for a glance. Whether the files are whole is what `repair.verify` tells.

    Raises
    ------
    InputError, StoreError
        It is no store, or its metadata is damaged.
    """
    root = Path(path)
    record = load_record(root)
    with disk_errors(root):
        lost = lost_arrays(root, record)
        found = [f"{name} is gone" if name in lost else _flaw(root, spec) for name, spec in record.specs().items()]
        if "status" not in lost:
            found += [line for name in record.planes() if name not in lost and (line := _absent(root, record, name))]
    return [line for line in found if line]


def lost_arrays(root: Path, record: Record) -> list[str]:
    """Arrays without a folder, and small arrays without the files that hold what was recorded."""
    return [name for name, spec in record.specs().items() if _is_lost(root / name, spec, record.recorded)]


def _is_lost(folder: Path, spec: ArraySpec, recorded: int) -> bool:
    if not folder.is_dir():
        return True
    if spec.tile:
        return False
    blocks = math.ceil(recorded / spec.block) if spec.timed else 1
    return not all((folder / chunk_key(spec, block)).exists() for block in range(blocks))


def _flaw(root: Path, spec: ArraySpec) -> str:
    return "" if (root / spec.name / ROOT).exists() else f"{spec.name} lacks its {ROOT}"


def _absent(root: Path, record: Record, name: str) -> str:
    # The status is read before the folder is listed: a writer makes them in the other order.
    expected = _expected(root, record, name)
    there = {entry.name for entry in (root / name).iterdir()}
    spec = record.planes()[name]
    absent = sum(chunk_key(spec, int(sequence)) not in there for sequence in expected)
    return f"{name} lacks {absent} of {expected.size} frames" if absent else ""


def _expected(root: Path, record: Record, name: str) -> NDArray[np.intp]:
    """Sequences of which a plane is there in a whole store."""
    status = open_columns(root, record)["status"].read_range(0, record.recorded).astype(np.uint8)
    if name == "raw":
        return np.flatnonzero((status & int(Status.GAP | Status.QUARANTINED)) == 0)
    return np.flatnonzero(status[: record.committed] & int(Status.DONE))
