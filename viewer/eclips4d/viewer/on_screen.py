"""Tells the run's owner when a frame has been painted, so that its latency ends where somebody sees it; knows no Qt."""

from __future__ import annotations

import time
from collections.abc import Callable

from eclips4d.core.shown_message import Shown
from eclips4d.viewer.model import Model

Tell = Callable[[Shown], object]


class OnScreen:
    """What the window shows of a run that it follows; each frame, and each preview, is told once.

    Parameters
    ----------
    tell : callable
        Sends a word to the run's owner, or drops it; never waits.
    clock : callable
        Nanoseconds since the epoch.
    """

    def __init__(self, tell: Tell, clock: Callable[[], int] = time.time_ns) -> None:
        self._tell, self._clock = tell, clock
        self._seen: dict[bool, tuple[int, int]] = {}
        self._waiting: list[tuple[int, int]] = []

    def drawn(self, model: Model) -> None:
        """All panels hold what the model does; it is on the screen when the window has next been painted."""
        for is_preview, what in _shown(model).items():
            if what != self._seen.get(is_preview):
                self._seen[is_preview] = what
                self._waiting.append(what)

    def painted(self) -> None:
        """The window has been painted."""
        waiting, self._waiting = self._waiting, []
        for sequence, rows in waiting:
            self._tell(Shown(sequence=sequence, rows=rows, at_ns=self._clock()))


def _shown(model: Model) -> dict[bool, tuple[int, int]]:
    """The newest frame, and the preview above it with its rows; nothing while somebody looks at a chosen frame."""
    surface, scan, found = model.picture.surface, model.scan, {}
    if model.is_live and surface is not None:
        found[False] = surface.sequence, 0
    if model.is_live and scan is not None:
        found[True] = scan.sequence, scan.rows
    return found
