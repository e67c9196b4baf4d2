"""From the numbers that hardware counts with to places on the source's time axis."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Numbering:
    """The first frame is sequence `start`; a jump ahead of the hardware's number leaves a hole.

    A number that is not above the one before, or more than `largest_gap` ahead of it, tells of a counter that began
    anew: its frame follows without a hole. Each frame is asked for once, in the order of its coming.
    """

    start: int
    largest_gap: int = 10_000
    _newest: int | None = None

    def sequence(self, number: int) -> int:
        """Of the frame with this hardware number."""
        sequence = self.foretold(number)
        self._newest, self.start = number, sequence + 1
        return sequence

    def foretold(self, number: int) -> int:
        """What `sequence` would say, for a frame that has not come yet."""
        step = 1 if self._newest is None else number - self._newest
        return self.start + (step - 1 if 0 < step <= self.largest_gap else 0)
