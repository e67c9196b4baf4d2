"""What the stages make of a frame: a surface, and a surface registered in time.

Axes are `[…, y, x]`; slopes are dh/dx and dh/dy along the array axes; heights in nm towards the detector.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from enum import IntFlag
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


class Status(IntFlag):
    """Bits of the store's `status`."""

    DONE = 1
    GAP = 2
    DUPLICATE = 4
    QUARANTINED = 8
    NOT_ALIGNED = 16
    DEFERRED = 32
    DOUBTED = 64


BELIEVED = 50
"""Trust from which a pixel is believed; a frame without any such pixel is doubted as a whole."""


@dataclass(frozen=True, slots=True)
class Surface:
    """One frame inverted.

    Attributes
    ----------
    slope : float32 [2, y, x]
        dh/dx, dh/dy.
    slope_sd : float32 [y, x]
        Standard deviation of one slope component's random part (rms over the two).
    height, height_sd : float32 [y, x]
        nm.
    residual : float32 [y, x]
        sqrt(chi²/dof) of measured against re-rendered segments; NaN where no degree of freedom is left.
    trust : uint8 [y, x]
        0-100, where to believe the surface.
    """

    slope: FloatArray
    slope_sd: FloatArray
    height: FloatArray
    height_sd: FloatArray
    residual: FloatArray
    trust: NDArray[np.uint8]

    @property
    def doubted(self) -> bool:
        """Whether nothing of it is to be believed."""
        return not bool((self.trust >= BELIEVED).any())

    def planes(self) -> dict[str, NDArray[np.float32] | NDArray[np.uint8]]:
        """The arrays by name, in declaration order."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


@dataclass(frozen=True, slots=True)
class Drift:
    """Where a frame's content lies relative to the start of the reference frame; (row, column), pixels.

    `start` holds at the frame's first row, `rate` is the change from the first to the last row, `sd` the standard
    deviation of `start`. `aligned` is False when no shift could be found and the prediction stands in.
    """

    start: tuple[float, float]
    rate: tuple[float, float] = (0.0, 0.0)
    sd: tuple[float, float] = (0.0, 0.0)
    aligned: bool = True
    reference: int = 0


Terms: TypeAlias = tuple[float, float, float]
"""Of a plane: offset in the middle of the image, nm, and its slopes dh/dx and dh/dy."""


@dataclass(frozen=True, slots=True)
class Datum:
    """The plane by which a frame's registered height lies off the reference frame's, found on what is static.

    A height minus its plane compares with that of the reference frame; stored heights still have theirs.

    Attributes
    ----------
    plane, sd : tuple of float
        Offset in the middle of the image (nm), slopes dh/dx and dh/dy; their sd. NaN when unobservable.
    static_share : float
        Share of the common area that lies on the plane, 0 when none was found.
    """

    plane: Terms = (math.nan, math.nan, math.nan)
    sd: Terms = (math.nan, math.nan, math.nan)
    static_share: float = 0.0

    @property
    def observable(self) -> bool:
        """Whether change of height since the reference frame can be told at all."""
        return all(map(math.isfinite, self.plane + self.sd))


@dataclass(frozen=True, slots=True)
class Registered:
    """A surface resampled onto the specimen's grid at the start of the reference frame."""

    surface: Surface
    drift: Drift
    datum: Datum = Datum()
