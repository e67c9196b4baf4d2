"""Checking a store that a disk, a copy or a crash may have damaged, and mending what can be mended.

Every shard carries checksums. A damaged result is deleted and its frame deferred, so that running the same source again
fills it in; a damaged raw frame cannot be had again: it becomes fill values and its frame is quarantined. An array
that was deleted as a whole is made anew and its frames are treated likewise.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from eclips4d.core.errors import EclipsError, InputError, StoreError
from eclips4d.core.results import Status
from eclips4d.storage import rows
from eclips4d.storage.arrays import Arrays
from eclips4d.storage.durable import append_line, disk_errors
from eclips4d.storage.folder import EVENTS, JOURNAL, ROOT, load_record, lock_path, previous_path
from eclips4d.storage.lock import acquire, release
from eclips4d.storage.missing import lost_arrays, wrong_lengths
from eclips4d.storage.record import Record
from eclips4d.storage.recover import take_over
from eclips4d.storage.restore import defer_what_lost_its_row, make_anew


@dataclass(frozen=True, slots=True)
class Damage:
    """One shard that is missing or fails its checksum."""

    array: str
    sequence: int
    what: str

    def __str__(self) -> str:
        return f"{self.array} of sequence {self.sequence}: {self.what}"


@dataclass(frozen=True, slots=True)
class Repair:
    """What a repair found and did.

    Attributes
    ----------
    restored : bool
        The group's metadata was damaged and the commit before it took its place.
    lost : tuple of str
        Arrays that were gone and were made anew, empty.
    damaged : tuple of Damage
        Shards that were missing, or were deleted.
    """

    committed: int
    recorded: int
    restored: bool
    lost: tuple[str, ...]
    damaged: tuple[Damage, ...]
    seconds: float

    def __str__(self) -> str:
        done = f"{self.committed} committed and {self.recorded} recorded frames checked in {self.seconds:.1f} s"
        metadata = "; damaged metadata replaced by the commit before" if self.restored else ""
        anew = f"; {', '.join(self.lost)} made anew" if self.lost else ""
        found = f"; {len(self.damaged)} damaged or missing pieces dropped" if self.damaged else ""
        if not (anew or found):
            found = "; nothing damaged"
        return done + metadata + anew + found


def verify(path: Path | str) -> tuple[Damage, ...]:
    """Read every shard that counts; whatever is missing or damaged. Nothing is changed, a run may go on meanwhile.

    Raises
    ------
    InputError, StoreError
        It is no store, or its metadata is damaged.
    """
    root = Path(path)
    return tuple(_damage(Arrays(root, load_record(root))))


def repair(path: Path | str) -> Repair:
    """Drop what a killed writer left, verify every shard, and make the store usable again.

    Raises
    ------
    InputError
        It is no store.
    StoreError
        It is being written, or both its last commits are damaged.
    """
    root, start = Path(path), time.monotonic()
    if not (root / JOURNAL).is_dir():
        load_record(root)  # says what is wrong with it
    lock = acquire(lock_path(root), root, root / ROOT)
    try:
        with disk_errors(root):
            record, restored = _readable_record(root)
            for file in wrong_lengths(root, record):
                file.unlink()
            lost = tuple(lost_arrays(root, record))
            make_anew(root, record, lost)
            take_over(root, record)
            arrays = Arrays(root, record)
            defer_what_lost_its_row(arrays, lost)
            damaged = tuple(_damage(arrays))
            _drop(arrays, damaged)
            arrays.publish(record)
            if restored or lost or damaged:
                _note(root, restored, lost, damaged)
    finally:
        release(lock)
    return Repair(record.committed, record.recorded, restored, lost, damaged, time.monotonic() - start)


def _note(root: Path, restored: bool, lost: tuple[str, ...], damaged: tuple[Damage, ...]) -> None:
    """Say in the run's events what was done to it."""
    done = {
        "metadata": "the commit before" if restored else "",
        "made anew": ", ".join(lost),
        "dropped": ", ".join(f"{damage.array} of sequence {damage.sequence}" for damage in damaged),
    }
    event = {"time_utc": datetime.now(UTC).isoformat(), "event": "repaired", **{k: v for k, v in done.items() if v}}
    append_line(root / EVENTS, msgspec.json.encode(event))


def _readable_record(root: Path) -> tuple[Record, bool]:
    try:
        return load_record(root), False
    except (StoreError, InputError) as error:
        try:
            return load_record(root, previous_path(root)), True
        except (StoreError, InputError):
            raise error from None


def _damage(arrays: Arrays) -> Iterable[Damage]:
    for sequence in range(arrays.record.recorded):
        status = rows.read_status(arrays.columns, sequence)
        expected = [] if status & Status.GAP else ["raw"]
        if status & Status.DONE and sequence < arrays.record.committed:
            expected += arrays.record.products
        for name in expected:
            what = _problem(arrays, name, sequence)
            if what:
                yield Damage(name, sequence, what)


def _problem(arrays: Arrays, name: str, sequence: int) -> str:
    if not arrays.planes.shard(name, sequence).exists():
        return "missing"
    try:
        with disk_errors(arrays.root):
            arrays.planes.read(name, sequence)
    except EclipsError as error:
        return error.what
    return ""


def _drop(arrays: Arrays, damaged: Iterable[Damage]) -> None:
    lost = defaultdict(set)
    for damage in damaged:
        arrays.planes.drop(damage.array, damage.sequence)
        lost[damage.sequence].add(damage.array)
    for sequence, names in lost.items():
        status = rows.read_status(arrays.columns, sequence)
        if names - {"raw"}:
            status = status & ~Status.DONE | Status.DEFERRED
        if "raw" in names:
            status = status & ~Status.DEFERRED | Status.QUARANTINED
        rows.write_settled(arrays.columns, sequence, status)
