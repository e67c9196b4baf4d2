"""Where a map lies on a run's grid: shifted, turned, scaled along the surface, and perhaps seen from behind.

A point p of the map, nm from the map's middle, lies at q = shift + scale · R(turn) · M · p, nm from the middle of the
run's grid. R turns counter-clockwise on the screen, M mirrors left and right or does nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Placement:
    """Of one map on one grid.

    Attributes
    ----------
    shift_nm : (float, float)
        Where the map's middle lies from the grid's middle, x to the right and y downwards.
    turn_deg : float
        By which the map is turned, counter-clockwise on the screen.
    scale : float
        A length along the surface by the run, over the same length by the map.
    mirrored : bool
        Whether left and right of the map are exchanged.
    """

    shift_nm: tuple[float, float] = (0.0, 0.0)
    turn_deg: float = 0.0
    scale: float = 1.0
    mirrored: bool = False

    def matrix(self) -> F64:
        """[2, 2] from the map's (x, y) to the grid's."""
        return self.scale * turning(self.turn_deg) @ np.diag((-1.0 if self.mirrored else 1.0, 1.0))


def turning(turn_deg: float) -> F64:
    """[2, 2] counter-clockwise on a screen whose y points down."""
    c, s = math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))
    return np.array([[c, s], [-s, c]])


@dataclass(frozen=True, slots=True)
class PlacementU:
    """Standard uncertainties of a placement; 0 for what was given and not fitted."""

    shift_nm: tuple[float, float] = (0.0, 0.0)
    turn_deg: float = 0.0
    scale: float = 0.0
