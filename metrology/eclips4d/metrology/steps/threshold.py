"""From which response on a filter on a profile means a step, for a stated number of false ones.

Maxima of smoothed white noise above u standard deviations come, per length, as often as it crosses u upwards (Rice):
sqrt(λ) exp(-u²/2) / 2 pi, λ being the variance of the response's derivative over that of the response.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


def threshold(kernels: list[F64], samples: int, false_steps: float) -> float:
    """Standard deviations that a response of either sign must reach.

    Parameters
    ----------
    kernels : list of float64 [m]
        Filters that are all tried on the profile.
    samples : int
        Length of the profile.
    false_steps : float
        Expected number of false steps per profile of white noise; the rates of the kernels are summed, although
        their maxima are often the same ones, so that it is an upper bound.
    """
    crossings = sum(np.sqrt((np.gradient(k) ** 2).sum() / (k**2).sum()) for k in kernels) * samples / (2.0 * np.pi)
    return float(np.sqrt(2.0 * np.log(max(2.0 * crossings / false_steps, 1.5))))
