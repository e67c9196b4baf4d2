"""Marks of triggers on their way into the run's events: by the store's owner where a run is at work."""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Callable
from pathlib import Path

import msgspec

from eclips4d.core.errors import WireError
from eclips4d.core.messages import Note
from eclips4d.core.note import TRIGGER
from eclips4d.pipeline.triggers.trigger import Change
from eclips4d.pipeline.view_service.notes import NotePost

MOST_WAITING = 1000
LAST_WAIT_S = 5.0


class Marks:
    """Hands marks on as fast as they are taken; nothing in here waits, until the end.

    Parameters
    ----------
    store : Path
    refused : callable
        Called with why a mark was not written.
    """

    def __init__(self, store: Path, refused: Callable[[str], None]) -> None:
        self._post = NotePost(lambda _: store)
        self._refused = refused
        self._waiting: deque[tuple[Note, float]] = deque(maxlen=MOST_WAITING)
        self._open: set[str] = set()
        self.written = 0

    def add(self, change: Change) -> None:
        """Mark the frame from which on a trigger is on."""
        note = Note(key=uuid.uuid4().hex, kind=TRIGGER, text=change.words, age_s=0.0, sequence=change.first)
        if len(self._waiting) == MOST_WAITING:
            self._refused("more marks than the run's owner takes")
        self._waiting.append((note, time.monotonic()))

    def step(self) -> None:
        """Hand on what may go, hear what has been written."""
        while self._waiting:
            try:
                note, since = self._waiting[0]
                aged = msgspec.structs.replace(note, age_s=time.monotonic() - since)
                answer = self._post.take(b"", aged)
            except WireError:  # more than are taken at once: later
                break
            self._waiting.popleft()
            if answer is not None:
                self._heard(answer.refused)
            else:
                self._open.add(note.key)
        for _, noted in self._post.answers():
            self._open.discard(noted.key)
            self._heard(noted.refused)

    def close(self, pause: Callable[[], None]) -> None:
        """Wait a little for what is still open."""
        until = time.monotonic() + LAST_WAIT_S
        while (self._waiting or self._open) and time.monotonic() < until:
            self.step()
            pause()
        if left := len(self._waiting) + len(self._open):
            self._refused(f"{left} marks not confirmed")
        self._post.close()

    def _heard(self, refused: str) -> None:
        if refused:
            self._refused(refused)
        else:
            self.written += 1
