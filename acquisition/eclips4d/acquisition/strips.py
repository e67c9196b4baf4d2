"""Rows of a frame that is still being scanned, for whoever wants to look at it before it is whole.

A source that can tell them has `give_strips`. They are in addition: the frames that it delivers are the same, and come
at the same time, whether or not anybody takes strips.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias, runtime_checkable

from eclips4d.core.frame import FrameHeader, RawArray

MOST_STRIPS: Final = 64
LEAST_ROWS: Final = 4
"""A strip has so many rows at least."""

StripTaker: TypeAlias = Callable[[FrameHeader, RawArray], None]
"""Is given the frame's header and all its rows so far, `data[segment, y, x]`; has to return at once."""


@dataclass(frozen=True, slots=True)
class Strips:
    """Into how many strips frames are cut, and who takes all but the last, with which the frame is whole.

    Attributes
    ----------
    count : int
    take : callable
        Called from the thread that keeps the source's time.
    """

    count: int
    take: StripTaker

    def moments(self, header: FrameHeader) -> Iterator[tuple[int, float]]:
        """How many rows have been scanned when, s on the frames' own clock; none where the line time is not known."""
        if header.line_time_s > 0.0:
            for rows in strip_ends(header.shape[1], self.count):
                yield rows, header.start_s + rows * header.line_time_s


@runtime_checkable
class StripSource(Protocol):
    """A `Source` that can also tell of the frame that it is scanning."""

    def give_strips(self, strips: Strips) -> None:
        """From the next frame on; to be called before `frames`."""
        ...


def strip_ends(rows: int, count: int) -> tuple[int, ...]:
    """Numbers of rows at which all strips but the last end, rising; fewer where strips would be too narrow.

    >>> strip_ends(512, 4)
    (128, 256, 384)
    """
    count = max(1, min(count, MOST_STRIPS, rows // LEAST_ROWS))
    return tuple(rows * k // count for k in range(1, count))
