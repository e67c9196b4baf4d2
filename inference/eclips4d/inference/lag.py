"""The amplifier's lag taken back: it delays and smooths every row by a known law, which the noise tells.

A first-order lag makes `s_i = a·s_(i−1) + (1 − a)·x_i` of a row x, so `x_i = (s_i − a·s_(i−1))/(1 − a)` exactly; its
white noise comes out correlated by `a` per pixel, so the correlation length of the noise is `(1 + a)/(1 − a)`.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

MOST: Final = 0.3
"""Memory that is taken back at most: beyond, noise of other origin is more likely."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def take_back(slope: F32, slope_sd: F32, brightness: F32, memory: float) -> None:
    """Undo the lag of slopes [2, y, x] in place, through the signals u, u·dh/dx, u·dh/dy that they stand for.

    The noise grows to what it was before the lag, and becomes white.

    Parameters
    ----------
    memory
        a, of which at most `MOST` is taken back.
    """
    memory = min(memory, MOST)
    if memory > 0.0:
        _take_back(slope, brightness, np.float32(memory))
        slope_sd *= np.float32(np.sqrt((1.0 + memory) / (1.0 - memory)))


@_compiled  # type: ignore[untyped-decorator]
def _take_back(slope: F32, brightness: F32, memory: np.float32) -> None:
    scale = np.float32(1.0) / (np.float32(1.0) - memory)
    least = np.float32(0.02)
    for y in range(brightness.shape[0]):
        u, p, q = brightness[y, 0], slope[0, y, 0], slope[1, y, 0]
        before, before_p, before_q = u, u * p, u * q
        for x in range(1, brightness.shape[1]):
            u = brightness[y, x]
            u_p, u_q = u * slope[0, y, x], u * slope[1, y, x]
            now = (u - memory * before) * scale
            if now > least:
                slope[0, y, x] = (u_p - memory * before_p) * scale / now
                slope[1, y, x] = (u_q - memory * before_q) * scale / now
                brightness[y, x] = now
            before, before_p, before_q = u, u_p, u_q
