"""A source whose frames can be asked for by number: recordings, replays and the simulated microscope.

Reading is a pure function of the frame's number. What differs is only the clock: a file waits for whoever reads it; a
live source is read by a thread of its own, which takes each frame at its time whether or not anybody is ready.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event, Lock
from types import TracebackType

import msgspec

from eclips4d.acquisition.arrivals import Arrival, Arrivals, in_order
from eclips4d.acquisition.handover import HandOver
from eclips4d.acquisition.pace import Pace
from eclips4d.acquisition.source import Health
from eclips4d.core.errors import EclipsError, WireError
from eclips4d.core.frame import Frame
from eclips4d.core.log import get_logger
from eclips4d.core.source import SourceInfo

BUFFERED_FRAMES = 16
"""What a live source holds for a reader that is busy, as a scan generator's own frame buffer would."""


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
        self._buffered = buffered
        self._lock = Lock()
        self._reading = Lock()
        self._health = Health(state="idle")
        self._stopped = False
        self._iterations: dict[Event, HandOver] = {}
        self._thread = None if info.can_wait else ThreadPoolExecutor(1, thread_name_prefix="eclips4d-source")

    def frames(self, start: int = 0) -> Iterator[Frame]:
        """Frames at their times, from sequence `start` on."""
        ended, handover = Event(), HandOver(self._buffered)
        with self._lock:
            self._iterations[ended] = handover
            if self._stopped:
                ended.set()
        self._note(state="running")
        paced = self._paced(start, ended)
        try:
            for frame in paced if self._thread is None else self._taken(self._thread, paced, handover, ended):
                self._count(delivered=1)
                yield frame
        except EclipsError as error:
            self._note(state="failed", reason=error.line)
            raise
        finally:
            with self._lock:
                self._iterations.pop(ended)
            if self.health().state == "running":
                self._note(state="stopped" if self._stopped else "ended")

    def stop(self) -> None:
        """End every iteration soon."""
        with self._lock:
            self._stopped = True
            for ended, handover in self._iterations.items():
                ended.set()
                handover.drop()

    def health(self) -> Health:
        """Counts and state."""
        with self._lock:
            return self._health

    def close(self) -> None:
        """Stop, end the thread, release the file."""
        self.stop()
        if self._thread is not None:
            self._thread.shutdown(wait=True)
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
                due_s = max(frame.header.end_s, arrival.not_before_s)
                self._note(late_s=self._pace.wait(due_s, ended))
            if ended.is_set():
                return
            if frame is not None:
                self._count(reconnections=arrival.reconnections)
                yield from [arrival.as_told(frame)] * arrival.copies

    def _received(self, arrival: Arrival) -> Frame | None:
        try:
            return self._read(arrival.sequence)
        except WireError as error:
            get_logger().warning("a frame arrived damaged", sequence=arrival.sequence, error=error.line)
            self._count(lost=1, damaged=1, reconnections=arrival.reconnections)
            return None

    def _taken(
        self, thread: ThreadPoolExecutor, paced: Iterator[Frame], handover: HandOver, ended: Event
    ) -> Iterator[Frame]:
        if ended.is_set():
            return
        taking = thread.submit(self._take, paced, handover, ended)
        try:
            while (frame := handover.take()) is not None:
                yield frame
            taking.result()
        finally:
            ended.set()
            wait([taking])

    def _take(self, paced: Iterator[Frame], handover: HandOver, ended: Event) -> None:
        try:
            for frame in paced:
                if not handover.offer(frame) and not ended.is_set():
                    self._count(lost=1)
        finally:
            handover.end()

    def _count(self, **more: int) -> None:
        with self._lock:
            counts = {name: getattr(self._health, name) + number for name, number in more.items()}
            self._health = msgspec.structs.replace(self._health, **counts)

    def _note(self, **changes: object) -> None:
        with self._lock:
            self._health = msgspec.structs.replace(self._health, **changes)
