"""A source whose frames are pushed: instruments on a socket, vendor software, anything that sends of its own accord.

What has passed cannot be asked for again. `frames(start)` therefore numbers what comes from now on, beginning at
`start`; `start_s` goes on counting from `info.start_utc`, whatever is asked for. A frame that never came, of which the
hardware's numbers tell, leaves a hole in `sequence` (`eclips4d.acquisition.numbering`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from threading import Event
from types import TracebackType
from typing import TypeAlias

from eclips4d.acquisition.deliveries import BUFFERED_FRAMES, Deliveries
from eclips4d.acquisition.source import Health
from eclips4d.acquisition.strips import Strips, strip_ends
from eclips4d.core.errors import InputError
from eclips4d.core.frame import Frame, FrameHeader, RawArray
from eclips4d.core.source import SourceInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What the receiving side knows of frames that do not come; it goes to `Health`.

    Frames that only a jump of the hardware's number tells of are not counted here: the accountant sees them.

    Attributes
    ----------
    lost
        Frames that reached us and had to be let go, those damaged among them.
    damaged
        Of these, frames that did not arrive as they were sent; also messages that belong to no frame, with `lost` 0.
    reconnections
        How often the instrument was away and has come back.
    """

    lost: int = 0
    damaged: int = 0
    reconnections: int = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """A frame that is still being scanned, for whoever looks at it before it is whole.

    Attributes
    ----------
    header
        As it will be, as far as that is known.
    data
        All its rows so far, [segment, y, x]; copied before the next item is asked for.
    """

    header: FrameHeader
    data: RawArray


Receive: TypeAlias = Callable[[int, Event], Iterator[Frame | Loss | Rows]]
"""`receive(start, ended)`: what comes, numbered from `start` on, until the instrument ends it or somebody sets `ended`.

It runs on the source's own thread, must look at `ended` at least twice a second, and cleans up in a `finally`.
"""


@dataclass(slots=True)
class RunClock:
    """Seconds since `start_utc`, by a clock that nobody sets."""

    start_utc: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    _origin: float = field(default_factory=time.monotonic)

    def now_s(self) -> float:
        """Now."""
        return time.monotonic() - self._origin


class DeviceSource:
    """`Source` over `receive(start, ended)`, which yields frames, a `Loss` where there is one to tell, and `Rows` of
    a frame to come where the instrument tells of them.

    Parameters
    ----------
    info
        With `can_wait` False and `pushed` True.
    receive
        See `Receive`. An `EclipsError` that it raises ends the source as failed.
    buffered
        Frames held for a busy reader; when they are full the next frame is lost, and its number with it.

    Raises
    ------
    InputError
        `info` describes another kind of source.
    """

    def __init__(self, info: SourceInfo, receive: Receive, *, buffered: int = BUFFERED_FRAMES) -> None:
        if info.can_wait or not info.pushed:
            raise InputError("a device cannot wait, and pushes its frames", where=info.address)
        self.info = info
        self._receive = receive
        self._deliveries = Deliveries(live=True, buffered=buffered)
        self._strips: Strips | None = None

    def give_strips(self, strips: Strips) -> None:
        """Tell of the frame that is being scanned, where the instrument does."""
        self._strips = strips

    def frames(self, start: int = 0) -> Iterator[Frame]:
        """What comes from now on, as sequences `start`, `start` + 1, …."""
        return self._deliveries.frames(lambda ended: self._counted(start, ended))

    def stop(self) -> None:
        """End every iteration soon."""
        self._deliveries.stop()

    def health(self) -> Health:
        """Counts and state."""
        return self._deliveries.health()

    def close(self) -> None:
        """Stop and end the thread."""
        self._deliveries.close()

    def __enter__(self) -> DeviceSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _counted(self, start: int, ended: Event) -> Iterator[Frame]:
        told = -1, 0
        for item in self._receive(start, ended):
            if isinstance(item, Loss):
                self._deliveries.count(**asdict(item))
            elif isinstance(item, Rows):
                told = self._told_of(item, told)
            else:
                yield item

    def _told_of(self, scanned: Rows, told: tuple[int, int]) -> tuple[int, int]:
        """Hand over the strips that are complete, unless those of that sequence have been told of already."""
        if self._strips is None:
            return told
        sequence = scanned.header.sequence
        ends = strip_ends(self.info.shape[1], self._strips.count)
        rows = max((end for end in ends if end <= scanned.data.shape[1]), default=0)
        if (sequence, rows) <= told or rows == 0:
            return told
        self._strips.take(scanned.header, scanned.data[:, :rows].copy())
        return sequence, rows
