"""How blunt the tip was, told by both maps: the radius by which the run has to be dilated to look like the map.

A blunt tip widens every hill towards its steeper side, so that a map fitted to the bare surface comes to lie askew.
The dilation is that by a sphere on a cone, `maps.blunt`; the radius stands for sphere and shaft together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.coregistration.fit import Level, Place, fitted
from eclips4d.metrology.coregistration.normal import OUTLYING
from eclips4d.metrology.maps.blunt import blunted
from eclips4d.metrology.maps.height_map import HeightMap

F64 = NDArray[np.float64]

RADII_NM = (0.0, 5.0, 10.0, 17.0, 27.0, 40.0)
"""Tried first; between those next to the best a parabola over their roots tells the radius."""
NEARER = (0.7, 1.0, 1.4)
"""Tried next, times the radius found."""
STEPS = 3
KNOWN = 0.5
"""How well the radius is known, over half the range of the nearer ones: to about 17 %, what the shaft does included."""

KNOWN_WITHIN = 0.83, 1.2
"""The same as factors of the radius: a standard deviation less and more."""


@dataclass(frozen=True, slots=True, eq=False)
class Tip:
    """What the tip was.

    Attributes
    ----------
    radius_nm : float
    place : Place
        Fitted with the nearest radius that was tried.
    u : float64 [6]
        What not knowing the tip better does to `Affine.numbers`.
    """

    radius_nm: float
    place: Place
    u: F64


def fitted_tip(
    height: F64,
    pixel_nm: tuple[float, float],
    chart: HeightMap,
    blur_nm: float,
    start: Place,
    radii_nm: tuple[float, ...] = RADII_NM,
    fixed_ratio: bool = False,
) -> Tip:
    """The radius, nm, with which both agree best, and the place fitted with the nearest of those tried."""
    tried: list[Place] = []
    losses: list[float] = []
    spread, map_slopes = 0.0, None
    for radius in radii_nm:
        level = Level.of(blunted(height, radius, pixel_nm), pixel_nm, chart, blur_nm, map_slopes)
        map_slopes = level.chart
        place = fitted(level, start, fixed_ratio, STEPS) or start
        rest = level.rest(place)
        # All are judged by one spread, else whatever disagrees most looks least outlying.
        spread = spread or float(np.sqrt(np.mean(rest**2)))
        tried.append(place)
        losses.append(float(np.mean(np.log1p((rest**2).sum(axis=0) / (OUTLYING * spread) ** 2))))
    best = int(np.argmin(losses))
    # A needle has none sharper, and is known better than the widest of all those tried.
    last = 1 if best == 0 and radii_nm[0] == 0.0 else -1
    sharp, blunt = (tried[end].affine.numbers() for end in (0, last))
    radius = _lowest(np.sqrt(radii_nm), np.array(losses), best) ** 2
    return Tip(radius, tried[best], np.asarray(KNOWN * (blunt - sharp) / 2.0, np.float64))


def _lowest(x: F64, loss: F64, best: int) -> float:
    """Where the parabola through the lowest of some values and its neighbours is lowest."""
    if best in (0, x.size - 1):
        return float(x[best])
    a, b, _ = np.polyfit(x[best - 1 : best + 2], loss[best - 1 : best + 2], 2)
    return float(np.clip(-b / (2 * a), x[best - 1], x[best + 1]))
