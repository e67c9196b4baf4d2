"""Where a map lies on a run's grid when its scanner's axes are neither equally long nor at right angles.

A point p of the map, nm from the map's middle, lies at q = shift + matrix · p, nm from the middle of the run's grid;
matrix = R(turn) · [[1, shear], [0, 1]] · diag(±scale x, scale y), minus where the map is mirrored left to right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.maps.placement import turning

F64 = NDArray[np.float64]

NAMES = ("scale_x", "scale_y", "turn_deg", "shear", "shift_x_nm", "shift_y_nm")
"""The six numbers, in the order of `Affine.numbers` and of every covariance."""


@dataclass(frozen=True, slots=True)
class Affine:
    """Of one map on one grid.

    Attributes
    ----------
    scale : (float, float)
        A length along the map's x and y axes by the run, over the same length by the map.
    turn_deg : float
        By which the map's x axis is turned, counter-clockwise on the screen.
    shear : float
        Tangent of the angle by which the map's y axis leans from the right angle to its x axis.
    shift_nm : (float, float)
        Where the map's middle lies from the grid's middle, x to the right and y downwards.
    mirrored : bool
        Whether left and right of the map are exchanged.
    """

    scale: tuple[float, float] = (1.0, 1.0)
    turn_deg: float = 0.0
    shear: float = 0.0
    shift_nm: tuple[float, float] = (0.0, 0.0)
    mirrored: bool = False

    @classmethod
    def of(cls, matrix: F64, shift_nm: F64, mirrored: bool) -> Affine:
        """From its matrix [2, 2]; the mirroring has to be told, as it is no small change of anything."""
        plain = matrix @ np.diag((-1.0 if mirrored else 1.0, 1.0))
        turn = math.atan2(-plain[1, 0], plain[0, 0])
        leaning = turning(-math.degrees(turn)) @ plain
        return cls(
            (float(leaning[0, 0]), float(leaning[1, 1])),
            math.degrees(turn),
            float(leaning[0, 1] / leaning[1, 1]),
            (float(shift_nm[0]), float(shift_nm[1])),
            mirrored,
        )

    def matrix(self) -> F64:
        """[2, 2] from the map's (x, y) to the grid's."""
        lean = np.array([[1.0, self.shear], [0.0, 1.0]])
        across = -self.scale[0] if self.mirrored else self.scale[0]
        return np.asarray(turning(self.turn_deg) @ lean @ np.diag((across, self.scale[1])))

    def numbers(self) -> F64:
        """The six numbers by `NAMES`."""
        return np.array([*self.scale, self.turn_deg, self.shear, *self.shift_nm])

    def to_grid(self, x_nm: F64, y_nm: F64) -> tuple[F64, F64]:
        """Where points of the map lie on the grid."""
        (a, b), (c, d) = self.matrix()
        return a * x_nm + b * y_nm + self.shift_nm[0], c * x_nm + d * y_nm + self.shift_nm[1]

    def to_map(self, x_nm: F64, y_nm: F64) -> tuple[F64, F64]:
        """Where points of the grid lie on the map."""
        (a, b), (c, d) = np.linalg.inv(self.matrix())
        east, south = x_nm - self.shift_nm[0], y_nm - self.shift_nm[1]
        return a * east + b * south, c * east + d * south

    def moved(self, push_nm: F64, strain: F64) -> Affine:
        """After a displacement push + strain · q of every point q of the grid."""
        grown = np.eye(2) + strain
        return Affine.of(grown @ self.matrix(), grown @ np.array(self.shift_nm) + push_nm, self.mirrored)
