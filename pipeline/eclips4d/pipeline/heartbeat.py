"""Heartbeats of a stage process: a thread of its own writes the pulse of the loop where the supervisor reads it.

They go through small files in the run's private folder, which no stage that hangs can block and nothing has to connect
to. Times are of the machine's monotonic clock: setting the date makes nobody look dead.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import msgspec

from eclips4d.core.pulse import Beat, Pulse

EVERY_S = 0.5


class _Written(msgspec.Struct, frozen=True):
    pid: int
    at_s: float
    beat: Beat


@contextmanager
def beating(folder: Path | None, name: str, pulse: Pulse) -> Iterator[None]:
    """Write the pulse twice a second while the block runs; nothing where nobody asks."""
    if folder is None:
        yield
        return
    over = Event()
    thread = Thread(target=_beat, args=(beat_file(folder, name), pulse, over), name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def beat_file(folder: Path, name: str) -> Path:
    """Where the heartbeat of a stage is written."""
    return folder / f"{name}.beat"


def last_beat(folder: Path, name: str, pid: int) -> tuple[float, Beat] | None:
    """Seconds since the last heartbeat of this process, and the heartbeat; None when there is none yet."""
    with suppress(OSError, msgspec.MsgspecError):
        written = msgspec.json.decode(beat_file(folder, name).read_bytes(), type=_Written)
        if written.pid == pid:
            return time.monotonic() - written.at_s, written.beat
    return None


def _beat(file: Path, pulse: Pulse, over: Event) -> None:
    partial = file.with_suffix(".beat-new")
    while True:
        with suppress(OSError):  # the supervisor has removed its folder, or its disk is full: no reason to die of
            partial.write_bytes(msgspec.json.encode(_Written(os.getpid(), time.monotonic(), pulse.feel())))
            partial.replace(file)
        if over.wait(EVERY_S):
            return
