"""Planes of a frame onto the specimen's grid: the place of every pixel at the start of the reference frame.

Source row s shows content displaced by start + rate·s/(rows - 1), so specimen place (y, x) is seen at

    s = (y + start_y) / (1 - rate_y/(rows - 1)),   c = x + start_x + rate_x·s/(rows - 1).

Rows may be displaced by more than that (`jitter.RowJitter.expanded`). Along x such an offset is one more constant
shift of the row. Along y the inverse is taken to first order, s + offset(s): right where the offsets are small beside
the structure; rows that overtake each other are not sorted. The height is moved by the drift alone.

Slopes and height: every source row is moved along itself, then rows are joined, with six samples each way; the weights
are constant along a row, and whole-pixel shifts copy. White noise of sd 1 leaves with sd |w_y|·|w_x|, w being the
weights: 1 on a pixel, 0.74 half-way in both directions; `slope_sd` is multiplied by exactly that. The noise of a height
is correlated over many pixels, so `height_sd` is only moved. Standard deviations, residual and trust belong to their
pixel and are taken from the nearest. Places no pixel covers are NaN, with trust 0. A missing (NaN) pixel leaves out the
places to which it is the nearest, no others: beside it, interpolation is linear.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.core.results import Drift, Surface
from eclips4d.registration.moving import move_nearest, move_smooth, way
from eclips4d.registration.noise_left import scale_noise

FloatPlanes = NDArray[np.float32]
Vector = NDArray[np.float64]


def resample(surface: Surface, drift: Drift, rows: Vector | None = None) -> Surface:
    """The surface on the specimen's grid.

    Parameters
    ----------
    surface : Surface
    drift : Drift
    rows : float64 [y, 2], optional
        How much further the content of each row is displaced (rows, columns), pixels. The height does not follow:
        see `straight_height`.

    Raises
    ------
    InputError
        The drift is not finite, or carries the content faster than the scan goes; or `rows` does not fit.
    """
    start, rate = np.asarray(drift.start, np.float64), np.asarray(drift.rate, np.float64)
    count = surface.height.shape[0]
    if not (np.isfinite(start).all() and np.isfinite(rate).all()) or abs(rate[0]) >= max(count - 1, 1) / 2:
        raise InputError(f"drift {drift.start} with rate {drift.rate} px per frame cannot be undone")
    if rows is not None and (rows.shape != (count, 2) or not np.isfinite(rows).all()):
        raise InputError(f"row offsets {rows.shape} do not fit a surface of {count} rows, or are not finite")
    if not (start.any() or rate.any() or (rows is not None and rows.any())):
        return surface
    place, shift = way(count, start, rate, rows)
    drifted = way(count, start, rate)
    return Surface(
        _each_smooth(surface.slope, place, shift),
        _slope_sd(surface, place, shift),
        _smooth(surface.height, *drifted),
        _nearest(surface.height_sd, *drifted),
        _nearest(surface.residual, place, shift),
        _nearest_trust(surface.trust, place, shift),
    )


def _slope_sd(surface: Surface, place: Vector, shift: Vector) -> FloatPlanes:
    sd = _nearest(surface.slope_sd, place, shift)
    if np.isnan(surface.slope.sum()):
        there = np.where(np.isnan(surface.slope[0]), np.nan, 1.0).astype(np.float32)
        return np.asarray(sd * np.sqrt(_smooth(there, place, shift, square=True)))
    scale_noise(sd, place, shift)
    return sd


def _each_smooth(planes: FloatPlanes, place: Vector, shift: Vector) -> FloatPlanes:
    out = np.empty(planes.shape, np.float32)
    for plane, moved in zip(planes, out, strict=True):
        move_smooth(plane, place, shift, False, moved)
    return out


def _smooth(plane: FloatPlanes, place: Vector, shift: Vector, *, square: bool = False) -> FloatPlanes:
    out = np.empty(plane.shape, np.float32)
    move_smooth(plane, place, shift, square, out)
    return out


def _nearest(plane: FloatPlanes, place: Vector, shift: Vector) -> FloatPlanes:
    out = np.empty(plane.shape, np.float32)
    move_nearest(plane, place, shift, np.float32(np.nan), out)
    return out


def _nearest_trust(plane: NDArray[np.uint8], place: Vector, shift: Vector) -> NDArray[np.uint8]:
    out = np.empty(plane.shape, np.uint8)
    move_nearest(plane, place, shift, np.uint8(0), out)
    return out
