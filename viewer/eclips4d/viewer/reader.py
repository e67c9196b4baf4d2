"""One thread that reads, so that the window never waits: the latest question is answered, the latest answer kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Protocol

from eclips4d.viewer.leaving import SOON_S
from eclips4d.viewer.picture import Picture, Wanted

REST_S = 0.06
"""Without a question before anything is read ahead: a slider that is dragged asks sooner, and is not to wait."""


class Frames(Protocol):
    """Whatever pictures come from: a store on this host today, a view service on another one."""

    def look(self, wanted: Wanted) -> Picture:
        """The wanted picture; the same object again when nothing is new. Never raises for a broken store."""

    def close(self) -> None:
        """Let go of whatever is held."""


class Reader:
    """Asks `frames` on its own thread. Nothing is queued: a new question replaces one that still waits.

    Use as `ask` then `take` from the window's timer; `close` when the window closes.

    Parameters
    ----------
    frames : Frames
    ahead : callable, optional
        What to do after a question while no other one waits, one short piece at a time.
    """

    def __init__(self, frames: Frames, ahead: Callable[[Wanted], Iterator[object]] | None = None) -> None:
        self._frames = frames
        self._ahead = ahead
        self._condition = threading.Condition()
        self._question: Wanted | None = None
        self._answer: Picture | None = None
        self._taken: Picture | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="viewer-reader", daemon=True)
        self._thread.start()

    def ask(self, wanted: Wanted) -> None:
        """Want this picture."""
        with self._condition:
            self._question = wanted
            self._condition.notify()

    @property
    def has_news(self) -> bool:
        """Whether an answer can be taken that is not the one taken last."""
        with self._condition:
            return self._answer is not None and self._answer is not self._taken

    def take(self) -> Picture | None:
        """The newest answer, once."""
        with self._condition:
            answer, self._answer = self._answer, None
            self._taken = answer or self._taken
            return answer

    def answers_within(self, timeout_s: float) -> bool:
        """Block until an answer can be taken; whether one came in time."""
        with self._condition:
            return self._condition.wait_for(lambda: self._answer is not None, timeout_s)

    def wait(self, timeout_s: float) -> Picture | None:
        """Block until there is an answer and take it; None when none comes in time."""
        self.answers_within(timeout_s)
        return self.take()

    def close(self, timeout_s: float = SOON_S) -> None:
        """Stop the thread; a read under way is waited for a moment, and what it reads from is closed after it."""
        with self._condition:
            self._closing = True
            self._condition.notify()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            self._answer_questions()
        finally:
            self._frames.close()

    def _answer_questions(self) -> None:
        while (question := self._next_question()) is not None:
            picture = self._frames.look(question)
            with self._condition:
                self._answer = picture
                self._condition.notify_all()
            if self._ahead is not None:
                self._do_while_idle(self._ahead(question))

    def _next_question(self) -> Wanted | None:
        """Wait for it; None when the reader closes."""
        with self._condition:
            self._condition.wait_for(lambda: self._closing or self._question is not None)
            question, self._question = self._question, None
            return None if self._closing else question

    def _do_while_idle(self, pieces: Iterator[object]) -> None:
        if self._is_asked(REST_S):
            return
        for _ in pieces:
            if self._is_asked(0.0):
                return

    def _is_asked(self, wait_s: float) -> bool:
        """Whether there is something else to do, or will be within so long."""
        with self._condition:
            return self._condition.wait_for(lambda: self._closing or self._question is not None, wait_s)
