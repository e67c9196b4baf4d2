"""What happened to a run, read from its `events.jsonl` while the file grows: which frame, when, in words.

A line of the file is one JSON object with `event` and `time_utc`. `sequence` (else `frame`, else `first`) is the frame
it concerns and `time_s` its time on the run's own axis. A note is the event `note` with its words in `text`. Where a
line says neither, the clock tells the time, provided that the source cannot wait: a recording is replayed at another
time than it was taken.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

NOTE: Final = "note"
KINDS: Final = (NOTE, "frame", "alignment", "stage", "disk", "run")
MOST_OF_A_KIND = 500
"""Kept of each kind, the newest: much of one kind does not push out notes."""
MOST_BYTES_A_LOOK = 1 << 20
MOST_LINE_BYTES = 1 << 16
MOST_WORDS = 240
"""Characters of one event."""
_PLACE = ("sequence", "frame", "first")
_NOT_TOLD = (*_PLACE, "event", "time_utc", "time_s", "text", "run_id", "version")
_WORDS_OF = {
    "frame": ("frame", "quarantin", "gap", "lost before", "deferred"),
    "alignment": ("align", "reference", "grid", "registration was"),
    "stage": ("stage", "restart", "progress", "silent", "killed"),
    "disk": ("disk", "room", "stored"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Attributes
    ----------
    sequence : int or None
        Frame it concerns; None when nobody can say, or not yet.
    time_s : float or None
        On the run's axis of time; None as above.
    words : str
        One line.
    kind : str
        One of `KINDS`; `note` is what a person said.
    """

    sequence: int | None
    time_s: float | None
    words: str
    kind: str


class EventMemory:
    """The events of one store; after a look only what the file grew by is read."""

    def __init__(self) -> None:
        self.damaged = 0
        """Lines that could not be read."""
        self._file, self._offset = (0, 0), 0
        self._kept = _nothing()
        self._count = 0
        self._frames = (-1, False)
        self._events: tuple[Event, ...] = ()

    def read(
        self, folder: Path, time_s: NDArray[np.float64], *, start_utc: str | None = None, ended: bool = False
    ) -> tuple[Event, ...]:
        """All events known, oldest first; the very same object as before when nothing is new.

        Parameters
        ----------
        folder : Path
            The store.
        time_s : float64 [frame]
            Start of every recorded frame, seconds since the run's start.
        start_utc : str, optional
            When that was; without it the clock tells the place of no event.
        ended : bool
            No frame will come any more: what happened after the last one is placed there.
        """
        fresh = self._read_on(folder / "events.jsonl", _utc(start_utc))
        frames = (time_s.size, ended)
        placed_anew = (fresh or frames != self._frames) and self._place(time_s, ended)
        self._frames = frames
        if fresh or placed_anew:
            order = sorted(chain.from_iterable(self._kept.values()), key=lambda numbered: numbered[0])
            self._events = tuple(event for _, event in order)
        return self._events

    def _read_on(self, path: Path, start: datetime | None) -> bool:
        """Take up the whole lines that were added; whether there were any, or the file is another one."""
        try:
            with path.open("rb") as file:
                status = path.stat()
                other = (status.st_dev, status.st_ino) != self._file or status.st_size < self._offset
                if other:
                    self._file, self._offset = (status.st_dev, status.st_ino), 0
                    self._kept = _nothing()
                file.seek(self._offset)
                text = file.read(MOST_BYTES_A_LOOK)
        except OSError:
            return False
        whole = text.rfind(b"\n") + 1
        if not whole and len(text) > MOST_LINE_BYTES:
            whole = len(text)  # no line of ours is as long as this
        self._offset += whole
        for line in text[:whole].splitlines():
            self._take(line, start)
        return other or whole > 0

    def _take(self, line: bytes, start: datetime | None) -> None:
        told = _decoded(line)
        if told is None:
            self.damaged += bool(line.strip())
            return
        event = _event(told, start)
        self._kept[event.kind].append((self._count, event))
        self._count += 1

    def _place(self, time_s: NDArray[np.float64], ended: bool) -> bool:
        """Give those a frame or a time that can have one now; whether there were any."""
        found = False
        for kept in self._kept.values():
            for k, (number, event) in enumerate(kept):
                if event.sequence is None or event.time_s is None:
                    kept[k] = (number, placed(event, time_s, ended))
                    found = found or kept[k][1] is not event
        return found


def _nothing() -> dict[str, deque[tuple[int, Event]]]:
    return {kind: deque(maxlen=MOST_OF_A_KIND) for kind in KINDS}


def placed(event: Event, time_s: NDArray[np.float64], ended: bool = False) -> Event:
    """The event with what its frame tells of its time, or its time of its frame: the last that had begun.

    While more frames may come, one that began before the event may still be on its way; so it waits for a later one.
    """
    if event.sequence is not None:
        known = event.time_s is None and event.sequence < time_s.size
        return replace(event, time_s=float(time_s[event.sequence])) if known else event
    if event.time_s is None or not time_s.size or not (ended or event.time_s < time_s[-1]):
        return event
    before = int(np.searchsorted(time_s, event.time_s, side="right")) - 1
    return replace(event, sequence=max(0, before))


def _decoded(line: bytes) -> dict[str, Any] | None:
    if len(line) > MOST_LINE_BYTES:
        return None
    try:
        told = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return told if isinstance(told, dict) and isinstance(told.get("event"), str) else None


def _event(told: dict[str, Any], start: datetime | None) -> Event:
    sequence = next((value for name in _PLACE if _is_count(value := told.get(name))), None)
    time_s = _number(told.get("time_s"))
    if time_s is None and sequence is None and start is not None and (then := _utc(told.get("time_utc"))) is not None:
        time_s = (then - start).total_seconds()
    kind = _kind(told["event"])
    if kind == NOTE:
        return Event(sequence, time_s, one_line(str(told.get("text", ""))), kind)
    values = ", ".join(f"{name} {value}" for name, value in told.items() if name not in _NOT_TOLD and value != "")
    said = f"{told['event']} {told['text']}" if isinstance(told.get("text"), str) else told["event"]
    return Event(sequence, time_s, one_line(f"{said}{f' ({values})' if values else ''}"), kind)


def one_line(text: str) -> str:
    """Without anything that could break a line or a screen, and not longer than what can be read."""
    clean = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return clean if len(clean) <= MOST_WORDS else f"{clean[: MOST_WORDS - 1]}…"


def _kind(event: str) -> str:
    if event == NOTE:
        return NOTE
    return next((kind for kind, words in _WORDS_OF.items() if any(word in event for word in words)), "run")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 32


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _utc(text: object) -> datetime | None:
    try:
        then = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return then if then is not None and then.tzinfo is not None else None
