"""One thread that reads, so that the window never waits: the latest question is answered, the latest answer kept."""

from __future__ import annotations

import threading
from typing import Protocol

from eclips4d.viewer.picture import Picture, Wanted


class Frames(Protocol):
    """Whatever pictures come from: a store on this host today, a view service on another one."""

    def look(self, wanted: Wanted) -> Picture:
        """The wanted picture; the same object again when nothing is new. Never raises for a broken store."""

    def close(self) -> None:
        """Let go of whatever is held."""


class Reader:
    """Asks `frames` on its own thread. Nothing is queued: a new question replaces one that still waits.

    Use as `ask` then `take` from the window's timer; `close` when the window closes.
    """

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self._condition = threading.Condition()
        self._question: Wanted | None = None
        self._answer: Picture | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="viewer-reader", daemon=True)
        self._thread.start()

    def ask(self, wanted: Wanted) -> None:
        """Want this picture."""
        with self._condition:
            self._question = wanted
            self._condition.notify()

    def take(self) -> Picture | None:
        """The newest answer, once."""
        with self._condition:
            answer, self._answer = self._answer, None
            return answer

    def wait(self, timeout_s: float) -> Picture | None:
        """Block until there is an answer and take it; None when none comes in time."""
        with self._condition:
            self._condition.wait_for(lambda: self._answer is not None, timeout_s)
        return self.take()

    def close(self, timeout_s: float = 10.0) -> None:
        """Stop the thread; a read under way is finished first."""
        with self._condition:
            self._closing = True
            self._condition.notify()
        self._thread.join(timeout_s)
        self._frames.close()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._closing or self._question is not None)
                if self._closing:
                    return
                question, self._question = self._question, None
            assert question is not None
            picture = self._frames.look(question)
            with self._condition:
                self._answer = picture
                self._condition.notify_all()
