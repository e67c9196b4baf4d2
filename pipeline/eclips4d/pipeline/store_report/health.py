"""How a store is: which frames lack something and why, what is damaged, who writes it, how much room it has."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import Status
from eclips4d.pipeline.store_report.numbers import few, frames
from eclips4d.storage.lock import describe, held
from eclips4d.storage.missing import leftovers, missing
from eclips4d.storage.reader import StoreSummary
from eclips4d.storage.repair import Damage, verify
from eclips4d.storage.space import bytes_per_frame

Lines = list[str]
Flags = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Health:
    """What was looked for and found.

    Attributes
    ----------
    noted : list of str
        Frames without something, as `status` says; no damage.
    damage : list of str
        What the store says it holds and does not.
    """

    noted: Lines
    damage: Lines

    @property
    def lines(self) -> Lines:
        """All of it, the worst first."""
        cure = ["mend it with --repair"] if self.damage else []
        return [*self.damage, *cure, *self.noted] or ["no gap, every frame aligned"]


NOTED: dict[str, Callable[[Flags], NDArray[np.bool_]]] = {
    "gap": lambda s: _has(s, Status.GAP),
    "duplicate dropped": lambda s: _has(s, Status.DUPLICATE),
    "quarantined": lambda s: _has(s, Status.QUARANTINED),
    "not aligned": lambda s: _has(s, Status.NOT_ALIGNED),
    "nowhere to be believed": lambda s: _has(s, Status.DOUBTED),
    "deferred": lambda s: _has(s, Status.DEFERRED) & ~_has(s, Status.DONE) & ~_has(s, Status.QUARANTINED),
    "deferred and made up for": lambda s: _has(s, Status.DEFERRED) & _has(s, Status.DONE),
}
"""What `status` may say of a frame, in words."""


def health(path: Path, status: Flags | None, *, thorough: bool) -> Health:
    """Look at every name, or with `thorough` at every byte.

    Parameters
    ----------
    status
        Of the recorded frames; None when it cannot be read.
    """
    damage = missing(path, single_frames=not thorough)
    if thorough and status is not None:
        damage += damaged(verify(path))
    return Health([] if status is None else noted(status), damage)


def noted(status: Flags) -> Lines:
    """Counts with the first frames of each kind."""
    lines = []
    for name, chosen in NOTED.items():
        sequences = np.flatnonzero(chosen(status)).tolist()
        if sequences:
            lines.append(f"{len(sequences)} {name}: {few(sequences)}")
    return lines


def damaged(found: tuple[Damage, ...]) -> Lines:
    """Missing and damaged shards, array by array."""
    kinds: dict[tuple[str, str], list[int]] = {}
    for damage in found:
        what = "is missing" if damage.what == "missing" else "is damaged"
        kinds.setdefault((damage.array, what), []).append(damage.sequence)
    return [f"{array} {what} in {frames(sequences)}" for (array, what), sequences in kinds.items()]


def writer_line(path: Path) -> str:
    """Who writes the store, or what the last one left."""
    lock = path / "journal" / "lock"
    named = lock.exists() and lock.stat().st_size > 0
    # A lock that was given back is not tried: whoever takes it at this moment must not find us there.
    if named and held(lock):
        return f"being written by {describe(lock)}"
    left = len(leftovers(path))
    ended = f"none; {describe(lock)} was killed" if named else "none"
    unfinished = f"{left} unfinished {'file' if left == 1 else 'files'} left, which the next run or --repair clears"
    return f"{ended}; {unfinished}" if left else ended


def room_line(path: Path, held_by_store: StoreSummary) -> str:
    """Free space on the store's disk, in frames as well."""
    free = shutil.disk_usage(path).free
    more = free // max(1, bytes_per_frame(held_by_store.source, held_by_store.products))
    return f"{free / 1e9:.3g} GB free, enough for about {more} more frames"


def _has(status: Flags, bit: Status) -> NDArray[np.bool_]:
    return np.asarray(status & int(bit) != 0)
