"""Compaction: once a run has ended, the planes of several frames are put into one file each.

While frames arrive, one file per frame is what can be committed. Afterwards it only costs: as many names as frames
times arrays, and one file to open per frame for whoever follows a pixel through time. The new files are written beside
the old ones under other names, read back and compared; then one commit says that they count; the old ones go last.
Killed at any point, the store is what it was before or what it is afterwards, and the next take-over clears the rest.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import DiskFullError, StoreError
from eclips4d.storage.arrays import Arrays
from eclips4d.storage.durable import disk_errors
from eclips4d.storage.finished import finished_store
from eclips4d.storage.layout import ArraySpec
from eclips4d.storage.planes import Planes, clear_other_layout
from eclips4d.storage.record import Record
from eclips4d.storage.room import FIXED_BYTES, free_bytes

FILE_BYTES = 64 << 20
"""About so many bytes, before compression, come into one file."""
MOST_FRAMES = 256
LINGER_S = 60.0
"""For so long the old files stay: whoever had opened the store before reads from them."""


@dataclass(frozen=True, slots=True)
class Compaction:
    """What a compaction did."""

    arrays: tuple[str, ...]
    files_before: int
    files_after: int
    seconds: float

    def __str__(self) -> str:
        if not self.arrays:
            return "nothing to compact"
        return f"{self.files_before} files became {self.files_after} in {self.seconds:.1f} s"


def compact(path: Path | str, *, linger_s: float = LINGER_S) -> Compaction:
    """Put several frames into each file of a finished store; every value stays what it is.

    Parameters
    ----------
    linger_s
        How long the files that were replaced stay for those who have the store open.

    Raises
    ------
    StoreError
        It is being written, has not ended, holds deferred frames, or what was written does not read back.
    DiskFullError
        Old and new files together do not fit.
    """
    root, started = Path(path), time.monotonic()
    with finished_store(root) as arrays, disk_errors(root):
        record = arrays.record
        wanted = {name: n for name, spec in record.planes().items() if not spec.compact and (n := together(spec)) > 1}
        before = {name: _files(root / name) for name in record.planes()}
        _check_room(root, wanted)
        for name, frames in wanted.items():
            after = msgspec.structs.replace(record, together={**record.together, name: frames})
            _rewrite(arrays, after, name)
            arrays.switch(after, [name])
            record = after
        if wanted:
            linger(linger_s)
        for name, spec in record.planes().items():
            clear_other_layout(root / name, spec)
        after_files = sum(_files(root / name) for name in record.planes())
    return Compaction(tuple(wanted), sum(before.values()), after_files, time.monotonic() - started)


def linger(seconds: float) -> None:
    """Leave old files for those who have the store open."""
    Event().wait(seconds)


def together(spec: ArraySpec) -> int:
    """Frames that come into one file of this array."""
    frame = math.prod(spec.row) * np.dtype(spec.dtype).itemsize
    return max(1, min(MOST_FRAMES, FILE_BYTES // frame))


def _rewrite(arrays: Arrays, after: Record, name: str) -> None:
    """Write the new files of one array, durably, and compare what they hold with the old ones."""
    length, frames = after.length, after.together[name]
    new = after.planes()[name]
    target, check = Planes(arrays.root, [new]), Planes(arrays.root, [new])
    for start in range(0, length, frames):
        stop = min(length, start + frames)
        planes = np.stack([arrays.planes.read(name, k) for k in range(start, stop)])
        target.write_several(name, start, planes)
        if not _same(check.read_several(name, start, stop), planes):
            raise StoreError(
                f"{name} from sequence {start} on does not read back as it was written",
                where=str(arrays.root),
                cure="the old files still count; check the disk",
            )


def _same(one: NDArray[np.generic], other: NDArray[np.generic]) -> bool:
    return one.dtype == other.dtype and one.tobytes() == other.tobytes()


def _files(folder: Path) -> int:
    return sum(1 for _ in folder.iterdir())


def _check_room(root: Path, names: dict[str, int]) -> None:
    needed = FIXED_BYTES + sum(file.stat().st_size for name in names for file in (root / name).iterdir())
    if names and (free := free_bytes(root)) < needed:
        raise DiskFullError(
            f"compaction needs {needed / 1e9:.3g} GB for a while, {free / 1e9:.3g} GB are free",
            where=str(root),
            cure="free some space; the store is complete without it",
        )
