"""Planes of a frame onto the specimen's grid: the place of every pixel at the start of the reference frame.

Source row s shows content displaced by start + rate·s/(rows - 1), so specimen place (y, x) is seen at

    s = (y + start_y) / (1 - rate_y/(rows - 1)),   c = x + start_x + rate_x·s/(rows - 1).

Slopes and height: cubic convolution over rows, then columns; both fractions are constant along an output row, so both
passes have constant weights, and whole-pixel shifts copy. White noise of sd 1 leaves with sd |w_y|·|w_x|, w being the
weights: 1 on a pixel, 0.64 half-way in both directions; `slope_sd` is multiplied by exactly that. The noise of a height
is correlated over many pixels, so `height_sd` is only moved. Standard deviations, residual and trust belong to their
pixel and are taken from the nearest. Places no pixel covers are NaN, with trust 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.core.results import Drift, Surface
from eclips4d.registration.interpolation import move_nearest, move_smooth, scale_noise

FloatPlanes = NDArray[np.float32]


def resample(surface: Surface, drift: Drift) -> Surface:
    """The surface on the specimen's grid.

    Raises
    ------
    InputError
        The drift is not finite, or carries the content faster than the scan goes.
    """
    start, rate = np.asarray(drift.start, np.float64), np.asarray(drift.rate, np.float64)
    rows = surface.height.shape[0]
    if not (np.isfinite(start).all() and np.isfinite(rate).all()) or abs(rate[0]) >= max(rows - 1, 1) / 2:
        raise InputError(f"drift {drift.start} with rate {drift.rate} px per frame cannot be undone")
    if not (start.any() or rate.any()):
        return surface
    slope_sd = _nearest(surface.slope_sd, start, rate)
    scale_noise(slope_sd, start, rate)
    trust = np.zeros(surface.trust.shape, np.uint8)
    move_nearest(surface.trust, start, rate, trust)
    return Surface(
        np.stack([_smooth(plane, start, rate) for plane in surface.slope]),
        slope_sd,
        _smooth(surface.height, start, rate),
        _nearest(surface.height_sd, start, rate),
        _nearest(surface.residual, start, rate),
        trust,
    )


def _smooth(plane: FloatPlanes, start: NDArray[np.float64], rate: NDArray[np.float64]) -> FloatPlanes:
    out = np.full(plane.shape, np.nan, np.float32)
    move_smooth(plane, start, rate, out)
    return out


def _nearest(plane: FloatPlanes, start: NDArray[np.float64], rate: NDArray[np.float64]) -> FloatPlanes:
    out = np.full(plane.shape, np.nan, np.float32)
    move_nearest(plane, start, rate, out)
    return out
