"""Arrays that were deleted as a whole, made anew: empty, and with nobody left who claims that they were filled."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from eclips4d.core.results import Status
from eclips4d.storage import rows
from eclips4d.storage.arrays import Arrays
from eclips4d.storage.columns import Column
from eclips4d.storage.create import write_axis
from eclips4d.storage.durable import sync_folder
from eclips4d.storage.layout import DATUM, DRIFT, INDICES
from eclips4d.storage.record import Record


def make_anew(root: Path, record: Record, names: Collection[str]) -> None:
    """Make the folders of these arrays and the files of columns; `recover.take_over` writes their metadata."""
    for name, spec in record.specs().items():
        if name not in names:
            continue
        (root / name).mkdir(exist_ok=True)
        if not spec.timed:
            write_axis(root / name, spec)
        elif not spec.tile:
            Column(spec, root / name).extend(record.length)
    sync_folder(root)


def defer_what_lost_its_row(arrays: Arrays, lost: Collection[str]) -> None:
    """Defer committed frames whose row no longer says how their result came about.

    Lost times, frame numbers and side values cannot be had again and stay fill values.
    """
    gone = {"status", *DRIFT, *DATUM, *INDICES} & set(lost)
    if not gone:
        return
    for sequence in range(arrays.record.committed):
        # A committed frame without any status is one whose status was lost.
        status = rows.read_status(arrays.columns, sequence) or Status.DEFERRED
        if status & Status.DONE and gone != {"status"}:
            status = status & ~Status.DONE | Status.DEFERRED
        rows.write_settled(arrays.columns, sequence, status)
