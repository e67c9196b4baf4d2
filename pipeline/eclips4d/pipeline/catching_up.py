"""Which deferred frames registration takes next when their results are made up for, and from which of its states.

What becomes of a frame depends on the frames that registration took before it. So a run of deferred frames is taken as
it would have been live: frames that were lost or given up do not end it, frames that have results do.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import Status

WITHOUT_RESULT = Status.GAP | Status.QUARANTINED
"""Frames that registration never takes."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Registration once over some frames.

    Attributes
    ----------
    frames : tuple of int
        In order; those that are not deferred have their results, and are only followed.
    state : bytes
        Registration's state before the first; empty: as it starts.
    anew : bool
        Whether that state was not known, so that registration follows from the run's first frame on.
    goes_on : bool
        Whether no frame with results comes after: what was not handed out yet can be registered next.
    """

    frames: tuple[int, ...] = ()
    state: bytes = b""
    anew: bool = False
    goes_on: bool = False

    def after(self, sequence: int) -> int | None:
        """The frame that registration takes next, None after the last."""
        place = bisect_right(self.frames, sequence)
        return self.frames[place] if place < len(self.frames) else None


def next_pass(statuses: NDArray[np.uint8], deferred: Collection[int], known: Mapping[int, bytes]) -> Pass:
    """The oldest run of deferred frames; with all before it, where nobody knows registration's state there.

    Parameters
    ----------
    statuses : uint8 [time]
        Of every frame; all are committed.
    deferred : collection of int
        Frames whose results are still to be made, at least one.
    known : mapping of int to bytes
        Registration's state before some of them.
    """
    with_result = statuses & int(WITHOUT_RESULT) == 0
    first = min(deferred)
    anew = first not in known and bool(with_result[:first].any())
    if anew:
        last = max(s for s in deferred if s not in known)
        done = with_result & (statuses & int(Status.DONE) != 0)
        frames = tuple(s for s in range(last + 1) if done[s] or s in deferred)
    else:
        frames = _run_from(first, with_result, deferred)
    goes_on = not with_result[frames[-1] + 1 :].any()
    return Pass(frames, b"" if anew else known.get(first, b""), anew, goes_on)


def _run_from(first: int, with_result: NDArray[np.bool_], deferred: Collection[int]) -> tuple[int, ...]:
    frames = []
    for sequence in range(first, len(with_result)):
        if sequence in deferred:
            frames.append(sequence)
        elif with_result[sequence]:
            break
    return tuple(frames)
