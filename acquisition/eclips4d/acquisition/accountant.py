"""Gaps and duplicates, told by the hardware's own frame numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from eclips4d.core.frame import Frame


@dataclass(frozen=True, slots=True)
class Gap:
    """A frame that the hardware took and that never reached us."""

    sequence: int
    frame_id: int
    start_s: float


class FrameAccountant:
    """Turns the frames that arrive into frames and gaps on one time axis without holes.

    A frame whose number jumps ahead is held back until the missing ones arrive or `patience` further frames have; then
    the missing ones are gaps. A number seen before is a duplicate and dropped, unless its time is later than all
    before: then the hardware's counter has started again, and the frame simply follows. A jump of more than
    `largest_gap` is taken for a new start of the counter too.

    Parameters
    ----------
    start
        Sequence of the next frame.
    patience
        Frames that may overtake a late one.

    Attributes
    ----------
    gaps, duplicates, overtaken, late, restarts : int
        Counts. A frame that came after a later one is `overtaken` if it could be put back in its place; if it was
        already declared a gap it is dropped and counted as `late`.
    """

    def __init__(self, start: int = 0, *, patience: int = 2, largest_gap: int = 10_000) -> None:
        self.sequence = start
        self.gaps = self.duplicates = self.overtaken = self.late = self.restarts = 0
        self._patience = patience
        self._largest_gap = largest_gap
        self._expected: int | None = None
        self._newest, self._newest_s = -(1 << 63), 0.0
        self._last_s = 0.0
        self._held: dict[int, Frame] = {}
        self._missed: set[int] = set()

    def take(self, frame: Frame) -> Iterator[Frame | Gap]:
        """What follows from this frame, in order; sequences are assigned here."""
        number = frame.header.frame_id
        if self._expected is None:
            self._begin(frame)
        assert self._expected is not None
        if number < self._expected or number in self._held:
            if frame.header.start_s <= self._newest_s:
                self._drop(number)
                return
            yield from self._restart(frame)
        elif number - self._expected > self._largest_gap:
            yield from self._restart(frame)
        else:
            self.overtaken += bool(self._held) and number < max(self._held)
            self._held[number] = frame
        if number >= self._newest:
            # Not the latest time of all: one frame whose clock was wrong would hide every restart after it.
            self._newest, self._newest_s = number, frame.header.start_s
        yield from self._in_order()
        if len(self._held) > self._patience:
            yield from self._up_to(min(self._held))
            yield from self._in_order()

    def finish(self, total: int | None = None) -> Iterator[Frame | Gap]:
        """Give up waiting: what is held, and gaps up to `total` if the source knew how many there would be."""
        while self._held:
            yield from self._up_to(min(self._held))
            yield from self._in_order()
        if self._expected is None:
            self._expected = self.sequence
        if total is not None:
            yield from self._up_to(self._expected + max(0, total - self.sequence))

    def _begin(self, frame: Frame) -> None:
        """Sources number frames and sequences alike; a first frame beyond `start` therefore tells of a gap."""
        lead = frame.header.sequence - self.sequence
        self._expected = frame.header.frame_id - (lead if 0 < lead <= self._largest_gap else 0)
        self._newest_s = self._last_s = frame.header.start_s

    def _in_order(self) -> Iterator[Frame | Gap]:
        while self._expected in self._held:
            frame = self._held.pop(self._expected)
            header = frame.header
            if header.sequence != self.sequence:
                header = msgspec.structs.replace(header, sequence=self.sequence)
                frame = Frame(header, frame.data)
            self._last_s = header.start_s
            self._advance()
            yield frame

    def _up_to(self, number: int) -> Iterator[Gap]:
        assert self._expected is not None
        missing = number - self._expected
        until_s = self._held[number].header.start_s if number in self._held else self._last_s
        step_s = (until_s - self._last_s) / (missing + 1)
        for k in range(missing):
            gap = Gap(self.sequence, self._expected, self._last_s + step_s * (k + 1))
            self._missed.add(self._expected)
            self.gaps += 1
            self._advance()
            yield gap

    def _advance(self) -> None:
        assert self._expected is not None
        self._expected += 1
        self.sequence += 1
        self._missed.discard(self._expected - self._largest_gap)

    def _restart(self, frame: Frame) -> Iterator[Frame | Gap]:
        yield from self.finish()
        self.restarts += 1
        self._missed.clear()
        self._expected = self._newest = frame.header.frame_id
        self._held[self._expected] = frame

    def _drop(self, number: int) -> None:
        if number in self._missed:
            self._missed.discard(number)
            self.late += 1
        else:
            self.duplicates += 1
