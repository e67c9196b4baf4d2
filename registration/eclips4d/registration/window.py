"""The window under which images are compared: flat, and falling to zero at both ends as a cosine does (Tukey's).

scipy.signal has one, but imports half of scipy for it, and every start of a run would wait for that.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def tukey(length: int, taper: float) -> NDArray[np.float64]:
    """Window of so many samples, [length].

    Parameters
    ----------
    taper
        Share of the length over which it falls, both ends together, 0 < taper < 1.
    """
    window = np.ones(length)
    if length < 2:
        return window
    place = np.arange(math.floor(taper * (length - 1) / 2.0) + 1)
    fall = 0.5 * (1.0 + np.cos(np.pi * (2.0 * place / taper / (length - 1) - 1.0)))
    window[: fall.size] = fall
    window[length - fall.size :] = fall[::-1]
    return window
