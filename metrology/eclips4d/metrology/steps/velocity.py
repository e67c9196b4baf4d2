"""Velocities of a step: a straight line, or near the ends of its life a parabola, through the positions around."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.steps.wander import Sights, Wander

F64 = NDArray[np.float64]

LOPSIDED = 0.1
"""Where the middle of the positions around is farther off than this share of their span, they may bend."""
MOST_BENT = 3
"""Degree of the polynomial by which a step's whole way is estimated."""


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
    """Slope of the straight line nearest to the step's way, all its sights alike, and its standard uncertainty.

    A step that speeds up has no one velocity, and a line through weighted positions would be steeper where these are
    surer. So the way is estimated by a polynomial, with weights, and the line is laid through that, without. Where
    positions are independent and equally sure, it is the line through the positions themselves.

    Returns
    -------
    (float, float)
        NaN for fewer than two sights.
    """
    count = sights.time_s.size
    if count < 2:
        return float("nan"), float("nan")
    off = sights.time_s - sights.time_s.mean()
    unit = off / float(np.abs(off).max())
    basis = np.polynomial.chebyshev.chebvander(unit, max(1, min(MOST_BENT, count - 3)))
    solution, covariance = _fitted(basis, sights.place_nm, wander.covariance(sights))
    line = (off / (off @ off)) @ basis
    return float(line @ solution), math.sqrt(float(line @ covariance @ line))


def drift_u_over(seconds: float, run_s: float, drift_u_nm_s: float) -> float:
    """Velocity, nm/s, that drift may have left over a part of a run: errors of drift go on as a random walk.

    Parameters
    ----------
    seconds, run_s : float
        Of that part, and of the whole run.
    drift_u_nm_s : float
        What it may have left over the whole run.
    """
    return drift_u_nm_s * math.sqrt(max(run_s / seconds, 1.0)) if seconds > 0.0 else drift_u_nm_s


def _slope(t: F64, place: F64, covariance: F64) -> tuple[float, float]:
    lopsided = abs(float(t.mean())) > LOPSIDED * float(np.ptp(t))
    return _line(t, place, covariance, 2 if lopsided and t.size > 3 else 1)


def _line(t: F64, place: F64, covariance: F64, degree: int) -> tuple[float, float]:
    """Slope at t = 0 of a polynomial, and its standard uncertainty."""
    scale = float(np.abs(t).max()) or 1.0
    solution, known = _fitted(np.vander(t / scale, degree + 1, increasing=True), place, covariance)
    return float(solution[1]) / scale, math.sqrt(float(known[1, 1])) / scale


def _fitted(basis: F64, place: F64, covariance: F64) -> tuple[F64, F64]:
    """By generalised least squares, and the covariance of what is fitted, larger where the fit is bad."""
    weighted = np.linalg.solve(covariance, basis)
    inverse = np.linalg.inv(basis.T @ weighted)
    solution = inverse @ (weighted.T @ place)
    left = place - basis @ solution
    freedom = place.size - basis.shape[1]
    chi2 = float(left @ np.linalg.solve(covariance, left)) / freedom if freedom > 0 else 1.0
    return solution, max(chi2, 1.0) * inverse
