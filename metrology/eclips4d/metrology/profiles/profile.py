"""A profile: height and slopes over the distance along a path, at one time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PointSpread:
    """What a sample of a profile is a mean of, as far as the surface changes along the path alone.

    Sample j is the sum over k of `weight[j, k]` times the mean of the surface over one pixel at `distance[j] +
    offset_nm[k]`; that mean is taken over both `pixel_nm`, one after the other.

    Attributes
    ----------
    offset_nm : float64 [k]
    weight : float64 [n, k]
        Each row adds up to 1; rows of samples outside the image are zero.
    pixel_nm : (float, float)
        Width and height of a pixel as seen along the path.
    """

    offset_nm: F64
    weight: F64
    pixel_nm: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Height and slopes along a path; all [n] are NaN where nothing was seen.

    Attributes
    ----------
    distance_nm : float64 [n]
        From the path's start, evenly spaced.
    height_nm : float64 [n]
    slope_along, slope_across : float64 [n]
        dh/ds along the path and at right angles to it, to the right when following the path on the screen.
    slope_sd : float64 [n]
        Standard deviation of the random part of one sample's `slope_along`, counted so that samples may be taken as
        independent: sums over several samples then have the right one. The noise's correlation and the mean across
        the width are in it.
    row_time_s : float64 [n]
        When each sample was seen.
    spacing_nm, width_nm : float
        From sample to sample; over which was averaged across.
    direction : (float, float)
        Unit vector (x, y) from the path's start to its end, y down; NaN for a profile across an edge.
    points_nm : float64 [n, 2]
        (x, y) of each sample's middle.
    spread : PointSpread
    """

    distance_nm: F64
    height_nm: F64
    slope_along: F64
    slope_across: F64
    slope_sd: F64
    row_time_s: F64
    spacing_nm: float
    width_nm: float
    direction: tuple[float, float]
    points_nm: F64
    spread: PointSpread
