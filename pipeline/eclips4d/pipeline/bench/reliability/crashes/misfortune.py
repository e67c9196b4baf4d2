"""What goes wrong with the disk of one run: at which durable operation the process dies, and what is refused.

Durable operations are counted in the order in which a store performs them: syncs, renames and links of its own files,
and a frame's planes as one. A process that dies just before or just after one of them leaves every state that a crash
of the process can leave.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any
from unittest.mock import patch

from eclips4d.pipeline import disk_watch, journal
from eclips4d.storage.planes import Planes

OPERATIONS = ("fsync", "fdatasync", "replace", "link")
LOOK_AGAIN_S = 0.05
"""So soon a disk that has refused something is believed to have room again."""


@dataclass(frozen=True, slots=True)
class Misfortune:
    """What one process meets.

    Attributes
    ----------
    kill_at : int or None
        Number of the durable operation at which the process is killed.
    afterwards : bool
        Whether it is killed when that operation is done, and not before it.
    refused : frozenset of int
        Frames whose results the disk refuses once.
    full : range
        Numbers of the durable operations for which there is no room.
    """

    kill_at: int | None = None
    afterwards: bool = False
    refused: frozenset[int] = frozenset()
    full: range = range(0)


class _Disk:
    """Counts what is made durable, refuses, and kills."""

    def __init__(self, plan: Misfortune) -> None:
        self._plan, self._lock = plan, Lock()
        self.operations = 0
        self._to_refuse = set(plan.refused)

    def durable(self, operate: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with self._lock:
            here, self.operations = self.operations, self.operations + 1
        dies = here == self._plan.kill_at
        if dies and not self._plan.afterwards:
            os.kill(os.getpid(), signal.SIGKILL)
        if here in self._plan.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = operate(*args, **kwargs)
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    def write(
        self, planes: Planes, sequence: int, values: dict[str, Any], *rest: Any, operate: Callable[..., None]
    ) -> None:
        with self._lock:
            refuse = "raw" not in values and sequence in self._to_refuse
            self._to_refuse -= {sequence} if refuse else set()
        if refuse:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.durable(operate, planes, sequence, values, *rest)


@contextmanager
def meeting(plan: Misfortune) -> Iterator[Callable[[], int]]:
    """Let this process meet what was planned; gives the number of durable operations so far."""
    disk = _Disk(plan)
    write = partial(disk.write, operate=Planes.write)
    with ExitStack() as patches:
        for name in OPERATIONS:
            patches.enter_context(patch.object(os, name, partial(disk.durable, getattr(os, name))))
        patches.enter_context(patch.object(Planes, "write", lambda self, *args: write(self, *args)))
        patches.enter_context(patch.object(disk_watch, "EVERY_S", LOOK_AGAIN_S))
        patches.enter_context(patch.object(journal, "COMMIT_AGAIN_S", LOOK_AGAIN_S))
        yield lambda: disk.operations
