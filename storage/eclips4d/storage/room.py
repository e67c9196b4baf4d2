"""What a run stops storing when its disk runs full or slow, in a stated order: raw frames last.

1. `ALL`: everything is stored.
2. `RAW`: frames are recorded, results wait or are deferred; they take two thirds of the bytes and can be made again.
   No pyramid and no compaction begins either.
3. `NONE`: nothing is written; frames stay with their sender, in memory and in its spill file, until there is room.

A level is left for a better one only when there is room for twice what it needs, so that a run does not go to and fro.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from eclips4d.core.source import SourceInfo
from eclips4d.storage.space import bytes_per_frame

PRODUCTS_NEED_S = 60.0
"""Products stop being stored when the disk would be full of everything in this time."""
RAW_NEEDS_FRAMES = 8
"""Raw frames stop when there is not room for so many more: those on their way to the disk."""
FIXED_BYTES = 16 << 20
"""Kept free for commits, for the small arrays of a live run's next block, and for a finished run's last words."""
SLOW_S = 1.0
"""Products stop being stored while a raw frame waits this long for the disk."""


class Room(IntEnum):
    """What is stored, from everything to nothing."""

    ALL = 0
    RAW = 1
    NONE = 2


@dataclass(frozen=True, slots=True)
class Needs:
    """How a run fills its disk.

    Attributes
    ----------
    raw : int
        Bytes of one raw frame on the disk.
    frame : int
        Bytes of one frame with its products.
    frames_per_s : float
        Measured or announced; 0 for a source without a rate, such as a recording.
    """

    raw: int
    frame: int
    frames_per_s: float

    @classmethod
    def of(cls, source: SourceInfo, keep: Iterable[str], frames_per_s: float) -> Needs:
        """For frames of this source, with the assumed compression of `space`."""
        return cls(bytes_per_frame(source, ()), bytes_per_frame(source, keep), frames_per_s)

    def free(self, level: Room) -> float:
        """Bytes that have to be free for this level to be kept."""
        raw = FIXED_BYTES + RAW_NEEDS_FRAMES * self.raw
        match level:
            case Room.ALL:
                return raw + self.frame * max(RAW_NEEDS_FRAMES, math.ceil(PRODUCTS_NEED_S * self.frames_per_s))
            case Room.RAW:
                return raw
            case Room.NONE:
                return 0.0


def room(free_bytes: float, needs: Needs, *, before: Room = Room.ALL, waiting_s: float = 0.0) -> Room:
    """What can be stored.

    Parameters
    ----------
    free_bytes
        Of the disk.
    before
        What was stored until now.
    waiting_s
        How long the oldest raw frame has been waiting for the disk (`StoreWriter.waiting_s`); a slow disk is left to
        the raw frames.
    """
    slow = waiting_s >= (SLOW_S if before == Room.ALL else SLOW_S / 2)
    for level in (Room.ALL, Room.RAW):
        margin = 2 if level < before else 1
        if free_bytes >= margin * needs.free(level) and not (slow and level == Room.ALL):
            return level
    return Room.NONE


def free_bytes(path: Path) -> int:
    """Bytes that this process may still write to the disk of `path`."""
    return shutil.disk_usage(path).free


def words(level: Room, free: float, waiting_s: float = 0.0) -> str:
    """One line for the log, the terminal and the window, said when the level changes."""
    if level == Room.ALL:
        return "everything is stored again"
    why = f"{free / 1e9:.3g} GB are free"
    if waiting_s >= SLOW_S / 2:
        why = f"the disk is {waiting_s:.1f} s behind, {why}"
    if level == Room.RAW:
        return f"{why}: frames are recorded, their results wait; should the run end first, the same command makes them"
    return f"{why}: frames wait with their sender, which holds a few seconds; free some space now"
