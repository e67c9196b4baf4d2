"""A window on a run of a benchmark; it is up before the run begins, and what it shows is counted."""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread, Timer

from eclips4d.pipeline.config import RunConfig
from eclips4d.pipeline.window import Window, can_show

UP_S = 120.0
"""For the window to come up, at most."""
DISTURBED_AFTER_S = 6.0
COUNT_EVERY_S = 0.1
LOOK_S = 0.005
"""How often it is looked whether a window that closes has ended."""


@dataclass(slots=True)
class Watched:
    """What became of one window: seconds since it was up, and how many frames it had shown by then.

    `ended_s` is how long its process took to end once it was told to close; infinite while nobody has seen the end.
    """

    counts: list[tuple[float, int]] = field(default_factory=list)
    ended_s: float = math.inf

    def rate(self, from_s: float, until_s: float) -> float:
        """Frames per second that were shown between two moments, seconds after the first frame."""
        begin = next((at for at, shown in self.counts if shown), 0.0)
        inside = [(at, shown) for at, shown in self.counts if from_s <= at - begin <= until_s]
        if len(inside) < 2:
            return 0.0
        (first_s, first), (last_s, last) = inside[0], inside[-1]
        return (last - first) / (last_s - first_s)


@contextmanager
def watched(seen: Watched, config: RunConfig, disturb: signal.Signals | None = None) -> Iterator[None]:
    """A window on the run, which may be stopped, killed or closed (SIGTERM) some seconds after it is up."""
    before = os.environ.get("QT_QPA_PLATFORM")
    if not can_show():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    window = Window(config)
    try:
        _wait_for(window)
        with _disturbed(window, disturb, seen), _counted(window, seen):
            yield
    finally:
        window.close()
        if before is None:
            os.environ.pop("QT_QPA_PLATFORM", None)


def _wait_for(window: Window) -> None:
    until, never = time.monotonic() + UP_S, Event()
    while not window.is_up:
        if not window.is_open or time.monotonic() > until:
            raise TimeoutError("no window comes up")
        never.wait(COUNT_EVERY_S)


@contextmanager
def _counted(window: Window, seen: Watched) -> Iterator[None]:
    """Note now and then how many frames it has shown."""
    began, over = time.monotonic(), Event()

    def count() -> None:
        while not over.wait(COUNT_EVERY_S):
            seen.counts.append((time.monotonic() - began, window.shown()))

    thread = Thread(target=count, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def _disturbed(window: Window, number: signal.Signals | None, seen: Watched) -> Iterator[None]:
    if number is None:
        yield
        return

    def disturb() -> None:
        began, never = time.monotonic(), Event()
        os.kill(window.pid, number)
        while number is signal.SIGTERM and window.is_open and time.monotonic() - began < UP_S:
            never.wait(LOOK_S)
        if not window.is_open:
            seen.ended_s = time.monotonic() - began

    timer = Timer(DISTURBED_AFTER_S, disturb)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        if number is signal.SIGSTOP:
            os.kill(window.pid, signal.SIGCONT)
