"""Kernels beside the Fourier transforms: powers in rings of equal frequency, slopes of periodic planes."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from eclips4d.registration.copying import copy_line

Plane = NDArray[np.float32]
SLOPE = (4 / 5, -1 / 5, 4 / 105, -1 / 280)
"""Weights of the differences of neighbours 1 to 4 pixels away: within 3 % up to 0.25 cycles per pixel."""
REACH = len(SLOPE)


@njit(cache=True, nogil=True)
def ring_power(
    spectrum: NDArray[np.complex64], ring: NDArray[np.int64], rings: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Sum of |spectrum|² over all planes [c, fy, fx] in each ring [fy, fx], and how many frequencies each holds."""
    power, count = np.zeros(rings), np.zeros(rings, np.int64)
    planes, rows, columns = spectrum.shape
    for y in range(rows):
        for x in range(columns):
            total = np.float32(0)
            for c in range(planes):
                value = spectrum[c, y, x]
                total += value.real * value.real + value.imag * value.imag
            power[ring[y, x]] += total
            count[ring[y, x]] += 1
    return power, count


@njit(cache=True, nogil=True, fastmath={"contract"})
def _add_difference(out: Plane, weight: np.float32, before: Plane, after: Plane) -> None:
    for x in range(out.size):
        out[x] += weight * (after[x] - before[x])


@njit(cache=True, nogil=True)
def periodic_slopes(planes: Plane, out: Plane) -> None:
    """Slopes along rows and columns of planes [c, y, x] that go on periodically; `out` [2, c, …] may be smaller."""
    height, width = planes.shape[1:]
    _, channels, rows, columns = out.shape
    line = np.empty(columns + 2 * REACH, np.float32)
    for c in range(channels):
        for y in range(rows):
            copy_line(planes[c, y, :columns], line[REACH : REACH + columns])
            for x in range(REACH):
                line[x] = planes[c, y, (x - REACH) % width]
                line[REACH + columns + x] = planes[c, y, (columns + x) % width]
            out[:, c, y] = np.float32(0)
            for k in range(1, REACH + 1):
                weight = np.float32(SLOPE[k - 1])
                above, below = planes[c, (y - k) % height, :columns], planes[c, (y + k) % height, :columns]
                _add_difference(out[0, c, y], weight, above, below)
                _add_difference(out[1, c, y], weight, line[REACH - k :], line[REACH + k :])
