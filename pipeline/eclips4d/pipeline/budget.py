"""Where the time of frames goes: from the last pixel to each step, usually, at the worst, and for which frame.

Percentiles are of the last frames, so that a run of days takes no more memory than one of minutes; the worst is of all.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import Final

import numpy as np

LAST: Final = 1024
"""Frames that percentiles are of, and whose acquisition is remembered."""
PAINTED: Final = "shown"
"""The step that ends on a window's screen."""

Reach = tuple[float, float, float, int]
"""Median, 99th percentile and worst, ms, and the frame of the worst."""


class Budget:
    """Of frames, or of previews, of which a frame has several, told apart by their `rows`."""

    def __init__(self) -> None:
        self._acquired: OrderedDict[tuple[int, int], int] = OrderedDict()
        self._spent: dict[str, deque[float]] = {}
        self._worst: dict[str, tuple[float, int]] = {}
        self._told: dict[str, Reach] | None = {}
        self._waits: set[int] = set()

    def waits(self, sequence: int) -> None:
        """A frame that waits for the next one, as a run's first does: how long that takes says nothing of the chain."""
        self._waits.add(sequence)

    def acquired(self, sequence: int, at_ns: int, rows: int = 0) -> None:
        """When the last pixel was there."""
        self._acquired[sequence, rows] = at_ns
        while len(self._acquired) > LAST:
            self._acquired.popitem(last=False)

    def reached(self, sequence: int, step: str, at_ns: int, rows: int = 0) -> float | None:
        """A step is done; how long after the last pixel, ms, or None where nobody knows when that was."""
        began = self._acquired.get((sequence, rows))
        if began is None:
            return None
        spent_ms = max(0.0, (at_ns - began) / 1e6)
        if sequence in self._waits:
            return spent_ms
        self._spent.setdefault(step, deque(maxlen=LAST)).append(spent_ms)
        if step not in self._worst or spent_ms > self._worst[step][0]:
            self._worst[step] = spent_ms, sequence
        self._told = None
        return spent_ms

    def worst(self, step: str) -> tuple[float, int] | None:
        """The longest that any took to this step, ms, and its frame."""
        return self._worst.get(step)

    def told(self) -> Mapping[str, Reach]:
        """Every step that was reached, in the order in which they were reached first."""
        if self._told is None:
            self._told = {step: self._reach(step) for step in self._spent}
        return self._told

    def _reach(self, step: str) -> Reach:
        middle, late = np.percentile(np.array(self._spent[step]), (50, 99)).tolist()
        return middle, late, *self._worst[step]


def as_words(told: Mapping[str, Reach]) -> dict[str, dict[str, float]]:
    """As it stands in a store."""
    names = ("p50_ms", "p99_ms", "worst_ms", "worst_frame")
    return {step: dict(zip(names, reach, strict=True)) for step, reach in told.items()}
