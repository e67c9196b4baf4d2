"""The directions in which horizons are sought, and how their rays cross the grid.

A ray whose rows-per-column is a fraction a/b of small numbers meets a pixel's centre every b columns. So b parallel
lines per row carry the rays of *all* pixels, and every horizon is exact: nothing is interpolated between lines. Each
azimuth is therefore moved, within its share of the circle, to the simplest fraction there; the bins of azimuth that
the directions stand for end half way between neighbours.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_MOVED = 0.4
"""Share of the spacing by which an azimuth may be moved."""
_MOST_LINES = 8
_LINES_OF_OTHERS = 4
"""Where no fraction is simple enough the azimuth stays and a pixel takes the nearest of so many lines per row."""


class Course(NamedTuple):
    """A direction in pixels.

    Attributes
    ----------
    azimuth
        On the screen, rad.
    transposed
        Rows and columns have changed places, so that a step is one column in every direction.
    forward
        +1 when steps go to higher columns, −1 when to lower ones.
    drift
        Rows per step, from −1 to 1.
    lines
        Parallel lines per row.
    step_nm
        Horizontal length of a step.
    """

    azimuth: float
    transposed: bool
    forward: int
    drift: float
    lines: int
    step_nm: float

    @property
    def across(self) -> float:
        """Lines by which a ray falls behind its row in one column; a whole number where rays meet pixel centres."""
        across = self.drift * self.forward * self.lines
        return float(round(across)) if abs(across - round(across)) < 1e-9 else across


def courses(azimuths: int, pixel_nm: tuple[float, float]) -> list[Course]:
    """Directions all around, about equally spaced, rising in azimuth from 0 to below 2π.

    Parameters
    ----------
    azimuths
        How many.
    pixel_nm
        Pixel size (x, y).
    """
    spacing = 2.0 * np.pi / azimuths
    return [_course(m * spacing, _MOVED * spacing, pixel_nm) for m in range(azimuths)]


def bin_edges(directions: list[Course]) -> NDArray[np.float64]:
    """Where the bins of azimuth begin and end, rad, [azimuths + 1]: half way between neighbouring directions."""
    azimuth = np.array([d.azimuth for d in directions])
    around = np.concatenate([[azimuth[-1] - 2.0 * np.pi], azimuth, [azimuth[0] + 2.0 * np.pi]])
    return np.asarray((around[1:] + around[:-1]) / 2.0)


def _course(azimuth: float, moved: float, pixel_nm: tuple[float, float]) -> Course:
    along_x, along_y = np.cos(azimuth) / pixel_nm[0], -np.sin(azimuth) / pixel_nm[1]
    transposed = bool(abs(along_y) > abs(along_x))
    forward = 1 if (along_y if transposed else along_x) > 0 else -1
    drifts = [_drift(azimuth + d, transposed, pixel_nm) for d in (-moved, 0.0, moved)]
    simple = _simplest(max(min(drifts), -1.0), min(max(drifts), 1.0))
    exact = simple.denominator <= _MOST_LINES
    drift, lines = (float(simple), simple.denominator) if exact else (float(drifts[1]), _LINES_OF_OTHERS)
    step = np.array([drift, forward] if transposed else [forward, drift]) * pixel_nm
    true = azimuth if not exact else float(np.arctan2(-step[1], step[0]))
    turns = round((azimuth - true) / (2.0 * np.pi))
    return Course(true + turns * 2.0 * np.pi, transposed, forward, drift, lines, float(np.hypot(*step)))


def _drift(azimuth: float, transposed: bool, pixel_nm: tuple[float, float]) -> float:
    along_x, along_y = np.cos(azimuth) / pixel_nm[0], -np.sin(azimuth) / pixel_nm[1]
    return float(along_x / abs(along_y)) if transposed else float(along_y / abs(along_x))


def _simplest(low: float, high: float) -> Fraction:
    """The fraction of smallest denominator between two numbers; the one nearest to their middle of several."""
    middle = (low + high) / 2.0
    for denominator in range(1, _MOST_LINES + 1):
        numerator = round(middle * denominator)
        if low <= numerator / denominator <= high:
            return Fraction(numerator, denominator)
    return Fraction(middle).limit_denominator(10**6)
