"""Where frames lie, found ahead of their surfaces: the pixels of frames tell it, whatever will be made of them.

So whoever inverts a frame can put it on the grid as well, round it and pack it, and only what has to go from frame to
frame stays with one process. The place of a frame is told by those before it that can be inverted. Should one turn out
not to be, everything after it was followed in vain and is followed again without it; that happens rarely.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from eclips4d.core.errors import EclipsError
from eclips4d.core.frame import Frame, FrameHeader, RawArray
from eclips4d.pipeline.reprocess.made import checksum
from eclips4d.pipeline.reprocess.reading import Lost, Reading
from eclips4d.registration.locating import Located, Locator
from eclips4d.registration.registrar import Registrar

PIXELS_LOST = "its pixels were lost"
FAILURES = (EclipsError, ArithmeticError, ValueError, LookupError)
"""Of one frame, which is left out then."""


class Locates(Protocol):
    """Frames in, their places out, in order: `Locator`, or one that knows the drift already."""

    @property
    def waiting(self) -> int | None:
        """Frame that waits for the next one."""
        ...

    def take(self, header: FrameHeader, raw: RawArray) -> tuple[Located, ...]:
        """One frame more."""
        ...

    def no_more(self) -> tuple[Located, ...]:
        """The frame that waits, if one does."""
        ...


def causal(registrar: Registrar) -> Locates:
    """As live: each frame by those up to it."""
    return Locator(registrar)


@dataclass(frozen=True, slots=True)
class Followed:
    """A frame whose place is known.

    Attributes
    ----------
    pixels : int
        Checksum of those that were looked at.
    told_by : int
        The frame that told how far this one drifted: itself, or the next one where it waited for that.
    """

    located: Located
    pixels: int
    told_by: int

    @property
    def sequence(self) -> int:
        """Of the frame."""
        return self.located.header.sequence


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A frame of which nothing can be made."""

    sequence: int


Turn: TypeAlias = Followed | GivenUp | Lost


def follow(
    reading: Reading, start: int, refused: dict[int, str], locates: Locates, stop: Callable[[], bool]
) -> Iterator[Turn]:
    """Every place on the time axis from `start` on, in order, until one is a frame that cannot be followed.

    Parameters
    ----------
    refused : dict of int to str
        Frames that are left out, and why; those that cannot be followed are added.
    stop : callable
        Asked before each frame: whether what comes is not wanted any more.
    """
    turns: list[Turn] = []
    pixels: dict[int, int] = {}
    for frame in reading.frames(start):
        if stop():
            return
        if isinstance(frame, Lost):
            turns.append(frame)
        elif (sequence := frame.header.sequence) in refused or not _has_pixels(frame, refused):
            turns.append(GivenUp(sequence))
        else:
            pixels[sequence] = checksum(frame.data)
            try:
                found = locates.take(frame.header, frame.data)
            except FAILURES as error:
                # Half of it may be with what follows the frames, which therefore is begun anew.
                refused[sequence] = str(error)
                return
            turns += [Followed(one, pixels.pop(one.header.sequence), sequence) for one in found]
        if locates.waiting is None:
            yield from sorted(turns, key=lambda turn: turn.sequence)
            turns.clear()
    turns += [Followed(one, pixels[s := one.header.sequence], s) for one in locates.no_more()]
    yield from sorted(turns, key=lambda turn: turn.sequence)


def _has_pixels(frame: Frame, refused: dict[int, str]) -> bool:
    if frame.data.any():
        return True
    refused[frame.header.sequence] = PIXELS_LOST
    return False
