"""What a store says it holds and does not: told from folders and file names alone, without decoding a pixel."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import Status
from eclips4d.storage.arrays import open_columns
from eclips4d.storage.durable import disk_errors
from eclips4d.storage.folder import JOURNAL, ROOT, load_record
from eclips4d.storage.layout import ArraySpec
from eclips4d.storage.metadata import chunk_key
from eclips4d.storage.record import Record


def missing(path: Path | str, *, single_frames: bool = True) -> list[str]:
    """One line per array that is not there as the store says; empty for a whole store. A run may go on meanwhile.

    It takes a listing per folder: fit for a glance. Whether the files are whole is what `repair.verify` tells.

    Parameters
    ----------
    single_frames
        Count frames whose planes are gone, too, and not only whole arrays.

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
        cut = list(dict.fromkeys(file.parent.name for file in wrong_lengths(root, record)))
        found += [f"{name} is cut short" for name in cut]
        if single_frames and "status" not in (*lost, *cut):
            found += [line for name in record.planes() if name not in lost and (line := _absent(root, record, name))]
    return [line for line in found if line]


def lost_arrays(root: Path, record: Record) -> list[str]:
    """Arrays without a folder, and small arrays without the files that hold what was recorded."""
    return [name for name, spec in record.specs().items() if _is_lost(root / name, spec, record.recorded)]


def wrong_lengths(root: Path, record: Record) -> list[Path]:
    """Files of small arrays that a disk or a copy has cut: they carry no checksum, but their length is known."""
    small = [spec for spec in record.specs().values() if not spec.tile]
    files = [(spec, root / spec.name / chunk_key(spec, k)) for spec in small for k in range(_blocks(spec, record))]
    return [file for spec, file in files if file.exists() and file.stat().st_size != _length(spec)]


def leftovers(path: Path | str) -> list[Path]:
    """Files that a writer had not renamed yet: of the one at work, or of one that was killed; errors as `missing`."""
    root = Path(path)
    return unfinished(root, load_record(root).specs())


def unfinished(root: Path, names: Iterable[str]) -> list[Path]:
    """As `leftovers`, for the arrays of these names."""
    folders = [folder for name in (JOURNAL, *names) if (folder := root / name).is_dir()]
    found = (entry for folder in folders for entry in os.scandir(folder))
    return [Path(entry.path) for entry in found if entry.name.endswith((".partial", ".__lock"))]


def _length(spec: ArraySpec) -> int:
    return math.prod(spec.chunk) * np.dtype(spec.dtype).itemsize


def _blocks(spec: ArraySpec, record: Record) -> int:
    return math.ceil(record.recorded / spec.block) if spec.timed else 1


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
    there = {entry.name for entry in os.scandir(root / name)}
    spec = record.planes()[name]
    absent = sum(chunk_key(spec, int(sequence) // spec.block) not in there for sequence in expected)
    return f"{name} lacks {absent} of {expected.size} frames" if absent else ""


def _expected(root: Path, record: Record, name: str) -> NDArray[np.intp]:
    """Sequences of which a plane is there in a whole store."""
    status = open_columns(root, record)["status"].read_range(0, record.recorded).astype(np.uint8)
    if name == "raw":
        return np.flatnonzero((status & int(Status.GAP | Status.QUARANTINED)) == 0)
    return np.flatnonzero(status[: record.committed] & int(Status.DONE))
