"""What two maps cannot agree on and need not: the mean plane, or the offset, is taken off both alike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.change import centred

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]
Box = tuple[float, float, float, float]


class Level(StrEnum):
    """What is taken off: nobody can measure a plane in the run's heights unless a datum tells it."""

    PLANE = "plane"
    OFFSET = "offset"
    NONE = "none"


TERMS = {Level.PLANE: 3, Level.OFFSET: 1, Level.NONE: 0}


@dataclass(frozen=True, slots=True, eq=False)
class Leveller:
    """Takes the least-squares plane, or offset, of some pixels off all of them.

    Attributes
    ----------
    design : float64 [pixel, term]
        1, x, y of every pixel of the image, scaled to about 1.
    used : bool [y, x]
        Pixels that tell the plane.
    solver : float64 [term, pixel used]
        From heights of these to the plane's terms.
    """

    design: F64
    used: Mask
    solver: F64

    @classmethod
    def of(cls, used: Mask, level: Level, pixel_nm: tuple[float, float]) -> Leveller:
        """For one image of pixels of this size."""
        y, x = centred(used.shape, pixel_nm)
        reach = max(float(np.abs(x).max()), float(np.abs(y).max()))
        columns = (np.ones(used.size), (x / reach + 0 * y).ravel(), (y / reach + 0 * x).ravel())[: TERMS[level]]
        design = np.stack(columns, axis=1) if columns else np.empty((used.size, 0))
        return cls(design, used, np.asarray(np.linalg.pinv(design[used.ravel()]), np.float64))

    def levelled(self, height: F64) -> F64:
        """The image less its plane."""
        plane = self.design @ (self.solver @ height[self.used])
        return height - plane.reshape(height.shape)

    def weights(self, wanted: F64) -> F64:
        """By which weights [y, x] of the image as it is a weighted sum of the levelled image is made."""
        made = wanted.copy()
        made[self.used] -= (wanted.ravel() @ self.design) @ self.solver
        return made


def inside(
    box: Box | None, shape: tuple[int, int], pixel_nm: tuple[float, float], origin_nm: tuple[float, float]
) -> Mask:
    """Pixels whose middle lies in x0, y0, x1, y1 (nm, of the run's own coordinates); all of them without a box."""
    if box is None:
        return np.ones(shape, np.bool_)
    x = origin_nm[0] + np.arange(shape[1]) * pixel_nm[0]
    y = origin_nm[1] + np.arange(shape[0])[:, None] * pixel_nm[1]
    (west, east), (north, south) = sorted(box[0::2]), sorted(box[1::2])
    return np.asarray((x >= west) & (x <= east) & (y >= north) & (y <= south), np.bool_)
