"""In which order, how often and when frames come out of an instrument."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import NamedTuple, TypeAlias

import msgspec

from eclips4d.core.frame import Frame


class Arrival(NamedTuple):
    """One frame as it reaches us.

    Attributes
    ----------
    sequence
        Its place on the source's time axis.
    copies
        How often it comes.
    not_before_s
        Frames' time before which the source is silent.
    reconnections
        How often the source has been away and is back with this frame.
    late_by_s
        How much later it is told to be than it was.
    """

    sequence: int
    copies: int = 1
    not_before_s: float = 0.0
    reconnections: int = 0
    late_by_s: float = 0.0

    def as_told(self, frame: Frame) -> Frame:
        """The frame with the time that its instrument says it was taken at."""
        if not self.late_by_s:
            return frame
        header = frame.header
        start_s = header.start_s + self.late_by_s
        end_s = max(start_s, header.end_s + self.late_by_s)
        return Frame(msgspec.structs.replace(header, start_s=start_s, end_s=end_s), frame.data)


Arrivals: TypeAlias = Callable[[int], Iterator[Arrival]]
"""`arrivals(start)`: what comes of the frames from `start` on; always the same."""


def in_order(frames: int | None) -> Arrivals:
    """Every frame once, at its time, without end when `frames` is None."""
    return lambda start: map(Arrival, sequences(start, frames))


def sequences(start: int, frames: int | None) -> Iterator[int]:
    """Numbers from `start` on."""
    return count(start) if frames is None else iter(range(start, frames))
