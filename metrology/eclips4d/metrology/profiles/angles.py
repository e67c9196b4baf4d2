"""What angle a narrow riser may have: every angle tried, and what those that fit leave open of its height.

A steeper wall hides more of the detector from itself, so that a riser of few pixels shows much the same at 41 and at 59
degrees, with another height each: in chi² there are several narrow minima, or one flat valley. Least squares would stay
with the next place, and would be sure of it where the derivatives of that place are steep.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.profiles.fit import Riser, Samples, fit_riser
from eclips4d.metrology.profiles.riser import Shape
from eclips4d.metrology.profiles.solve import STEEP_DEG

F64 = NDArray[np.float64]
BEGINNINGS = ((30.0, 0.0), (41.0, 0.0), (52.0, 0.1), (60.0, 0.25), (68.0, 0.4))
"""Angles at which a fit begins, degrees, and how much of the height such walls hide, roughly."""
STEP_DEG, STEEPEST_DEG, FLATTEST_DEG = 2.5, 76.0, 12.0
"""Of the angles that are tried one by one."""
HELD_DEG = 0.05
"""How tightly an angle is held then."""
NEGLIGIBLE = 20.0
"""By how much chi² is larger where an angle has no say any more."""
PLAUSIBLE = 4.0
"""And by how much it may be larger for the first fit to stand: two standard deviations."""
ALONE = 0.9
"""Share of the probability from which on the best angle stands for all, with the uncertainty of its own fit."""
_HEIGHT, _WIDTH = 1, 3


def best_beginning(samples: Samples, at_nm: F64, first: Riser) -> Riser:
    """The plane riser that fits best, from several angles; the first fit, where that is nearly as good.

    A first guess has its width from how far slopes scatter. Where chi² hardly tells, small errors of the model would.

    Parameters
    ----------
    samples : Samples
    at_nm : float64 [n]
        Their places along the profile.
    first : Riser
    """
    tilt = float(np.median(samples.slope))
    excess = samples.slope - tilt
    # From the samples themselves: a first fit may have ended at no riser, or at one that falls.
    rising = math.copysign(1.0, float(excess[int(np.abs(excess).argmax())]))
    rise = np.clip(excess * rising, 0.0, None)
    # Where it is steepest: what lies beside that may be the riser's shade.
    near = np.abs(np.arange(rise.size) - int(rise.argmax())) <= 1
    middle = float((rise * near) @ at_nm) / max(float((rise * near).sum()), 1e-300)
    shown = rising * float(rise.sum()) * (at_nm[-1] - at_nm[0]) / max(at_nm.size - 1, 1)
    best = first
    for angle_deg, hidden in BEGINNINGS:
        whole = shown * (1.0 + hidden)
        start = np.array([tilt, whole, middle, abs(whole) / math.tan(math.radians(angle_deg))])
        tried = fit_riser(samples, start, Shape.PLANE, best.cost + NEGLIGIBLE)
        best = tried if tried.cost < best.cost else best
    stands = angle_of(first) < STEEP_DEG and first.cost - best.cost < PLAUSIBLE * _rough(best)
    return first if stands else best


def over_angles(samples: Samples, best: Riser) -> list[Riser]:
    """Plane risers of all angles that fit nearly as well as the best one, which is the first of them.

    Costs are those of the samples' own response.
    """
    most = best.cost + NEGLIGIBLE * _rough(best)
    found = [best]
    for way in (1.0, -1.0):
        last, angle, worse = best, angle_of(best), 0
        while worse < 2 and FLATTEST_DEG < (angle := angle + way * STEP_DEG) < STEEPEST_DEG:
            tried = _held(samples, last, angle, most)
            worse = worse + 1 if tried.cost > most else 0
            if not worse:
                found.append(tried)
                last = tried
    return found


def _held(samples: Samples, near: Riser, angle_deg: float, most: float) -> Riser:
    """The best riser of one angle, beginning at a neighbour."""
    response = samples.response
    held = replace(samples, response=replace(response, riser_deg=angle_deg, riser_u_deg=HELD_DEG))
    start = near.theta.copy()
    start[_WIDTH] = abs(start[_HEIGHT]) / math.tan(math.radians(angle_deg))
    tried = fit_riser(held, start, Shape.PLANE, most + NEGLIGIBLE)
    angle = angle_of(tried)
    expected, held_by = (
        (angle - at) / u for at, u in ((response.riser_deg, response.riser_u_deg), (angle_deg, HELD_DEG))
    )
    return replace(tried, cost=tried.cost - held_by**2 + expected**2)


def opened(chosen: Riser, tried: list[Riser]) -> Riser:
    """A fit with what other angles that fit as well leave open.

    The value stays: in a flat valley it is that of the angle that was expected, and a mean would lean to the steep
    ones, whose heights are far off.

    Parameters
    ----------
    chosen : Riser
    tried : list of Riser
        As `over_angles` gives them. Where nothing fits as well as noise allows, chi² counts in units of what the best
        one leaves.
    """
    cost = np.array([riser.cost for riser in tried])
    share = np.exp(-0.5 * (cost - cost.min()) / _rough(tried[int(cost.argmin())]))
    share /= share.sum()
    if share[0] > ALONE:
        return chosen
    theta = np.array([riser.theta for riser in tried])
    theta[:, _WIDTH] = np.log(theta[:, _WIDTH])
    off = theta - theta[0]
    off[:, _WIDTH] *= chosen.theta[_WIDTH]
    # What noise leaves is that of held angles: the fit of a free one has the angle's own in it.
    random = np.einsum("k,kij->ij", share[1:] / share[1:].sum(), [riser.random for riser in tried[1:]])
    spread = (off * share[:, None]).T @ off
    return replace(chosen, random=random, prior=spread, angle=spread)


def angle_of(riser: Riser) -> float:
    """Of its steepest place, degrees."""
    return math.degrees(math.atan(abs(riser.steepest)))


def _rough(riser: Riser) -> float:
    return max(1.0, riser.chi2 / max(riser.samples - 4, 1))
