"""Which frames make up the stack of a frame: the newest up to it that lie on its grid and were aligned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import Status


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """What decides on it.

    Attributes
    ----------
    status : int64 [frame]
        Bits of `eclips4d.core.results.Status`.
    reference : int64 [frame]
        The frame whose grid is used.
    time_s : float64 [frame]
        Start of the first row.
    """

    status: NDArray[np.int64]
    reference: NDArray[np.int64]
    time_s: NDArray[np.float64]

    def __len__(self) -> int:
        return int(self.status.size)

    @property
    def usable(self) -> NDArray[np.bool_]:
        """[frame] whether a frame may be averaged with others."""
        asked = self.status & int(Status.DONE | Status.NOT_ALIGNED)
        usable: NDArray[np.bool_] = asked == int(Status.DONE)
        return usable

    def members(self, frame: int, frames: int) -> tuple[int, ...]:
        """The frames of one stack, oldest first, `frame` last; none when it has no surface.

        A frame that is not aligned is not averaged with any: where it was put is only a prediction.
        """
        if not self.status[frame] & int(Status.DONE):
            return ()
        if not self.usable[frame]:
            return (frame,)
        alike = self.usable[: frame + 1] & (self.reference[: frame + 1] == self.reference[frame])
        return tuple(np.flatnonzero(alike)[-frames:].tolist())

    def counts(self, frames: int) -> NDArray[np.int32]:
        """[frame] how many frames make up each stack."""
        counts = np.where(self.status & int(Status.DONE), 1, 0).astype(np.int32)
        for group in self._groups():
            counts[group] = np.minimum(np.arange(1, group.size + 1), frames)
        return counts

    def mean_times(self, frames: int) -> NDArray[np.float64]:
        """[frame] mean time of each stack, s; a frame's own where it has no surface."""
        times = self.time_s.copy()
        for group in self._groups():
            # Sums of times since the group's first: their rounding stays far below a nanosecond.
            first = self.time_s[group[0]]
            total = np.concatenate([[0.0], np.cumsum(self.time_s[group] - first)])
            end = np.arange(1, group.size + 1)
            start = np.maximum(end - frames, 0)
            times[group] = first + (total[end] - total[start]) / (end - start)
        return times

    def _groups(self) -> list[NDArray[np.intp]]:
        there = np.flatnonzero(self.usable)
        return [there[self.reference[there] == grid] for grid in np.unique(self.reference[there])]
