"""Tip and place fitted together, at last: radius and shaft move the flanks of hills, and a place must not follow them.

Heights are linear in the logarithm of the radius and in the half opening angle of the shaft as far as these are off
after the search; the run is dilated anew for every round. Both are held by what is known of them beforehand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.coregistration.fit import Level, Place, fitted
from eclips4d.metrology.maps.blunt import CONE_DEG, blunted
from eclips4d.metrology.maps.height_map import HeightMap

F64 = NDArray[np.float64]

ROUNDS = 3
RADIUS_SD, CONE_SD_DEG = 0.4, 5.0
"""Of the radius, relatively, beside the one found before, and of the shaft beside the usual one."""
STATED_SD = 0.05
"""Of a radius that the user has stated."""
FARTHEST = 0.35, 5.0
"""Of both in one round: farther off they are not linear."""
CONES_DEG = 5.0, 40.0
_APART, _APART_DEG = 1.12, 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Joint:
    """What fits best.

    Attributes
    ----------
    radius_nm, cone_deg : float
        Of the tip.
    blunt_nm : float64 [y, x]
        The run dilated by it.
    level : Level
        With how its slopes change with the tip.
    place : Place
    """

    radius_nm: float
    cone_deg: float
    blunt_nm: F64
    level: Level
    place: Place


def fitted_together(
    height: F64,
    pixel_nm: tuple[float, float],
    chart: HeightMap,
    blur_nm: float,
    start: Place,
    radius_nm: float,
    *,
    stated: bool = False,
    fixed_ratio: bool = False,
) -> Joint:
    """From a place and a radius nearby; a needle stays one."""
    radius, cone, place = radius_nm, CONE_DEG, start
    sd = np.array([STATED_SD if stated else RADIUS_SD, CONE_SD_DEG])
    plain = Level.of(blunted(height, radius, pixel_nm), pixel_nm, chart, blur_nm)
    if radius <= 0.0:
        return Joint(0.0, cone, height, plain, fitted(plain, place, fixed_ratio) or place)
    changes = _changes(height, pixel_nm, radius, cone)
    for _ in range(ROUNDS):
        blunt = blunted(height, radius, pixel_nm, cone)
        expected = np.array([math.log(radius_nm / radius), CONE_DEG - cone])
        level = Level.of(blunt, pixel_nm, chart, blur_nm, plain.chart)
        level = replace(level, run=level.run.told(changes, expected, sd, pixel_nm, blur_nm))
        place = fitted(level, replace(place, tip=(0.0, 0.0)), fixed_ratio) or place
        found = Joint(radius, cone, blunt, level, place)
        off = np.clip(place.tip, np.negative(FARTHEST), FARTHEST)
        radius, cone = radius * math.exp(off[0]), float(np.clip(cone + off[1], *CONES_DEG))
    return found


def _changes(height: F64, pixel_nm: tuple[float, float], radius: float, cone: float) -> list[F64]:
    """Of the dilated heights, with the logarithm of the radius and with the shaft's angle, degrees."""
    sharp, dull = (blunted(height, radius * times, pixel_nm, cone) for times in (1.0 / _APART, _APART))
    slim, wide = (blunted(height, radius, pixel_nm, cone + by) for by in (-_APART_DEG, _APART_DEG))
    return [(dull - sharp) / (2.0 * math.log(_APART)), (wide - slim) / (2.0 * _APART_DEG)]
