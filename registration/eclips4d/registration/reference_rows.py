"""How far the reference's own rows are displaced: what all frames seen against it have in common, negated.

A frame's offsets are found as its own less the reference's. Jitter is new in every frame, so the mean of zero (the
reference against itself) and of the differences found so far is the reference's, negated, known to 1/√(frames + 1) of
the jitter; the noise of the reference's pixels, which all comparisons share, goes the same way. What is locked to the
scan, in every frame alike, cannot be seen; it moves nothing in time. Two numbers per row are the whole state.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.registration.jitter import RowJitter

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ReferenceRows:
    """What is known of the reference's own row offsets.

    Attributes
    ----------
    offset : float32 [rows, 2]
        Rows and columns, pixels of the channels.
    frames : int
        Seen so far, the reference included.
    """

    offset: NDArray[np.float32]
    frames: int = 1

    @classmethod
    def start(cls, rows: int) -> ReferenceRows:
        """Before any frame is compared with it."""
        return cls(np.zeros((rows, 2), np.float32))

    def learned(self, jitter: RowJitter) -> tuple[ReferenceRows, Vector]:
        """With one frame more, and that frame's offsets from where its rows belong, float64 [rows, 2].

        Parameters
        ----------
        jitter : RowJitter
            Found with `reference_offset` = `offset`.
        """
        count = self.frames + 1
        step = _given_back(jitter.offset, jitter.place) / count
        after = ReferenceRows((self.offset - step).astype(np.float32), count)
        rows = np.arange(len(step))
        moved = np.column_stack([np.interp(jitter.place, rows, along) for along in step.T])
        return after, jitter.offset - moved


def _given_back(offset: Vector, place: Vector) -> Vector:
    """Offsets of the frame's rows, each given to the two rows of the reference that it lies between."""
    rows = len(offset)
    inside = (place >= 0) & (place <= rows - 1)
    left = np.minimum(np.floor(place[inside]).astype(int), rows - 2)
    share = (place[inside] - left)[:, None]
    out = np.zeros_like(offset)
    np.add.at(out, left, (1 - share) * offset[inside])
    np.add.at(out, left + 1, share * offset[inside])
    return out
