"""What an earlier process has told of frames that it did not bring to an end: whoever makes them again tells it once.

An event is written before the frame it speaks of is committed, so that no kill can take it along. Killed in between,
the next process comes to the same frame and to the same event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from eclips4d.core.note import NOTE

Telling = tuple[str, int]
"""An event, and the frame, or the first of the frames, that it is about."""


class _Line(msgspec.Struct):
    event: str
    sequence: int | None = None
    first: int | None = None


def telling(event: str, values: Mapping[str, object]) -> Telling | None:
    """Which frame an event is about; None for one that is about the run, and for notes, which people write."""
    about = values.get("sequence", values.get("first"))
    return None if event == NOTE or not isinstance(about, int) else (event, about)


def told_of(file: Path, is_open: Callable[[int], bool]) -> set[Telling]:
    """Events in `file` about frames that are still to be made.

    Parameters
    ----------
    file
        The store's list of events; none is an empty one.
    is_open
        Whether the results of a frame are still to be made.
    """
    if not file.exists():
        return set()
    found = set()
    with file.open("rb") as lines:
        for line in lines:
            try:
                known = msgspec.json.decode(line, type=_Line)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                continue
            about = telling(
                known.event, {"first": known.first} if known.sequence is None else {"sequence": known.sequence}
            )
            if about is not None and is_open(about[1]):
                found.add(about)
    return found
