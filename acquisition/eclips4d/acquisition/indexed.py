"""A source whose frames can be asked for by number: recordings, replays and the simulated microscope.

Reading is a pure function of the frame's number. What differs is only the clock: a file waits for whoever reads it; a
live source is read by a thread of its own, which takes each frame at its time whether or not anybody is ready.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event, Lock
from types import TracebackType

from eclips4d.acquisition.arrivals import Arrival, Arrivals, in_order
from eclips4d.acquisition.deliveries import BUFFERED_FRAMES, Deliveries
from eclips4d.acquisition.pace import Pace
from eclips4d.acquisition.source import Health
from eclips4d.acquisition.strips import Strips
from eclips4d.core.errors import WireError
from eclips4d.core.frame import Frame
from eclips4d.core.log import get_logger
from eclips4d.core.source import SourceInfo


def _nothing() -> None:
    return None


class IndexedSource:
    """`Source` over `read(sequence)`, which returns the frame, or None where the original run had a gap.

    Parameters
    ----------
    info
        With `frames` None the source goes on until it is stopped; `can_wait` False makes it live.
    read
        Called from one thread at a time. Where it raises `WireError` the frame arrived damaged: it is counted and let
        go.
    pace
        The clock.
    close
        Releases what `read` needs.
    buffered
        Frames a live source holds for a busy reader before it loses one.
    arrivals
        Order and moments of delivery; by default each frame once, at its time.
    """

    def __init__(
        self,
        info: SourceInfo,
        read: Callable[[int], Frame | None],
        *,
        pace: Pace,
        close: Callable[[], None] = _nothing,
        buffered: int = BUFFERED_FRAMES,
        arrivals: Arrivals | None = None,
    ) -> None:
        self.info = info
        self._read = read
        self._arrivals = arrivals or in_order(info.frames)
        self._pace = pace
        self._release = close
        self._reading = Lock()
        self._deliveries = Deliveries(live=not info.can_wait, buffered=buffered)
        self._strips: Strips | None = None

    def give_strips(self, strips: Strips) -> None:
        """Tell of the frame that is being scanned; a source that is read as fast as it can be has none."""
        self._strips = strips if self._pace.speed is not None else None

    def frames(self, start: int = 0) -> Iterator[Frame]:
        """Frames at their times, from sequence `start` on."""
        return self._deliveries.frames(lambda ended: self._paced(start, ended))

    def stop(self) -> None:
        """End every iteration soon."""
        self._deliveries.stop()

    def health(self) -> Health:
        """Counts and state."""
        return self._deliveries.health()

    def close(self) -> None:
        """Stop, end the thread, release the file."""
        self._deliveries.close()
        with self._reading:
            release, self._release = self._release, _nothing
            release()

    def __enter__(self) -> IndexedSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _paced(self, start: int, ended: Event) -> Iterator[Frame]:
        begun = False
        for arrival in self._arrivals(start):
            with self._reading:
                frame = None if ended.is_set() else self._received(arrival)
            if frame is not None and not begun:
                self._pace.start(frame.header.start_s)
                begun = True
            if frame is not None:
                self._scan(frame, arrival.not_before_s, ended)
                due_s = max(frame.header.end_s, arrival.not_before_s)
                self._deliveries.note(late_s=self._pace.wait(due_s, ended))
            if ended.is_set():
                return
            if frame is not None:
                self._deliveries.count(reconnections=arrival.reconnections)
                yield from [arrival.as_told(frame)] * arrival.copies

    def _scan(self, frame: Frame, not_before_s: float, ended: Event) -> None:
        """Hand over rows of a frame at the times at which they are scanned."""
        if self._strips is None:
            return
        for rows, at_s in self._strips.moments(frame.header):
            self._pace.wait(max(at_s, not_before_s), ended)
            if ended.is_set():
                return
            self._strips.take(frame.header, frame.data[:, :rows])

    def _received(self, arrival: Arrival) -> Frame | None:
        try:
            return self._read(arrival.sequence)
        except WireError as error:
            get_logger().warning("a frame arrived damaged", sequence=arrival.sequence, error=error.line)
            self._deliveries.count(lost=1, damaged=1, reconnections=arrival.reconnections)
            return None
