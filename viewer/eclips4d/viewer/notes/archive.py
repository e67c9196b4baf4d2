"""Into a store that no run writes any more: its lock is taken for the one line, on a thread."""

from __future__ import annotations

import queue
import threading
from collections import deque
from pathlib import Path

from eclips4d.core.errors import EclipsError
from eclips4d.core.messages import Note, Noted
from eclips4d.core.note import note_event
from eclips4d.storage.notes import add_event


class ArchiveNotes:
    """Writes notes as the store's owner would, where there is none; says why not, where there is one.

    Parameters
    ----------
    path : Path
        The store.
    """

    patience_s = 30.0

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: queue.SimpleQueue[tuple[Note, float | None] | None] = queue.SimpleQueue()
        self._done: deque[Noted] = deque()
        self._thread: threading.Thread | None = None

    def send(self, note: Note, time_s: float | None) -> bool:
        """Have the note written."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="viewer-notes", daemon=True)
            self._thread.start()
        self._waiting.put((note, time_s))
        return True

    def answers(self) -> list[Noted]:
        """Of those that have been dealt with."""
        return [self._done.popleft() for _ in range(len(self._done))]

    def close(self, timeout_s: float = 10.0) -> None:
        """End the thread; what waits is written first."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(timeout_s)
            self._thread = None

    def _run(self) -> None:
        while (waiting := self._waiting.get()) is not None:
            self._done.append(_written(self._path, *waiting))


def _written(path: Path, note: Note, time_s: float | None) -> Noted:
    try:
        event = note_event(note.text, age_s=note.age_s, sequence=note.sequence, time_s=time_s, kind=note.kind)
        add_event(path, event)
    except EclipsError as error:
        return Noted(key=note.key, refused=error.what[:500])
    except (OSError, ImportError) as error:  # no locks on this system, a store that was taken away
        return Noted(key=note.key, refused=f"the store cannot be locked: {error}"[:500])
    return Noted(key=note.key, sequence=note.sequence, time_s=time_s)
