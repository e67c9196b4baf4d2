"""What every integrator is given: slopes, their standard deviation, and which pixels were measured at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Slopes:
    """Slopes of one frame.

    Attributes
    ----------
    slope : float64 [2, y, x]
        dh/dx, dh/dy; may be NaN where `valid` is false.
    slope_sd : float64 [y, x]
        Standard deviation of either; may be NaN where `valid` is false.
    valid : bool [y, x]
        False where the pixel says nothing of the surface.
    pixel_nm : tuple of float
        (x, y).
    """

    slope: F64
    slope_sd: F64
    valid: Mask
    pixel_nm: tuple[float, float] = (1.0, 1.0)

    @property
    def shape(self) -> tuple[int, int]:
        """(y, x)."""
        return self.valid.shape[0], self.valid.shape[1]

    @property
    def unit(self) -> float:
        """Median slope sd of what was measured: the unit in which peers state thresholds."""
        return float(np.median(self.slope_sd[self.valid]))

    def known(self) -> Mask:
        """Where there is a number at all, whether it is trusted or not."""
        return np.isfinite(self.slope).all(axis=0) & np.isfinite(self.slope_sd)

    def filled(self, *, trusted: bool = True) -> F64:
        """Slopes for methods that know no weights, float64 [2, y, x]: gaps take the nearest measured pixel's.

        Parameters
        ----------
        trusted
            Replace what is not valid; else only what is no number.
        """
        good = self.valid & self.known() if trusted else self.known()
        if good.all():
            return self.slope
        if not good.any():
            return np.zeros_like(self.slope)
        nearest = distance_transform_edt(~good, return_distances=False, return_indices=True)
        return np.asarray(self.slope[:, nearest[0], nearest[1]])
