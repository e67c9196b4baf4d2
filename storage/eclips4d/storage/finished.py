"""Stores whose run has ended: what is done to them afterwards begins and ends here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from eclips4d.core.errors import StoreError
from eclips4d.core.results import Status
from eclips4d.storage.arrays import Arrays, open_columns
from eclips4d.storage.durable import disk_errors
from eclips4d.storage.folder import ROOT, load_record, lock_path
from eclips4d.storage.lock import acquire, release
from eclips4d.storage.record import Record
from eclips4d.storage.recover import take_over


@contextmanager
def finished_store(root: Path) -> Iterator[Arrays]:
    """The arrays of a finished store, locked against everybody else who would write it.

    Raises
    ------
    StoreError
        It is being written, its run has not ended, or results are still to be made.
    """
    load_record(root)
    lock = acquire(lock_path(root), root, root / ROOT)
    try:
        with disk_errors(root):
            record = load_record(root)
            _check_finished(root, record)
            take_over(root, record)
        yield Arrays(root, record)
    finally:
        release(lock)


def _check_finished(root: Path, record: Record) -> None:
    cure = "let the run end, or run it again until nothing is left to do"
    if not record.ended or record.committed != record.length:
        raise StoreError("its run has not ended", where=str(root), cure=cure)
    status = open_columns(root, record)["status"].read_range(0, record.committed).astype(np.uint8)
    settled = int(Status.DONE | Status.GAP | Status.QUARANTINED)
    waiting = int(((status & int(Status.DEFERRED) != 0) & (status & settled == 0)).sum())
    if waiting:
        raise StoreError(f"{waiting} deferred frames have no results yet", where=str(root), cure=cure)
