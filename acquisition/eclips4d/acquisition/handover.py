"""Between the thread that keeps a live source's clock and its reader: a short queue that never makes the clock wait."""

from __future__ import annotations

from collections import deque
from threading import Condition

from eclips4d.core.frame import Frame


class HandOver:
    """At most `capacity` frames on their way from one thread to another.

    Stands for the frame buffer of a scan generator: when it is full, the next frame is lost.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._frames: deque[Frame] = deque()
        self._changed = Condition()
        self._ended = False

    def offer(self, frame: Frame) -> bool:
        """Give a frame; False when it had to be let go."""
        with self._changed:
            if len(self._frames) >= self._capacity:
                return False
            self._frames.append(frame)
            self._changed.notify()
            return True

    def end(self) -> None:
        """No frame will follow."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def drop(self) -> None:
        """End, and forget what was not taken."""
        with self._changed:
            self._frames.clear()
            self._ended = True
            self._changed.notify_all()

    def take(self) -> Frame | None:
        """The next frame, waiting for it; None after the end."""
        with self._changed:
            while not self._frames and not self._ended:
                self._changed.wait()
            return self._frames.popleft() if self._frames else None
