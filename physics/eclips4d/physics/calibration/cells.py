"""What the fit works on: mean signals of places that share one slope."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cells:
    """M places of known slope and what each of n segments shows there.

    Attributes
    ----------
    signal, sd : float64 [M, n]
        Mean, and standard deviation of that mean, digital units.
    slope : float64 [M, 2]
        dh/dx, dh/dy along the array axes (y down).
    flat : float64 [M, n]
        Signal above dark of a flat spot there over that at the field's centre: the detector seen from off axis.
    pixels : int64 [M]
        How many make up the mean.
    common : float64 [M]
        Relative sd of the place's yield: what changes all segments alike (grains, dirt).
    """

    signal: F64
    sd: F64
    slope: F64
    flat: F64
    pixels: NDArray[np.int64]
    common: F64

    def __len__(self) -> int:
        return len(self.signal)

    @property
    def tilt(self) -> F64:
        """Angle of each place, rad, float64 [M]."""
        return np.asarray(np.arctan(np.hypot(*self.slope.T)))

    def only(self, chosen: NDArray[np.bool_]) -> Cells:
        """The chosen places."""
        return Cells(**{f.name: getattr(self, f.name)[chosen] for f in fields(self)})
