"""Watching a store: frames are judged as they are committed, changes are told, marked and published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from socket import gethostname
from threading import Event

import psutil

from eclips4d.pipeline.triggers.judge import Judge
from eclips4d.pipeline.triggers.marks import Marks
from eclips4d.pipeline.triggers.seen_frames import Seen, SeenFrames
from eclips4d.pipeline.triggers.stream import EventStream
from eclips4d.pipeline.triggers.trigger import Change
from eclips4d.storage.folder import ROOT, lock_path
from eclips4d.storage.lock import owner
from eclips4d.storage.reader import summary

LOOK_S = 0.02
"""A look costs the time stamp of one file while nothing is new."""


def is_at_work(store: Path) -> bool:
    """Whether some process of this host writes the store, or one of another host has not said that it has ended.

    By the lock's text alone: whoever tried the lock again and again could keep a run from being continued.
    """
    found = owner(lock_path(store))
    return found is not None and (found.host != gethostname() or psutil.pid_exists(found.pid))


@dataclass(slots=True)
class Watching:
    """One store and its triggers.

    Attributes
    ----------
    store : Path
    frames : SeenFrames
    judge : Judge
    say : callable
        Tells people in one line.
    marks : Marks, optional
        Absent: nothing is written.
    stream : EventStream, optional
    since : int
        Frames before this one only teach the triggers what is usual, and where they stand.
    """

    store: Path
    frames: SeenFrames
    judge: Judge
    say: Callable[[str], None]
    marks: Marks | None = None
    stream: EventStream | None = None
    since: int = 0
    went_on: int = 0
    last: Seen | None = None
    _stamp: tuple[int, int] = field(default=(0, 0))
    _ended: bool = field(default=False)

    def run(self, go_on: Callable[[], bool]) -> None:
        """Until the run has ended and all its frames are judged, or `go_on` says no.

        Raises
        ------
        InputError, StoreError
            The store cannot be read.
        """
        pause = Event()
        try:
            while go_on():
                over = self._is_over()
                self.look()
                if over:
                    break
                pause.wait(LOOK_S)
        finally:
            if self.stream is not None:
                self.stream.end("the run has ended" if go_on() else "the watch was ended")
            if self.marks is not None:
                self.marks.close(lambda: _wait(pause))

    @property
    def closing_line(self) -> str:
        """What was watched, and what came of it."""
        frames, empty = self.frames.next, self.frames.without_results
        passed = f", {empty} without results passed over" if empty else ""
        marked = f", {self.marks.written} marked in the run's events" if self.marks is not None else ""
        return f"{frames} frames judged{passed}; triggers went on {self.went_on} times{marked}"

    def look(self) -> None:
        """Judge what is new, and say that all is well."""
        if self._is_new():
            self._ended = summary(self.store).ended
            for seen in self.frames.news():
                self.last = seen
                for change in self.judge.take(seen):
                    self._tell(change)
        if self.marks is not None:
            self.marks.step()
        if self.stream is not None:
            frame, time_s = (-1, None) if self.last is None else (self.last.frame, self.last.time_s)
            self.stream.alive(frame, time_s, self.judge.on)

    def _tell(self, change: Change) -> None:
        if change.frame < self.since:
            return
        self.went_on += change.on
        where = f"frame {change.frame}" + (f", since {change.first}" if change.first != change.frame else "")
        self.say(f"{where}, {change.time_s:.1f} s: {change.words}")
        # A reader that closes a valve comes first.
        if self.stream is not None:
            self.stream.tell(change)
        if self.marks is not None and change.on:
            self.marks.add(change)

    def _is_new(self) -> bool:
        status = (self.store / ROOT).stat()
        stamp = status.st_ino, status.st_mtime_ns
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        return True

    def _is_over(self) -> bool:
        """The run had ended at the last look, and nobody is going on with it."""
        return self._ended and not is_at_work(self.store)


def _wait(pause: Event) -> None:
    pause.wait(LOOK_S)
