"""The Cramér-Rao bound of the shift between two frames that are both noisy, all segments jointly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.pipeline.bench.registration.scenes.exposing import change, signal
from eclips4d.pipeline.bench.registration.scenes.waves import Waves

F64 = NDArray[np.float64]


def shift_sd(bright: F64, slopes: tuple[F64, F64], dose: float) -> F64:
    """Least standard deviation of (row, column) shift, px: var = 2 / Σ (dI/da)² / var I, counts being Poisson's.

    Parameters
    ----------
    bright
        Noise-free segments over their mean, [4, y, x].
    slopes
        Their derivatives along rows and along columns, per pixel.
    """
    return np.array([np.sqrt(2.0 / (dose * float((slope**2 / bright).sum()))) for slope in slopes])


def waves_sd(scene: Waves, size: int, dose: float) -> F64:
    """The bound for the middle of a periodic scene."""
    slopes = (change(scene.derivative(0).at(size=size)), change(scene.derivative(1).at(size=size)))
    return shift_sd(signal(scene.at(size=size)), slopes, dose)
