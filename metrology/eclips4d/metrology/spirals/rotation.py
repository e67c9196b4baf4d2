"""How fast arms pass, from phases known up to whole arms; and whether whole arms were missed between frames."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, norm
from scipy.stats import t as student

from eclips4d.metrology.quantity import UNKNOWN, Quantity

F64 = NDArray[np.float64]

_CERTAIN = 3.0
_WINDOW = 5


class Wrapping(StrEnum):
    """What is known of whole arms that may have passed between frames.

    `resolved`: the shear of the scan tells how many. `assumed`: it cannot tell; none is taken to have passed, so that
    the rate is known up to multiples of `modulo_per_s`. `aliased`: some passed, and it cannot tell how many; no rate
    is given.
    """

    RESOLVED = "resolved"
    ASSUMED = "assumed"
    ALIASED = "aliased"


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """Rate at which arms pass.

    Attributes
    ----------
    per_s : Quantity
        Arms per second, negative where they run inwards; NaN where aliased or with fewer than two frames.
    residue_per_s : float
        The rate up to whole multiples of `modulo_per_s`.
    modulo_per_s : float
        One arm per (typical) frame interval.
    wrapping : Wrapping
    steady_p : float
        Probability that phases scatter at least as much about a constant rate; NaN with fewer than three frames.
    arms : float64 [frame]
        Phases unwrapped, in arms.
    local_per_s, local_u_per_s : float64 [frame]
        Rate around each frame, from five of them, and its random standard uncertainty.
    """

    per_s: Quantity
    residue_per_s: float
    modulo_per_s: float
    wrapping: Wrapping
    steady_p: float
    arms: F64
    local_per_s: F64
    local_u_per_s: F64


def passage_of(time_s: F64, phase: F64, phase_u: F64, sheared: Quantity) -> Passage:
    """A straight line through phases over time.

    Parameters
    ----------
    time_s, phase, phase_u : float64 [frame]
        When each phase held, the phase in arms (any whole number of arms may be missing), its random uncertainty.
    sheared : Quantity
        The rate as single scans tell it; NaN where they do not.
    """
    if len(time_s) < 2:
        nothing = np.full(len(time_s), np.nan)
        return Passage(UNKNOWN, np.nan, np.nan, Wrapping.ASSUMED, np.nan, phase.copy(), nothing, nothing)
    interval = np.diff(time_s)
    typical = float(np.median(interval))
    wrapping = _wrapping(sheared, typical)
    rate = sheared.value if wrapping is Wrapping.RESOLVED else 0.0
    arms = _unwrapped(time_s, phase, rate)
    slope, u, scatter, freedom = _line(time_s, arms, phase_u)
    steady_p = float(chi2.sf(scatter, freedom)) if freedom > 0 else float("nan")
    local = [_local(time_s, arms, phase_u, k) for k in range(len(time_s))]
    known = wrapping is not Wrapping.ALIASED
    return Passage(
        per_s=Quantity(slope, u, 0.0) if known else UNKNOWN,
        residue_per_s=slope,
        modulo_per_s=1.0 / typical,
        wrapping=wrapping,
        steady_p=steady_p,
        arms=arms,
        local_per_s=np.array([each[0] if known else np.nan for each in local]),
        local_u_per_s=np.array([each[1] if known else np.nan for each in local]),
    )


def _wrapping(sheared: Quantity, interval_s: float) -> Wrapping:
    passed, u = sheared.value * interval_s, sheared.u * interval_s
    if np.isfinite(passed) and _CERTAIN * u < 0.5:
        return Wrapping.RESOLVED
    if np.isfinite(passed) and abs(passed) - _CERTAIN * u > 0.5:
        return Wrapping.ALIASED
    return Wrapping.ASSUMED


def _unwrapped(time_s: F64, phase: F64, rate: float) -> F64:
    """Whole arms added so that each interval is nearest to what the interval before it was, the first to `rate`."""
    arms = phase.astype(np.float64).copy()
    for k in range(1, len(arms)):
        expected = arms[k - 1] + rate * (time_s[k] - time_s[k - 1])
        arms[k] += np.round(expected - arms[k])
    return arms


def _line(time_s: F64, arms: F64, u: F64) -> tuple[float, float, float, int]:
    """Slope, its uncertainty, weighted scatter and degrees of freedom; scatter beyond what is stated widens it.

    A few phases tell their scatter only roughly: twice the uncertainty covers what two standard deviations of a normal
    distribution do (Student's t; degrees of freedom by Welch and Satterthwaite, as in the GUM, G.4).
    """
    weight = 1.0 / u**2
    centre = float(np.average(time_s, weights=weight))
    t = time_s - centre
    spread = float((weight * t * t).sum())
    slope = float((weight * t * arms).sum()) / spread
    rest = arms - np.average(arms, weights=weight) - slope * t
    freedom = len(t) - 2
    scatter = float((weight * rest**2).sum())
    beyond = max(scatter / max(freedom, 1), 1.0)
    return slope, float(_expanded(beyond, freedom) * np.sqrt(beyond / spread)), scatter, freedom


def _expanded(beyond: float, freedom: int) -> float:
    """Factor for a variance of which all beyond 1 was estimated; too small with four phases, which cover 0.9."""
    if beyond <= 1.0 or freedom < 1:
        return 1.0
    return float(student.ppf(norm.cdf(2.0), freedom * (beyond / (beyond - 1.0)) ** 2)) / 2.0


def _local(time_s: F64, arms: F64, u: F64, k: int) -> tuple[float, float]:
    first = int(np.clip(k - _WINDOW // 2, 0, max(len(time_s) - _WINDOW, 0)))
    window = slice(first, first + _WINDOW)
    return _line(time_s[window], arms[window], u[window])[:2]
