"""Which files a commit speaks of, and which of them another commit did not have."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import Status
from eclips4d.storage.folder import EVENTS, JOURNAL, PYRAMIDS, ROOT
from eclips4d.storage.layout import ArraySpec
from eclips4d.storage.metadata import chunk_key
from eclips4d.storage.record import Record

LAST = ("status", "time")
"""Columns that say of a row that it is whole."""
_PASSING = ("lock", "clock", "previous.json", "scanning")
"""In the journal; of this place and this moment alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Commit:
    """What was committed at one moment.

    Attributes
    ----------
    status : uint8 [time]
        Of the recorded frames; read before any of their files is.
    """

    record: Record
    status: NDArray[np.uint8]


def shards(now: Commit, before: Commit | None = None) -> list[str]:
    """Files of big arrays that a commit speaks of, less those that it shares with one before.

    They are written once, so what both speak of is the same. Of a deferred frame made up for the status differs.
    """
    old = before.record.planes() if before else {}
    keys: dict[str, None] = {}
    for name, spec in now.record.planes().items():
        sequences = _expected(now, name)
        if before is not None and name in old and old[name].block == spec.block:
            sequences = sequences[~_had(before, now, name, sequences)]
        keys |= dict.fromkeys(f"{name}/{chunk_key(spec, block)}" for block in np.unique(sequences // spec.block))
    return list(keys)


def column_files(record: Record) -> list[str]:
    """Files of small arrays that hold what was recorded, coordinates among them."""
    small = [spec for spec in record.specs().values() if not spec.tile]
    return [f"{spec.name}/{chunk_key(spec, block)}" for spec in small for block in range(_blocks(spec, record))]


def status_files(record: Record) -> list[str]:
    """Those of the column `status`."""
    return [key for key in column_files(record) if key.startswith("status/")]


def metadata_files(record: Record) -> list[str]:
    """`zarr.json` of every array."""
    return [f"{name}/{ROOT}" for name in record.specs()]


def other_files(root: Path) -> list[str]:
    """What belongs to the run besides its arrays: the instrument file, models, events and notes."""
    passing = {root / JOURNAL / name for name in _PASSING}
    building = root / JOURNAL / f"{PYRAMIDS}.building"
    found = [root / EVENTS, *(root / JOURNAL).rglob("*")]
    kept = [f for f in found if f.is_file() and f not in passing and building not in f.parents]
    return sorted(f.relative_to(root).as_posix() for f in kept if not f.name.endswith((".partial", ".__lock")))


def pyramid_files(root: Path, now: Record, before: Record | None) -> list[str]:
    """Smaller images, where there are other ones than before."""
    if not now.pyramids or (before is not None and before.pyramids == now.pyramids):
        return []
    return sorted(f.relative_to(root).as_posix() for f in (root / PYRAMIDS).rglob("*") if f.is_file())


def given_up(record: Record, keys: Iterable[str]) -> list[str]:
    """Files of big arrays that belong to the layout before frames were put together."""
    together = {name for name, spec in record.planes().items() if spec.compact}
    return [key for key in keys if key.partition("/")[0] in together and is_of_one_frame(key)]


def is_of_one_frame(key: str) -> bool:
    """Whether a big array's file holds one frame, as all do until they are put together."""
    return key.partition("/")[2].startswith("c.")


def _expected(commit: Commit, name: str) -> NDArray[np.intp]:
    """Sequences of which there is an entry. A quarantined frame's pixels may be there, and are then not counted on."""
    if name == "raw":
        return np.flatnonzero(commit.status & int(Status.GAP) == 0)
    return np.flatnonzero(commit.status[: commit.record.committed] & int(Status.DONE))


def _had(before: Commit, now: Commit, name: str, sequences: NDArray[np.intp]) -> NDArray[np.bool_]:
    if name == "raw":
        return np.asarray(sequences < before.record.recorded)
    held = sequences < min(before.record.committed, before.status.size)
    held[held] = before.status[sequences[held]] == now.status[sequences[held]]
    return np.asarray(held)


def _blocks(spec: ArraySpec, record: Record) -> int:
    return math.ceil(record.recorded / spec.block) if spec.timed else 1
