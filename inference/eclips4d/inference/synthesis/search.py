"""The search for the surface, and for the blur, that make the objective least.

Steps of Gauss and Newton, see `newton`; edges are admitted by and by: the prior begins as one of squares and ends as
one that lets a surface bend at once. Then the image is taken to be blurred, more and more, as long as that explains it
better, see `evidence`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from eclips4d.inference.synthesis.evidence import against_blur
from eclips4d.inference.synthesis.newton import newton_step
from eclips4d.inference.synthesis.objective import At, passed_by

KNEE: Final = 0.1
"""Change of slope between neighbouring sub-pixels that counts as an edge rather than as noise."""
FIRST_KNEE: Final = 1.0
STEPS: Final = 14
BLURS_PX: Final = (0.15, 0.25, 0.35, 0.45)
"""Standard deviations that are tried, each from the surface of the one before: begun far off, it is not found."""
_SHORTEST: Final = 1 / 32
_SETTLED: Final = 2e-4
"""Relative change of the objective at which the search ends."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far the search was.

    Attributes
    ----------
    objective : float
        With the final knee once that is reached.
    deviance : float
        Per used pixel; what noise alone leaves is at most the number of segments less one.
    bending : float
    moved_nm : float
        Rms change of the height since the step before.
    """

    objective: float
    deviance: float
    bending: float
    moved_nm: float


Report = Callable[[int, int, Step], None]


@dataclass(frozen=True, slots=True)
class Found:
    """Where a search ended, all steps that lead there, and whether it settled."""

    at: At
    steps: tuple[Step, ...]
    settled: bool


def search(start: At, report: Report | None = None, steps: int = STEPS, done: int = 0) -> Found:
    """From a surface to the one nearby that makes the objective least, the blur as it is.

    Parameters
    ----------
    report
        Called after every step with its number, the most there may be, and how far it is.
    done
        Steps that were done before.
    """
    at, made = start, [_step(start, 0.0)]
    for number in range(done + 1, done + steps + 1):
        before = at
        at = _descended(at)
        at = replace(at, passed=passed_by(at.response, at.corner))
        made.append(_step(at, float(np.std(at.corner - before.corner))))
        if report is not None:
            report(number, done + steps, made[-1])
        if before.knee == KNEE and abs(before.value - at.value) < _SETTLED * abs(at.value):
            return Found(at, tuple(made), True)
        at = at.sharper(max(0.5 * at.knee, KNEE))
    return Found(at, tuple(made), False)


def search_with_blur(start: At, report: Report | None = None) -> Found:
    """The same, and the blur is sought as well: the last one that had more evidence than the one before."""
    best = search(start, report)
    done, against = len(best.steps) - 1, against_blur(best.at)
    for blur in BLURS_PX:
        found = search(replace(best.at, blur_px=blur), report, done=done)
        done += len(found.steps) - 1
        worse = against_blur(found.at)
        if worse >= against:
            break
        against = worse
        best = Found(found.at, best.steps + found.steps[1:], found.settled)
    return best


def _descended(at: At) -> At:
    """After one step of Gauss and Newton, shortened until the objective falls; where it does not, no step."""
    change, share = newton_step(at.curvature(), at.gradient()), 1.0
    while share >= _SHORTEST:
        there = replace(at, corner=at.corner - share * change)
        if there.value < at.value:
            return there
        share *= 0.5
    return at


def _step(at: At, moved_nm: float) -> Step:
    return Step(at.value, at.deviance.total / max(at.deviance.used, 1), at.bending.total, moved_nm)
