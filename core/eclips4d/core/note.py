"""What a person says of a run while it goes on: words of one line, when they were thought of, and the frame then.

A trigger beside the run says what it has found in the same way.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, Literal, TypeAlias

NOTE: Final = "note"
"""The event's name in the store's `events.jsonl`."""
TRIGGER: Final = "trigger"
"""The event's name where no person said it but a trigger."""
Kind: TypeAlias = Literal["note", "trigger"]
MOST_LETTERS = 500
MOST_AGE_S = 86_400.0
"""Nobody thinks longer about his words."""


def cleaned(text: str) -> str:
    """One line of at most `MOST_LETTERS` that moves no cursor, turns no direction of writing and rings no bell."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:MOST_LETTERS].rstrip()


def note_event(
    text: str, *, age_s: float, sequence: int | None, time_s: float | None, kind: Kind = NOTE
) -> dict[str, object]:
    """The event that stands for it.

    Parameters
    ----------
    text : str
    age_s : float
        Since the key was pressed.
    sequence : int or None
        Frame it belongs to; None before the first.
    time_s : float or None
        Start of that frame, s since the run's start.
    kind : str
        Whether a person has said it or a trigger.
    """
    then = datetime.now(UTC) - timedelta(seconds=age_s)
    where = {name: value for name, value in (("sequence", sequence), ("time_s", time_s)) if value is not None}
    return {"time_utc": then.isoformat(), "event": kind, "text": cleaned(text), **where}
