"""Planes of frames that were read lately: the stacks of neighbouring frames have nearly all of them in common."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from eclips4d.storage.glance import Run

BYTES = 512 << 20


class PlaneMemory:
    """Remembers planes of one run's aligned frames, which never change; the longest unused go first.

    Parameters
    ----------
    limit : int
        Bytes to hold at most.
    """

    def __init__(self, limit: int = BYTES) -> None:
        self._limit, self._held = limit, 0
        self._planes: OrderedDict[tuple[str, int], NDArray[np.generic]] = OrderedDict()
        self._lock = Lock()

    def read(self, run: Run, name: str, frame: int) -> NDArray[np.generic]:
        """One plane [..., y, x] of a frame, as it is stored; leave it as it is."""
        with self._lock:
            if (name, frame) in self._planes:
                self._planes.move_to_end((name, frame))
                return self._planes[name, frame]
        plane = run[name][frame].values
        with self._lock:
            if (name, frame) not in self._planes:
                self._held += plane.nbytes
            self._planes[name, frame] = plane
            while self._held > self._limit and len(self._planes) > 1:
                self._held -= self._planes.popitem(last=False)[1].nbytes
        return plane
