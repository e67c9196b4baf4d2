"""The angle of a surface at every place of a profile, by a tangent fitted to its surroundings."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.metrology.movie import Grid
from eclips4d.metrology.profiles.profile import Profile
from eclips4d.metrology.quantity import UNKNOWN, Quantity

F64 = NDArray[np.float64]
LEAST_SAMPLES = 3
"""Through which a straight line can be laid and something be left to tell how well."""
WORST = 1e-9
"""Determinant, over that of even weights, below which samples lie too much to one side."""


@dataclass(frozen=True, slots=True, eq=False)
class Tangents:
    """Angles along a profile; [n], NaN where too little was seen.

    Attributes
    ----------
    distance_nm : float64 [n]
        As the profile's.
    angle_deg : float64 [n]
        Of the surface along the path, over the level that was told; positive where it rises.
    random_u_deg, systematic_u_deg : float64 [n]
        Standard uncertainties: noise, and larger where the surface bends within the window other than evenly; slope
        scale.
    bend_per_nm : float64 [n]
        Change of the slope along the path, 1/nm.
    """

    distance_nm: F64
    angle_deg: F64
    random_u_deg: F64
    systematic_u_deg: F64
    bend_per_nm: F64

    def at(self, distance_nm: float) -> Quantity:
        """At the sample nearest to a place, degrees."""
        k = int(np.abs(self.distance_nm - distance_nm).argmin())
        if not math.isfinite(self.angle_deg[k]):
            return UNKNOWN
        return Quantity(float(self.angle_deg[k]), float(self.random_u_deg[k]), float(self.systematic_u_deg[k]))


def tangents(profile: Profile, window_nm: float, grid: Grid, level: float = 0.0) -> Tangents:
    """Local angles along a profile.

    In a window around each sample the slopes are fitted by a straight line, weighted, which is a parabola through the
    heights: its tangent in the middle does not depend on an even bend, as a mean of slopes beside the end of a facet
    would (Savitzky and Golay 1964).

    Parameters
    ----------
    profile : Profile
    window_nm : float
        Width of the window; at least three samples must lie in it.
    grid : Grid
        How uncertain the slope scale is.
    level : float
        Slope along the path that counts as level, such as that of a terrace: a run does not know its specimen's tilt.

    Raises
    ------
    InputError
        A window of fewer than three samples.
    """
    reach = int(0.5 * window_nm / profile.spacing_nm + 1e-9)
    if 2 * reach + 1 < LEAST_SAMPLES:
        cure = f"give {2.0 * profile.spacing_nm:g} nm or more"
        raise InputError(f"a window of {window_nm:g} nm holds fewer than three samples", cure=cure)
    slope, bend, variance = _fitted(profile, reach)
    flat, steep = math.atan(level), np.arctan(slope)
    return Tangents(
        profile.distance_nm,
        np.degrees(steep - flat),
        np.degrees(np.sqrt(variance) / (1.0 + slope**2)),
        np.degrees(0.5 * np.abs(np.sin(2.0 * steep) - math.sin(2.0 * flat))) * grid.slope_scale_u,
        bend / profile.spacing_nm,
    )


def _fitted(profile: Profile, reach: int) -> tuple[F64, F64, F64]:
    """Slope in the middle of each window, its change per sample, and the variance of the former."""
    seen = np.isfinite(profile.slope_along + profile.slope_sd) & (profile.slope_sd > 0.0)
    weight = np.where(seen, 1.0 / np.where(seen, profile.slope_sd, 1.0) ** 2, 0.0)
    slope = np.where(seen, profile.slope_along, 0.0)
    count, s0, t0, yy = (
        _summed(v, reach, 0) for v in (seen.astype(np.float64), weight, weight * slope, weight * slope**2)
    )
    s1, t1, s2 = _summed(weight, reach, 1), _summed(weight * slope, reach, 1), _summed(weight, reach, 2)
    determinant = s0 * s2 - s1**2
    good = (count >= LEAST_SAMPLES) & (determinant > WORST * s0**2 * reach**2)
    safe = np.where(good, determinant, 1.0)
    middle, bend = (s2 * t0 - s1 * t1) / safe, (s0 * t1 - s1 * t0) / safe
    chi2 = np.maximum(yy - middle * t0 - bend * t1, 0.0) / np.maximum(count - 2.0, 1.0)
    variance = s2 / safe * np.maximum(chi2, 1.0)
    gone = np.where(good, 0.0, np.nan)
    return middle + gone, bend + gone, variance + gone


def _summed(values: F64, reach: int, power: int) -> F64:
    """Sum over the window around each sample of values times the distance in samples to a power."""
    away = np.arange(-reach, reach + 1, dtype=np.float64) ** power
    return np.asarray(np.convolve(values, away[::-1], mode="full")[reach : reach + values.size], np.float64)
