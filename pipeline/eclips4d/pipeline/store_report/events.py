"""What happened to a run, from its `events.jsonl`."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from eclips4d.core.note import NOTE, TRIGGER, cleaned
from eclips4d.storage.contents import lines_of

NEWEST = 5
NEWEST_NOTES = NEWEST_MARKS = 20


@dataclass(frozen=True, slots=True)
class Events:
    """Counts by kind, in order of their first appearance, the newest, and notes and marks apart: people look for those.

    Marks are those of triggers, each with its number.
    """

    counts: Counter[str]
    newest: list[str]
    notes: list[str]
    marks: list[str]

    @property
    def lines(self) -> list[str]:
        """A summary, then the newest."""
        if not self.counts:
            return ["none"]
        summary = ", ".join(what if n == 1 else f"{n} × {what}" for what, n in self.counts.items())
        return [summary, *self.newest]


def read_events(file: Path, newest: int = NEWEST) -> Events:
    """All that can be read; a line that a power cut tore is passed over."""
    counts: Counter[str] = Counter()
    last: deque[dict[str, Any]] = deque(maxlen=newest)
    notes: deque[dict[str, Any]] = deque(maxlen=NEWEST_NOTES)
    marks: deque[str] = deque(maxlen=NEWEST_MARKS)
    for line in lines_of(file):
        event = _decoded(line)
        if event is not None:
            counts[str(event["event"])] += 1
            if event["event"] == TRIGGER:
                marks.append(f"{counts[TRIGGER]}: {_note(event)}")
            else:
                (notes if event["event"] == NOTE else last).append(event)
    return Events(counts, [_told(event) for event in last], [_note(event) for event in notes], list(marks))


def _decoded(line: bytes) -> dict[str, Any] | None:
    try:
        event = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return event if isinstance(event, dict) and "event" in event else None


def _told(event: dict[str, Any]) -> str:
    values = ", ".join(f"{name} {value}" for name, value in event.items() if name not in ("event", "time_utc"))
    return f"{_when(event)} {event['event']}{f' ({values})' if values else ''}".strip()


def _note(event: dict[str, Any]) -> str:
    sequence, time_s = event.get("sequence"), event.get("time_s")
    where = "" if sequence is None else f"frame {sequence}"
    where += f", {time_s:.1f} s" if isinstance(time_s, float) else ""
    return f"{_when(event)} {cleaned(str(event.get('text', '')))}{f' ({where})' if where else ''}".strip()


def _when(event: dict[str, Any]) -> str:
    return str(event.get("time_utc", ""))[:19].replace("T", " ")
