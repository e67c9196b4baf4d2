"""How far the texture of a surface shifts the steps that are found on it.

The place of a hump is found with the derivative of its shape as a filter; the same filter on a profile whose steps are
taken off tells what noise and texture make of places. What is more than noise stays where it is while a step stays,
and changes as the step goes on.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")

REACH = 4.0
"""Of the filter, standard deviations of the hump."""
CLIP = 4.0
"""Robust standard deviations beyond which a response is none of texture but of something by itself."""


def texture_shift(left: F64, sd: F64, area: float, width: float) -> tuple[float, float]:
    """Standard deviation of a place by texture, and the distance over which it changes; samples.

    Parameters
    ----------
    left : float64 [n]
        Slope without steps and background; NaN where nothing was seen.
    sd : float64 [n]
        Of its noise.
    area, width : float
        Of the hump: slope times samples, standard deviation in samples.
    """
    seen = np.isfinite(left + sd)
    at = np.arange(-np.ceil(REACH * width), np.ceil(REACH * width) + 1)
    shape = at / width**2 * np.exp(-0.5 * (at / width) ** 2) / (np.sqrt(2.0 * np.pi) * width)
    if seen.sum() < at.size + 8:
        return 0.0, width
    power = float((shape**2).sum())
    total, changing = _answer(np.where(seen, left, 0.0), seen, shape)
    noise = float((sd[seen] ** 2).mean()) * power
    length = float(np.sqrt(total / changing)) if changing > 0 else width
    return float(np.sqrt(max(total - noise, 0.0))) / (abs(area) * power), max(length, width)


@_compiled  # type: ignore[untyped-decorator]
def _answer(values: F64, seen: NDArray[np.bool_], shape: F64) -> tuple[float, float]:
    """Mean squares of what a filter makes of values and of its change from sample to sample, where neither stands out.

    Parameters
    ----------
    values : float64 [n]
    seen : bool [n]
    shape : float64 [2 q + 1]
        Antisymmetric.
    """
    n, q = values.size, shape.size // 2
    response = np.zeros(n)
    for i in range(n):
        for k in range(max(-q, -i), min(q + 1, n - i)):
            response[i] += values[i + k] * shape[q + k]
    most = CLIP * 1.4826 * np.median(np.abs(response[seen])) + 1e-300
    total, changing, count = 0.0, 0.0, 0
    for i in range(n):
        if seen[i] and abs(response[i]) < most:
            before, after = max(i - 1, 0), min(i + 1, n - 1)
            total += response[i] ** 2
            changing += ((response[after] - response[before]) / (after - before)) ** 2
            count += 1
    return total / count, changing / count
