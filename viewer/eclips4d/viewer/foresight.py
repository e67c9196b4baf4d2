"""Which frames will be asked for next, from those that were asked for; knows no Qt."""

from __future__ import annotations

FRAMES_AHEAD = 4
LONGEST_STRIDE = 16
"""Of steps that are taken to go on; a longer one is a jump."""


class Foresight:
    """Remembers where the last question but one was, and so the direction of travel."""

    def __init__(self) -> None:
        self._at: int | None = None
        self._stride = 1

    def after(self, sequence: int, frames: int) -> tuple[int, ...]:
        """The next frames on the way, nearest first; the neighbours of a frame that was jumped to.

        Parameters
        ----------
        sequence : int
            The frame asked for now.
        frames : int
            So many there are.
        """
        before, self._at = self._at, sequence
        if before is not None and before != sequence:
            self._stride = sequence - before if abs(sequence - before) <= LONGEST_STRIDE else 0
        if self._stride:
            ahead = [sequence + k * self._stride for k in range(1, FRAMES_AHEAD + 1)]
        else:
            ahead = [sequence + 1, sequence - 1]
        return tuple(k for k in ahead if 0 <= k < frames)
