"""Blur of an image by a Gaussian: what a spot or the places where electrons leave make of signals on sub-pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

F32 = NDArray[np.float32]


def blurred(signal: NDArray[np.floating], sd: float) -> F32:
    """Every segment blurred, [n, Y, X]; the border mirrors, so this is its own transpose.

    Parameters
    ----------
    sd
        Of the Gaussian, in sub-pixels; 0 for none.
    """
    if sd <= 0.0:
        return np.asarray(signal, np.float32)
    return np.stack([gaussian_filter(np.asarray(one, np.float32), sd, mode="reflect") for one in signal])
