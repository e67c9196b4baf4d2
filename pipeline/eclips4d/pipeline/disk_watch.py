"""What the run's disk has room for, looked at once a second; told when it changes (storage/room.py has the order)."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from eclips4d.core.errors import EclipsError
from eclips4d.core.log import get_logger
from eclips4d.pipeline.journal import Journal
from eclips4d.storage.room import Needs, Room, free_bytes, room, words

EVERY_S = 1.0


class DiskWatch:
    """The level of what is stored.

    Parameters
    ----------
    journal : Journal
    free : callable
        Bytes free at a path.
    clock : callable
        For tests.
    """

    def __init__(
        self,
        journal: Journal,
        free: Callable[[Path], int] = free_bytes,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._journal, self._free, self._clock = journal, free, clock
        writer = journal.writer
        self._needs = Needs.of(writer.source, writer.products, writer.source.frames_per_second or 0.0)
        self._looked = -EVERY_S
        self.level = Room.ALL
        self._since = clock()
        self.trouble = ""
        """One line while something is not stored."""

    @property
    def has_room_for_results(self) -> bool:
        """Frames may be handed out."""
        return self.level is Room.ALL

    @property
    def has_room_for_frames(self) -> bool:
        """More frames may be asked for."""
        return self.level is not Room.NONE

    @property
    def without_room_s(self) -> float:
        """For how long there has been no room for results; 0 when there is."""
        return 0.0 if self.has_room_for_results else self._clock() - self._since

    def look(self) -> None:
        """Look again, if it is time."""
        now = self._clock()
        if now - self._looked < EVERY_S:
            return
        self._looked = now
        free, waiting_s = self._free(self._journal.writer.path), self._journal.writer.waiting_s
        level = room(free, self._needs, before=self.level, waiting_s=waiting_s)
        if level is not self.level:
            self._become(level, words(level, free, waiting_s))

    def refused(self, level: Room, error: EclipsError) -> None:
        """The disk has refused something that there seemed to be room for; believed until the next look."""
        self._looked = self._clock()
        if level > self.level:
            self._become(level, f"{error.what}: {words(level, self._free(self._journal.writer.path))}")

    def _become(self, level: Room, says: str) -> None:
        if self.level is Room.ALL:
            self._since = self._clock()
        self.level = level
        self.trouble = "" if level is Room.ALL else says
        get_logger().warning("disk", level=level.name, says=says)
        self._journal.event(says)
