"""What takes a note to the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from eclips4d.core.messages import Note, Noted


class Way(Protocol):
    """A way that a note can take. Nothing in here waits."""

    @property
    def patience_s(self) -> float:
        """An answer that has not come by then is not waited for any more."""

    def send(self, note: Note, time_s: float | None) -> bool:
        """Set a note going; False when it cannot be now.

        Parameters
        ----------
        note : Note
        time_s : float or None
            Start of its frame as the window knows it, s since the run's start.
        """

    def answers(self) -> Sequence[Noted]:
        """Those that have come since the last time."""

    def close(self) -> None:
        """Let go of everything; may be called twice."""
