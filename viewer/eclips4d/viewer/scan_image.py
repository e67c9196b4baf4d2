"""What is shown of a frame that is still being scanned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class ScanImage:
    """Rows so far of the frame that is being scanned.

    Attributes
    ----------
    sequence : int
        Its place in the store, once it is whole.
    rows, frame_rows : int
        Scanned when this preview was made, and in all.
    acquired_s : float
        When the last of the rows had been scanned, seconds since the epoch.
    levels : (low, high)
        Of the colours, nm.
    painted : uint8 [y, x, rgb]
        On the grid of the heights.
    """

    sequence: int
    rows: int
    frame_rows: int
    acquired_s: float
    levels: tuple[float, float]
    painted: NDArray[np.uint8]

    @property
    def words(self) -> str:
        """What the panel says of it."""
        return f"preview of frame {self.sequence}: {self.rows} of {self.frame_rows} rows"
