"""Velocities of a step: a straight line, or near the ends of its life a parabola, through the positions around."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.steps.wander import Sights, Wander

F64 = NDArray[np.float64]

LOPSIDED = 0.1
"""Where the middle of the positions around is farther off than this share of their span, they may bend."""


@dataclass(frozen=True, slots=True, eq=False)
class Velocity:
    """Velocity of a step along the line at each of its sights.

    Attributes
    ----------
    nm_s, u_nm_s : float64 [k]
        And its standard uncertainty, random part; NaN where there are too few positions.
    window_s : float64 [k]
        Time from the first to the last position that was used: what is faster than that is smoothed away.
    """

    nm_s: F64
    u_nm_s: F64
    window_s: F64


def velocities(sights: Sights, wander: Wander, window: int = 11) -> Velocity:
    """Local velocities of one step.

    Parameters
    ----------
    sights : Sights
    wander : Wander
        How positions stray besides.
    window : int
        Positions used for each velocity.
    """
    time_s, place_nm = sights.time_s, sights.place_nm
    k = time_s.size
    found = np.full((3, k), np.nan)
    covariance = wander.covariance(sights)
    for i in range(k):
        first = min(max(0, i - window // 2), max(0, k - window))
        part = slice(first, min(k, first + window))
        if part.stop - part.start < 2:
            continue
        found[:2, i] = _slope(time_s[part] - time_s[i], place_nm[part], covariance[part, part])
        found[2, i] = time_s[part.stop - 1] - time_s[part.start]
    return Velocity(*found)


def mean_velocity(sights: Sights, wander: Wander) -> tuple[float, float]:
    """Of a straight line through all positions, and its standard uncertainty; NaN for fewer than two."""
    if sights.time_s.size < 2:
        return float("nan"), float("nan")
    time = sights.time_s - sights.time_s.mean()
    return _line(time, sights.place_nm, wander.covariance(sights), 1)


def _slope(t: F64, place: F64, covariance: F64) -> tuple[float, float]:
    lopsided = abs(float(t.mean())) > LOPSIDED * float(np.ptp(t))
    return _line(t, place, covariance, 2 if lopsided and t.size > 3 else 1)


def _line(t: F64, place: F64, covariance: F64, degree: int) -> tuple[float, float]:
    """Slope at t = 0 by generalised least squares, and its standard uncertainty, larger where the fit is bad."""
    scale = float(np.abs(t).max()) or 1.0
    basis = np.vander(t / scale, degree + 1, increasing=True)
    weighted = np.linalg.solve(covariance, basis)
    inverse = np.linalg.inv(basis.T @ weighted)
    solution = inverse @ (weighted.T @ place)
    left = place - basis @ solution
    freedom = t.size - degree - 1
    chi2 = float(left @ np.linalg.solve(covariance, left)) / freedom if freedom > 0 else 1.0
    return float(solution[1]) / scale, float(np.sqrt(max(chi2, 1.0) * inverse[1, 1])) / scale
