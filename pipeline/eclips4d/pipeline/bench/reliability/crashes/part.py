"""Kills at durable operations drawn at random, on a disk with room, one that refuses results, and one that runs full.

Each store is begun, killed once to three times, and completed. It has to be that of a run in peace, bit for bit.
"""

from __future__ import annotations

import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console

from eclips4d.pipeline.bench.reliability.chain import differences, small_recording
from eclips4d.pipeline.bench.reliability.context import ReliabilityContext
from eclips4d.pipeline.bench.reliability.crashes.misfortune import Misfortune
from eclips4d.pipeline.bench.reliability.crashes.one_process import chain
from eclips4d.pipeline.bench.rows import Row, at_most
from eclips4d.storage.reader import summary

TABLE = "Crashes at operations of the disk"
STORES = 60
"""Begun, killed and completed on each kind of disk."""
DISKS = ("takes everything", "refuses some results once", "is full for a while")
FRAMES, PERIOD_S = 10, 0.4
PACES = ("max", "4x")
MOST_ROUNDS = 12
FULL_FOR = (1, 3, 20, 80)
"""Durable operations that find no room."""


@dataclass(slots=True)
class Tried:
    """Stores that were begun, killed and completed on one kind of disk."""

    stores: int = 0
    kills: int = 0
    unlike: int = 0
    failed: int = 0


def rows(context: ReliabilityContext) -> list[Row]:
    """One for each kind of disk."""
    rng = np.random.default_rng(context.seed)
    measured = []
    with tempfile.TemporaryDirectory(prefix="eclips4d-crashes-") as parent:
        recording = small_recording(Path(parent), FRAMES, PERIOD_S)
        for disk in DISKS:
            (folder := Path(parent) / disk.replace(" ", "-")).mkdir()
            seen = tried(recording, folder, disk, context.times(STORES), rng, context.console)
            what = (
                f"the disk {disk}: {seen.stores} stores, {seen.kills} kills; runs that failed, or whose store differs"
            )
            measured.append(at_most(TABLE, what, max(seen.unlike, seen.failed), 0))
    return measured


def tried(recording: Path, folder: Path, disk: str, stores: int, rng: np.random.Generator, console: Console) -> Tried:
    """Kill and complete `stores` runs of a recording on one of the `DISKS`."""
    undisturbed = folder / "undisturbed.zarr"
    code, operations = chain(recording, undisturbed)
    frames = summary(undisturbed).committed
    seen = Tried(stores=stores, failed=int(code != 0))
    for number in range(stores):
        store = folder / f"{number}.zarr"
        wanted = int(rng.integers(1, 4))
        for kill in range(wanted):
            plan = _misfortune(rng, disk, operations, frames)
            settings = {"record_only": kill == 0 and rng.random() < 0.25, "speed": str(rng.choice(PACES))}
            seen.kills += chain(recording, store, plan, **settings)[0] == -signal.SIGKILL
        complete = _completed(recording, store)
        wrong = differences(undisturbed, store, deferred=True) if complete else ["not complete"]
        told = f"the disk {disk}, store {number}: {seen.kills} kills so far, unlike: {', '.join(wrong) or 'nothing'}"
        console.print(told, highlight=False)
        seen.failed, seen.unlike = seen.failed + (not complete), seen.unlike + bool(wrong)
    return seen


def _misfortune(rng: np.random.Generator, disk: str, operations: int, frames: int) -> Misfortune:
    kill_at, afterwards = int(rng.integers(1, operations)), bool(rng.random() < 0.5)
    if disk == DISKS[1]:
        refused = rng.choice(frames, size=min(frames, int(rng.integers(1, 4))), replace=False)
        return Misfortune(kill_at, afterwards, refused=frozenset(refused.tolist()))
    if disk == DISKS[2]:
        start = int(rng.integers(1, operations))
        return Misfortune(kill_at, afterwards, full=range(start, start + int(rng.choice(FULL_FOR))))
    return Misfortune(kill_at, afterwards)


def _completed(recording: Path, store: Path) -> bool:
    """The same command until it has nothing more to say: results that had no room are made by the next one."""
    return any(chain(recording, store)[0] == 0 for _ in range(MOST_ROUNDS))
