"""Step height from heights alone: two parallel lines through the plateaus, after the idea of ISO 5436-1.

For heights that come from elsewhere (an AFM), and as a check. Where slopes are measured `step.read_step` is surer: its
noise is that of the slopes across the riser alone, while heights bring along what drifts between distant places.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.movie import Grid
from eclips4d.metrology.noise import height_sd_of
from eclips4d.metrology.profiles.profile import Profile
from eclips4d.metrology.profiles.step import Interval
from eclips4d.metrology.quantity import UNKNOWN, Quantity

F64 = NDArray[np.float64]
GUARD = 1.0 / 3.0
"""Of the riser's width, left out of the plateaus on either side of it (ISO 5436-1)."""


def plateau_step(profile: Profile, lower: Interval, riser: Interval, upper: Interval, grid: Grid) -> Quantity:
    """Height of the upper plateau over the lower, nm; both have one common tilt, which is free.

    Parameters
    ----------
    profile : Profile
    lower, riser, upper : (float, float)
        Along the profile, nm; parts of the plateaus nearer than a third of the riser's width to it are left out.
    grid : Grid

    Returns
    -------
    Quantity
        `UNKNOWN` with fewer than three samples in all, or none on one side.
    """
    at, height = profile.distance_nm, profile.height_nm
    guard = GUARD * abs(riser[1] - riser[0])
    beside = (at < min(riser) - guard) | (at > max(riser) + guard)
    low, high = (np.isfinite(height) & beside & (at >= min(side)) & (at <= max(side)) for side in (lower, upper))
    if not (low.any() and high.any()) or np.count_nonzero(low | high) < 3:
        return UNKNOWN
    weights = plateau_weights(at, low, high)
    value = float(weights @ np.where(low | high, height, 0.0))
    return Quantity(value, _noise(profile, weights), grid.height_scale_u * abs(value))


def groove_depth(profile: Profile, edges_nm: Interval, grid: Grid) -> Quantity:
    """How far the floor of a groove, or the top of a ridge, lies over what is on both sides, nm (ISO 5436-1, type A1).

    Of a groove W wide its middle third counts, and on either side what lies between W/3 and W from its edges: rounded
    corners and walls are left out. The three stretches share one tilt, which is free.

    Parameters
    ----------
    profile : Profile
    edges_nm : (float, float)
        Where the groove begins and ends along the profile.
    grid : Grid

    Returns
    -------
    Quantity
        Negative for a groove; `UNKNOWN` when one of the three stretches was not seen.
    """
    first, last = min(edges_nm), max(edges_nm)
    width, at = last - first, profile.distance_nm
    seen = np.isfinite(profile.height_nm)
    before, floor, after = (
        seen & (at >= low) & (at <= high)
        for low, high in (
            (first - width, first - GUARD * width),
            (first + GUARD * width, last - GUARD * width),
            (last + GUARD * width, last + width),
        )
    )
    if not (before.any() and floor.any() and after.any()):
        return UNKNOWN
    weights = plateau_weights(at, before | after, floor)
    value = float(weights @ np.where(before | floor | after, profile.height_nm, 0.0))
    return Quantity(value, _noise(profile, weights), grid.height_scale_u * abs(value))


def plateau_weights(at: F64, low: NDArray[np.bool_], high: NDArray[np.bool_]) -> F64:
    """Weights of heights at `at` that give the distance of two parallel lines fitted to them; they add up to 0, [n]."""
    used = low | high
    design = np.column_stack([np.ones(used.sum()), at[used] - at[used].mean(), high[used].astype(np.float64)])
    weights = np.zeros(at.size)
    weights[used] = np.linalg.pinv(design)[2]
    return weights


def _noise(profile: Profile, weights: F64) -> float:
    # The noise's correlation is in the profile's slope_sd, counted over the width.
    rows = max(1, round(profile.width_nm / profile.spacing_nm))
    patch = np.broadcast_to(weights / rows, (rows, weights.size))
    slope_sd = float(np.sqrt(np.nanmean(profile.slope_sd**2))) * math.sqrt(rows)
    return height_sd_of(patch - patch.mean(), slope_sd, (profile.spacing_nm, profile.spacing_nm))
