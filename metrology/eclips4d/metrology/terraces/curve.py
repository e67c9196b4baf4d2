"""A line drawn through noisy points: evenly spaced, smoothed, with its direction and curvature.

Positions come from a straight-forward local parabola in arc length over 2·half + 1 points (Savitzky and Golay 1964).
On a circle that parabola bends too little by a factor known in closed form, which is taken back: curvature of circles
is exact up to windows of about the radius.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.terraces.drawing import all_drawn

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
_MOST_ANGLE = 2.2


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A smooth line.

    Attributes
    ----------
    points : float64 [n, 2]
        (x, y), evenly spaced; the first is not repeated at the end of a closed line.
    tangent : float64 [n, 2]
        Of length 1, in the order of the points.
    curvature : float64 [n]
        One over the radius, positive where the line turns from x towards y; NaN near the ends of an open line.
    spacing : float
        Distance of neighbours along the line.
    closed : bool
    """

    points: F64
    tangent: F64
    curvature: F64
    spacing: float
    closed: bool

    @property
    def length(self) -> float:
        """Of the whole line."""
        beyond = np.vstack([self.points, self.points[:1]]) if self.closed else self.points
        return float(np.hypot(*np.diff(beyond, axis=0).T).sum())


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Smooth lines, one behind the other: as `Curve`, of all points.

    Attributes
    ----------
    points, tangent : float64 [n, 2]
    curvature : float64 [n]
    starts : int64 [lines + 1]
        Where each begins among the points, and where the last ends.
    spacing : float64 [lines]
    closed : bool [lines]
    """

    points: F64
    tangent: F64
    curvature: F64
    starts: I64
    spacing: F64
    closed: NDArray[np.bool_]


def smooth_curve(points: F64, closed: bool, spacing: float, half: int) -> Curve | None:
    """Draw a line through points.

    Parameters
    ----------
    points : float64 [n, 2]
        In order; a closed line's first point may be repeated at its end.
    closed : bool
    spacing : float
        Distance of the points wanted, in the unit of `points`; rounded so that it divides the length.
    half : int
        The local parabola spans 2·half + 1 of them.

    Returns
    -------
    Curve or None
        None for a line shorter than its window.
    """
    if closed and (points[0, 0] != points[-1, 0] or points[0, 1] != points[-1, 1]):
        points = np.vstack([points, points[:1]])
    found = smooth_curves(points, np.array([0, len(points)]), np.array([closed]), spacing, half)
    if not len(found.closed):
        return None
    return Curve(found.points, found.tangent, found.curvature, float(found.spacing[0]), closed)


def smooth_curves(
    points: F64, starts: I64, closed: NDArray[np.bool_], spacing: float, half: int, least: float = 0.0
) -> Curves:
    """Draw lines through points, all of them at once, as `smooth_curve` does.

    Parameters
    ----------
    points : float64 [n, 2]
        Line by line; a closed line's first point is repeated at its end.
    starts : int64 [lines + 1]
        Where each begins, and where the last ends.
    closed : bool [lines]
    spacing, half
        As for `smooth_curve`.
    least : float
        Shorter lines are left out, as are those shorter than their window.
    """
    count = len(starts) - 1
    made, spacings, kept = np.zeros(count + 1, np.int64), np.zeros(count), np.zeros(count, np.bool_)
    smoothed, tangent, bend = all_drawn(
        points, starts, closed, float(spacing), half, float(least), _kernels(half), made, spacings, kept
    )
    spacings, closed = spacings[kept], closed[kept]
    lengths = made[1:][kept]
    ends = np.concatenate([[0], np.cumsum(lengths)])
    curvature = _bent(bend, half, np.repeat(spacings, lengths))
    for line in np.flatnonzero(~closed):
        curvature[ends[line] : ends[line] + half] = curvature[ends[line + 1] - half : ends[line + 1]] = np.nan
    return Curves(smoothed, tangent, curvature, ends, spacings, closed)


@lru_cache(maxsize=16)
def _kernels(half: int) -> F64:
    """Value, first and second derivative of the parabola through 2·half + 1 points, [3, point]."""
    at = np.arange(-half, half + 1, dtype=np.float64)
    return np.ascontiguousarray(np.linalg.pinv(np.vander(at, 3, increasing=True)) * [[1.0], [1.0], [2.0]])


@lru_cache(maxsize=16)
def _bending(half: int) -> tuple[F64, F64]:
    """Curvature times half window of a circle, and what the parabola's second derivative makes of it."""
    angle = np.linspace(0.0, _MOST_ANGLE, 400)
    place = np.arange(-half, half + 1, dtype=np.float64) / half
    fit = np.linalg.pinv(np.vander(place, 3, increasing=True))[2]
    seen = np.array([0.0, *(-2.0 * (fit @ np.cos(a * place)) / a for a in angle[1:])])
    rising = int(np.argmax(seen))
    return angle[: rising + 1], seen[: rising + 1]


def _bent(bend: F64, half: int, spacing: F64) -> F64:
    """Curvature from second derivatives for points one apart."""
    angle, seen = _bending(half)
    turned = np.interp(np.abs(bend) * (half / spacing), seen, angle)
    return np.asarray(np.copysign(turned, bend) / (half * spacing))
