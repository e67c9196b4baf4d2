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

from eclips4d.registration.rows import At, add_two, times

Plane = NDArray[np.float32]
FINE_PX = 13
"""The mean over a square of this side is taken out: what is broader."""


def fine_structure(channels: Plane) -> Plane:
    """Channels less their mean over `FINE_PX` squares, [c, y, x]."""
    fine = np.empty_like(channels)
    _take_out_mean(channels, FINE_PX // 2, fine)
    return fine


@njit(cache=True, nogil=True)
def _take_out_mean(planes: Plane, reach: int, out: Plane) -> None:
    """Subtracts the mean over the square of `reach` pixels around each pixel, as far as it lies in the plane."""
    channels, rows, columns = planes.shape
    flat, made, count, one = planes.reshape(-1), out.reshape(-1), At(columns), np.float32(1)
    down, line, across = np.empty(columns), np.zeros(columns + 2 * reach, np.float32), np.empty(columns, np.float32)
    share = np.empty(columns, np.float32)
    for x in range(columns):
        share[x] = 1.0 / (min(x + reach, columns - 1) - max(x - reach, 0) + 1)
    for c in range(channels):
        down[:] = 0.0
        for y in range(-reach, rows):
            if y + reach < rows:
                _add(down, flat, At((c * rows + y + reach) * columns), 1.0, count)
            if y - reach > 0:
                _add(down, flat, At((c * rows + y - reach - 1) * columns), -1.0, count)
            if y < 0:
                continue
            _rounded(down, line, At(reach), count)
            times(across, At(0), one, line, At(reach), count)
            for k in range(1, reach + 1):
                add_two(across, At(0), one, line, At(reach + k), one, At(reach - k), count)
            down_share = np.float32(1.0 / (min(y + reach, rows - 1) - max(y - reach, 0) + 1))
            _less_mean(flat, At((c * rows + y) * columns), across, share, down_share, made, count)


@njit(cache=True, nogil=True)
def _add(out: NDArray[np.float64], p: Plane, at: At, sign: float, count: At) -> None:
    for x in range(count):
        out[x] += sign * p[at + x]


@njit(cache=True, nogil=True)
def _rounded(p: NDArray[np.float64], out: Plane, to: At, count: At) -> None:
    for x in range(count):
        out[to + x] = np.float32(p[x])


@njit(cache=True, nogil=True, fastmath={"contract"})
def _less_mean(p: Plane, at: At, total: Plane, share: Plane, down_share: np.float32, out: Plane, count: At) -> None:
    for x in range(count):
        out[at + x] = p[at + x] - total[x] * (share[x] * down_share)
