"""What sources do alike: iterations that `stop` ends, counts, and for a live source the thread that never waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event, Lock

import msgspec

from eclips4d.acquisition.handover import HandOver
from eclips4d.acquisition.source import Health
from eclips4d.core.errors import EclipsError
from eclips4d.core.frame import Frame

BUFFERED_FRAMES = 16
"""What a live source holds for a reader that is busy, as a scan generator's own frame buffer would."""


class Deliveries:
    """The iterations of one source and what they count.

    Parameters
    ----------
    live
        Frames are taken by a thread of its own, whether or not a reader is ready for them.
    buffered
        Frames a live source holds for a busy reader before it loses one.
    """

    def __init__(self, *, live: bool, buffered: int = BUFFERED_FRAMES) -> None:
        self._buffered = buffered
        self._lock = Lock()
        self._health = Health(state="idle")
        self._stopped = False
        self._iterations: dict[Event, HandOver] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="eclips4d-source") if live else None

    def frames(self, produced: Callable[[Event], Iterator[Frame]]) -> Iterator[Frame]:
        """Frames of `produced(ended)`, which has to end soon after `ended` is set."""
        ended, handover = Event(), HandOver(self._buffered)
        with self._lock:
            self._iterations[ended] = handover
            if self._stopped:
                ended.set()
        self.note(state="running")
        made = produced(ended)
        try:
            for frame in made if self._thread is None else self._taken(self._thread, made, handover, ended):
                self.count(delivered=1)
                yield frame
        except EclipsError as error:
            self.note(state="failed", reason=error.line)
            raise
        finally:
            with self._lock:
                self._iterations.pop(ended)
            if self.health().state == "running":
                self.note(state="stopped" if self._stopped else "ended")

    def stop(self) -> None:
        """End every iteration soon, this one and those to come."""
        with self._lock:
            self._stopped = True
            for ended, handover in self._iterations.items():
                ended.set()
                handover.drop()

    def close(self) -> None:
        """Stop and end the thread."""
        self.stop()
        if self._thread is not None:
            self._thread.shutdown(wait=True)

    def health(self) -> Health:
        """Counts and state."""
        with self._lock:
            return self._health

    def count(self, **more: int) -> None:
        """Add to counts of `Health`."""
        with self._lock:
            counts = {name: getattr(self._health, name) + number for name, number in more.items()}
            self._health = msgspec.structs.replace(self._health, **counts)

    def note(self, **changes: object) -> None:
        """Replace fields of `Health`."""
        with self._lock:
            self._health = msgspec.structs.replace(self._health, **changes)

    def _taken(
        self, thread: ThreadPoolExecutor, made: Iterator[Frame], handover: HandOver, ended: Event
    ) -> Iterator[Frame]:
        if ended.is_set():
            return
        taking = thread.submit(self._take, made, handover, ended)
        try:
            while (frame := handover.take()) is not None:
                yield frame
            taking.result()
        finally:
            ended.set()
            wait([taking])

    def _take(self, made: Iterator[Frame], handover: HandOver, ended: Event) -> None:
        try:
            for frame in made:
                if not handover.offer(frame) and not ended.is_set():
                    self.count(lost=1)
        finally:
            handover.end()
