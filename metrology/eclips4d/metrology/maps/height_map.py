"""A height map that another instrument, or another program, measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class HeightMap:
    """Heights on a regular grid.

    Attributes
    ----------
    height_nm : float64 [y, x]
        As seen on the screen: row 0 at the top, x to the right; NaN where nothing was measured.
    pixel_size_nm : (float, float)
        Along x and y.
    source : str
        Name of the file.
    channel : str
        Which of the file's images; empty where it has only one.
    """

    height_nm: NDArray[np.float64]
    pixel_size_nm: tuple[float, float]
    source: str = ""
    channel: str = ""

    @property
    def size_nm(self) -> tuple[float, float]:
        """Width and height of what the pixels cover."""
        rows, columns = self.height_nm.shape
        return columns * self.pixel_size_nm[0], rows * self.pixel_size_nm[1]
