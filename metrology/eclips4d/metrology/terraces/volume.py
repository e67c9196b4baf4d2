"""Change of volume since the reference frame, where a static datum says what zero is; unobservable elsewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import FloatArray
from eclips4d.metrology.change import centred
from eclips4d.metrology.movie import Grid, SurfaceFrame
from eclips4d.metrology.noise import height_sd_of
from eclips4d.metrology.quantity import UNKNOWN, Quantity
from eclips4d.metrology.seen import finite, mean_square

Mask = NDArray[np.bool_]
# Sums may be taken in any order, which vectors need.
_compiled: Any = numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})


@dataclass(frozen=True, slots=True)
class VolumeChange:
    """By how much there is more of the specimen, against what stayed: see `change.ZERO_IS`.

    Attributes
    ----------
    observable : bool
        False where nothing static was found: then uniform growth cannot be told from none, and nothing is known.
    volume_nm3 : Quantity
        Over the area both frames saw. Random: noise and the datum's uncertainty; systematic: slope scale
        and pixel size.
    mean_height_nm : Quantity
        The same over that area.
    area_nm2 : float
    """

    observable: bool
    volume_nm3: Quantity
    mean_height_nm: Quantity
    area_nm2: float


UNOBSERVABLE = VolumeChange(False, UNKNOWN, UNKNOWN, 0.0)


def volume_change(frame: SurfaceFrame, reference: FloatArray, grid: Grid, where: Mask | None = None) -> VolumeChange:
    """Change of volume between the reference frame and this one.

    Parameters
    ----------
    frame : SurfaceFrame
        With its datum.
    reference : float32 [y, x]
        The reference frame's height on the same grid, nm.
    grid : Grid
    where : bool [y, x], optional
        Part of the image that counts; all of it when not given.
    """
    if not frame.datum.observable:
        return UNOBSERVABLE
    counted = finite(frame.height, reference)
    if where is not None:
        counted &= where
    pixels, total, row, column = _sums(frame.height, reference, counted)
    if not pixels:
        return UNOBSERVABLE
    y, x = (axis.ravel() for axis in centred(counted.shape, grid.pixel_size_nm))
    # How the datum's plane counts in a mean: by its values at the mean place.
    arms = (1.0, float(np.interp(column, np.arange(len(x)), x)), float(np.interp(row, np.arange(len(y)), y)))
    mean = total / pixels - float(np.dot(frame.datum.plane, arms))
    random = float(np.hypot(np.linalg.norm(np.multiply(frame.datum.sd, arms)), _noise_sd(frame, counted, grid)))
    area = pixels * float(np.prod(grid.pixel_size_nm))
    height = Quantity(mean, random).with_scale(grid.height_scale_u)
    # An area grows by the square of the pixel size, and a height with it.
    volume = Quantity(mean * area, random * area).with_scale(math.hypot(grid.slope_scale_u, 3.0 * grid.pixel_scale_u))
    return VolumeChange(True, volume, height, area)


@_compiled  # type: ignore[untyped-decorator]
def _sums(height: FloatArray, reference: FloatArray, where: Mask) -> tuple[int, float, float, float]:
    """Number of pixels, sum of height differences, mean row and column."""
    count, total, down, across = 0, 0.0, 0.0, 0.0
    for y in range(where.shape[0]):
        above, below, there = height[y], reference[y], where[y]
        some, found, places = 0.0, 0, 0
        for x in range(there.size):
            some += np.float64(above[x]) - np.float64(below[x]) if there[x] else 0.0
            found += 1 if there[x] else 0
            places += x if there[x] else 0
        count += found
        total += some
        down += y * found
        across += places
    return count, total, down / max(count, 1), across / max(count, 1)


def _noise_sd(frame: SurfaceFrame, counted: Mask, grid: Grid) -> float:
    """Of the mean of both heights over what counts, against that over the whole image, which integration fixes."""
    seen = finite(frame.height)
    if np.array_equal(counted, seen):
        return 0.0
    weights, sd = counted / counted.sum() - seen / seen.sum(), np.sqrt(mean_square(frame.slope_sd, seen))
    return float(np.sqrt(2.0)) * height_sd_of(weights, sd, grid.pixel_size_nm, grid.noise_correlation_px)
