"""How fast the surface grows: what the steps that pass leave behind.

Where terraces neither grow nor shrink by themselves, the mean height of a line of length L changes by
-(sum over its steps of height · velocity) / L: a step that falls along the line and moves forward leaves its height
behind it. Growth by whole layers everywhere at once cannot be seen in relative heights and is not in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Growth:
    """Rate at which passing steps raise a line, [frame].

    Attributes
    ----------
    rate_nm_s, u_nm_s : float64 [frame]
        Mean over the line, and its standard uncertainty, random part.
    systematic_u_nm_s : float64 [frame]
        Slope scale and drift that was not found, which all steps share.
    steps : int64 [frame]
        How many were counted.
    """

    rate_nm_s: F64
    u_nm_s: F64
    systematic_u_nm_s: F64
    steps: NDArray[np.int64]


def growth(
    seen: NDArray[np.int64],
    signed_height_nm: F64,
    height_u_nm: F64,
    velocity_nm_s: F64,
    velocity_u_nm_s: F64,
    *,
    frames: int,
    length_nm: float,
    slope_scale_u: float,
    drift_u_nm_s: float,
) -> Growth:
    """Growth rate of a line from the sights of its steps.

    Parameters
    ----------
    seen : int64 [k]
        Frame of each sight.
    signed_height_nm, height_u_nm, velocity_nm_s, velocity_u_nm_s : float64 [k]
        Height positive where the surface rises along the line; velocity along the line; random uncertainties.
    frames, length_nm
        Number of frames, length of the line.
    slope_scale_u, drift_u_nm_s : float
        Relative uncertainty of heights; velocity that drift may have left in all positions.
    """
    good = np.isfinite(velocity_nm_s + velocity_u_nm_s + signed_height_nm)
    k, h, v = seen[good], signed_height_nm[good], velocity_nm_s[good]
    h_u, v_u = height_u_nm[good], velocity_u_nm_s[good]

    def total(values: F64) -> F64:
        return np.bincount(k, values, frames) / length_nm

    rate = -total(h * v)
    u = np.sqrt(np.bincount(k, (h * v_u) ** 2 + (v * h_u) ** 2, frames)) / length_nm
    shared = np.hypot(slope_scale_u * rate, drift_u_nm_s * np.abs(total(h)))
    steps = np.bincount(k, minlength=frames)
    empty = steps == 0
    rate, u, shared = (np.where(empty, np.nan, values) for values in (rate, u, shared))
    return Growth(rate, u, shared, steps)


def passages(time_s: F64, place_nm: F64, at_nm: float) -> F64:
    """Times at which a step passes a place on the line, [n], by straight lines between its sights."""
    off = place_nm - at_nm
    crossed = np.flatnonzero(np.diff(np.sign(off)) != 0)
    share = off[crossed] / (off[crossed] - off[crossed + 1])
    return np.asarray(time_s[crossed] + share * (time_s[crossed + 1] - time_s[crossed]), np.float64)
