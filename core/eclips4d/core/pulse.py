"""The pulse of a stage's loop: how long ago it last turned, and what it is busy with. Read from other threads.

A heartbeat sent by a thread of its own says that the process is there; only the loop's own turns say that it works.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """The pulse at one moment.

    Attributes
    ----------
    age_s : float
        Since the loop last turned.
    sequence : int or None
        The frame it is busy with.
    ready : bool
        The stage has been let into its run.
    begun : bool
        The loop has turned at all.
    lacks : str
        What it cannot go on without, in words; empty when it has everything.
    """

    age_s: float
    sequence: int | None = None
    ready: bool = False
    begun: bool = False
    lacks: str = ""


class Pulse:
    """Ticked by the loop, felt by whoever watches over it.

    Parameters
    ----------
    clock
        For tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turned = clock()
        self._sequence: int | None = None
        self._ready = self._begun = False
        self._lacks = ""

    def tick(self) -> None:
        """The loop has turned."""
        self._turned, self._begun = self._clock(), True

    def ready(self) -> None:
        """The stage has been let into its run."""
        self._ready = True

    def lack(self, what: str) -> None:
        """What the stage cannot go on without at this moment; nothing, when empty."""
        self._lacks = what

    @contextmanager
    def busy_with(self, sequence: int) -> Iterator[None]:
        """Work on one frame, which counts as a turn before and after."""
        self.tick()
        self._sequence = sequence
        try:
            yield
        finally:
            self._sequence = None
            self.tick()

    def feel(self) -> Beat:
        """How the loop is."""
        return Beat(
            age_s=self._clock() - self._turned,
            sequence=self._sequence,
            ready=self._ready,
            begun=self._begun,
            lacks=self._lacks,
        )
