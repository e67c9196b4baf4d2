"""Counting statistics: electrons arrive at random, and their pulses are not all alike."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

_NORMAL_FROM = 40.0
"""Mean count from which a skewed normal number stands for the sum of pulses."""

_compiled: Any = numba.njit(cache=True, nogil=True)


def count_electrons(expected: F32, excess_noise: tuple[float, ...], random: np.random.Generator) -> F32:
    """Draw what the segments count, in place, in units of the mean pulse.

    A pixel is the sum of N pulses, N Poisson-distributed with mean m, each pulse gamma-distributed with mean 1 and
    variance F − 1. So variance is F·m and the third central moment F·(2F − 1)·m. From 40 electrons on, a normal number
    z becomes `m + s·(z + g·(z² − 1)/6)` with that deviation s and skewness g (Cornish and Fisher 1938): what differs
    is of the order 1/m, and it costs a tenth.

    Parameters
    ----------
    expected
        Mean counts, [n, y, x]; overwritten.
    excess_noise
        F per segment, at least 1.

    Returns
    -------
    float32 [n, y, x]
        `expected`.
    """
    for segment, factor in zip(expected, excess_noise, strict=True):
        _count(random, segment.reshape(-1), float(factor))
    return expected


@_compiled  # type: ignore[untyped-decorator]
def _count(random: np.random.Generator, mean: F32, factor: float) -> None:
    spread = factor - 1.0
    for i in range(mean.size):
        m = mean[i]
        if m >= _NORMAL_FROM:
            z = random.standard_normal()
            deviation = math.sqrt(factor * m)
            mean[i] = m + deviation * z + (2.0 * factor - 1.0) * (z * z - 1.0) / 6.0
        elif m > 0.0:
            n = random.poisson(m)
            if n > 0 and spread > 1e-9:
                mean[i] = random.standard_gamma(n / spread) * spread
            else:
                mean[i] = n
        else:
            mean[i] = 0.0
