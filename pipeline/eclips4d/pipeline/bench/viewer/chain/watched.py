"""A window on a run of a benchmark; it is up before the run begins, and what it shows is counted."""

from __future__ import annotations

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


@dataclass(slots=True)
class Watched:
    """What became of one window: seconds since it was up, and how many frames it had shown by then."""

    counts: list[tuple[float, int]] = field(default_factory=list)

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
    """A window on the run, which may be stopped or killed some seconds after it is up."""
    before = os.environ.get("QT_QPA_PLATFORM")
    if not can_show():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    window = Window(config)
    try:
        _wait_for(window)
        with _disturbed(window.pid, disturb), _counted(window, seen):
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
def _disturbed(pid: int, number: signal.Signals | None) -> Iterator[None]:
    if number is None:
        yield
        return
    timer = Timer(DISTURBED_AFTER_S, os.kill, (pid, number))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if number is signal.SIGSTOP:
            os.kill(pid, signal.SIGCONT)
