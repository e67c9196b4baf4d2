"""What lies between the steps: the fine structure of a frame where no line is near.

Steps, bunches and facets that move hold most of the gradient energy and carry any whole-frame estimate with them.
They are long and broad; the roughness of the terraces is fine and stays, and so do particles. So channels are
high-passed, places on lines are not compared (`lines`), and what is constant along the steps does not count
(`tangents`). Masks fade the instruments, never the values: values that only one frame hides would feign a shift.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

FINE_PX = 13
"""The mean over a square of this side is taken out: what is broader."""


def fine_structure(channels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Channels less their mean over `FINE_PX` squares, [c, y, x]."""
    fine = np.empty_like(channels)
    _take_out_mean(channels, FINE_PX // 2, fine)
    return fine


@njit(cache=True, nogil=True)
def _running_mean(line: NDArray[np.float64], reach: int, out: NDArray[np.float32]) -> None:
    """Mean over `reach` neighbours on either side, as far as they are there."""
    n = line.size
    total = 0.0
    for x in range(min(reach, n)):
        total += line[x]
    for x in range(n):
        if x + reach < n:
            total += line[x + reach]
        if x - reach > 0:
            total -= line[x - reach - 1]
        out[x] = total / (min(x + reach, n - 1) - max(x - reach, 0) + 1)


@njit(cache=True, nogil=True)
def _take_out_mean(planes: NDArray[np.float32], reach: int, out: NDArray[np.float32]) -> None:
    """Subtracts the mean over the square of `reach` pixels around each pixel, as far as it lies in the plane."""
    channels, rows, columns = planes.shape
    across, mean = np.empty(columns), np.empty(columns, np.float32)
    for c in range(channels):
        across[:] = 0.0
        for y in range(min(reach, rows)):
            across += planes[c, y]
        for y in range(rows):
            if y + reach < rows:
                across += planes[c, y + reach]
            if y - reach > 0:
                across -= planes[c, y - reach - 1]
            _running_mean(across, reach, mean)
            share = np.float32(1.0 / (min(y + reach, rows - 1) - max(y - reach, 0) + 1))
            for x in range(columns):
                out[c, y, x] = planes[c, y, x] - mean[x] * share
