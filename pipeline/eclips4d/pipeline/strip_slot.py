"""Rows of the frame that is being scanned, on their way out of acquisition: the newest, or none.

Frames come first: rows leave only while no frame waits to be sent, and no more of them before the last ones were
answered. What is replaced meanwhile is counted and gone; the frame that it belongs to comes whole in any case.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import cast

import numpy as np

from eclips4d.acquisition.source import Source
from eclips4d.acquisition.strips import Strips, StripSource
from eclips4d.core.frame import FrameHeader, RawArray
from eclips4d.core.strip_messages import StripOffer

NO_ANSWER_S = 5.0
"""Rows that were not answered by then are taken for lost."""


class StripSlot:
    """Holds the newest rows; the source's thread puts them, the sender's takes them.

    Parameters
    ----------
    source : Source
        One that tells of no strips leaves the slot empty.
    strips : int
        Into how many a frame is cut; fewer than two are none.
    wake : callable
        Wakes the sender.
    """

    def __init__(self, source: Source, strips: int, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._lock = Lock()
        self._newest: tuple[FrameHeader, RawArray, int, float] | None = None
        self._dropped = 0
        self._sent_at: float | None = None
        if strips > 1 and isinstance(source, StripSource):
            source.give_strips(Strips(strips, self._put))

    def answered(self) -> None:
        """The store has had what was sent, or starts anew."""
        self._sent_at = None

    def next(self, sequence: int) -> tuple[StripOffer, RawArray] | None:
        """The rows to be sent now, if they are of this frame or a later one: those before have come whole."""
        if self._sent_at is not None and time.monotonic() - self._sent_at < NO_ANSWER_S:
            return None
        with self._lock:
            if self._newest is not None and self._newest[0].sequence < sequence:
                self._drop()
            if self._newest is None:
                return None
            header, raw, wall_ns, at_s = self._newest
            dropped, self._newest, self._dropped = self._dropped, None, 0
        self._sent_at = time.monotonic()
        offer = StripOffer(
            header=header,
            rows=raw.shape[1],
            stamps={"acquired": wall_ns},
            age_s=max(0.0, time.monotonic() - at_s),
            dropped=dropped,
        )
        return offer, cast(RawArray, np.ascontiguousarray(raw))

    def _put(self, header: FrameHeader, raw: RawArray) -> None:
        with self._lock:
            self._drop()
            self._newest = header, raw, time.time_ns(), time.monotonic()
        self._wake()

    def _drop(self) -> None:
        self._dropped += self._newest is not None
        self._newest = None
