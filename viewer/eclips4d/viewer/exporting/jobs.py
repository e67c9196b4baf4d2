"""What is written beside the window's thread: each job on a thread of its own, pulled for its words, never pushing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from eclips4d.core.errors import EclipsError
from eclips4d.viewer.state_line import Tone

SAID_FOR_S = 8.0
MOST_AT_ONCE = 3
BROKEN = (EclipsError, OSError, ValueError, KeyError, IndexError, RuntimeError, ArithmeticError, ImportError)
"""Whatever goes wrong while a file is written: the window says so and goes on."""


class Progress(Protocol):
    """What a job is given."""

    def say(self, words: str) -> None:
        """Tell how far it is."""

    @property
    def cancelled(self) -> threading.Event:
        """Set when nobody wants it any more."""


class Cancelled(BaseException):
    """A job was given up; raised by the job itself."""


Job = Callable[[Progress], str]
"""Writes something and tells what, in words."""


@dataclass(eq=False)
class _Running:
    name: str
    words: str = ""
    cancelled: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def say(self, words: str) -> None:
        self.words = words


class Exports:
    """Jobs of one window; closed with it.

    Parameters
    ----------
    clock : callable
        Seconds, of any origin.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._running: list[_Running] = []
        self._said: tuple[str, Tone, float] = ("", Tone.PLAIN, 0.0)

    def begin(self, name: str, job: Job) -> bool:
        """Do this on a thread of its own; False, and words, where enough goes on already.

        Parameters
        ----------
        name : str
            What is written, such as `film`.
        job : callable
        """
        with self._lock:
            if len(self._running) >= MOST_AT_ONCE:
                self._said = f"{name}: wait until the others are written", Tone.NOTICE, self._clock() + SAID_FOR_S
                return False
            running = _Running(name)
            self._running.append(running)
        # No daemon: the process waits for a file that is being written.
        running.thread = threading.Thread(target=self._do, args=(running, job), name=f"viewer-{name}", daemon=False)
        running.thread.start()
        return True

    def say(self, words: str, *, failed: bool = False) -> None:
        """Tell something for some seconds."""
        with self._lock:
            self._said = words, Tone.NOTICE if failed else Tone.GOOD, self._clock() + SAID_FOR_S

    @property
    def busy(self) -> str:
        """What goes on, in words; empty when nothing does."""
        with self._lock:
            return "   ".join(f"{one.name} {one.words or '…'}" for one in self._running)

    @property
    def says(self) -> tuple[str, Tone]:
        """What became of the last one, for some seconds; empty otherwise."""
        with self._lock:
            words, tone, until = self._said
        return (words, tone) if self._clock() < until else ("", Tone.PLAIN)

    def cancel(self) -> None:
        """Give up all of them; nothing half written is left."""
        with self._lock:
            for one in self._running:
                one.cancelled.set()
                one.words = "is given up"

    def close(self, timeout_s: float = 10.0) -> None:
        """Give up all of them and wait for their threads."""
        self.cancel()
        with self._lock:
            threads = [one.thread for one in self._running]
        for thread in threads:
            if thread is not None:
                thread.join(timeout_s)

    def _do(self, running: _Running, job: Job) -> None:
        try:
            words, tone = job(running), Tone.GOOD
        except Cancelled:
            words, tone = f"{running.name}: given up", Tone.PLAIN
        except BROKEN as error:
            words, tone = f"{running.name}: {one_line(error)}", Tone.NOTICE
        with self._lock:
            self._running.remove(running)
            self._said = words, tone, self._clock() + SAID_FOR_S


def one_line(error: BaseException) -> str:
    """What an error says, without line breaks."""
    return " ".join(str(error).split()) or type(error).__name__
