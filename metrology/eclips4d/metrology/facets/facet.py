"""A flat part of the surface: its orientation, how sure it is, how large it is and where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.facets.propagate import Each, Systematic, propagated_each
from eclips4d.metrology.facets.sphere import azimuth_rad, normals_of, tilt_rad
from eclips4d.metrology.quantity import Quantity

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Facet:
    """A flat part of one surface.

    Attributes
    ----------
    number : int
        Its value in the label map, from 1.
    slope : float64 [2]
        Mean dh/dx, dh/dy on the array axes.
    covariance : float64 [2, 2]
        Of `slope`: noise, its correlation included, and what inversion errs on this face alone. Not the slope scale.
    pixels : int
        Pixels of its inner part, over which slopes were averaged.
    area_nm2 : float
        Of the whole facet, on its own plane.
    centre_nm : (float, float)
        Mean place (x, y) of its pixels.
    spread_deg : float
        Rms of the orientation within it beyond what noise explains, after smoothing; 0 for a plane.
    at_border : bool
        It reaches the image's border or a gap, so that its area is a lower limit.
    """

    number: int
    slope: F64
    covariance: F64
    pixels: int
    area_nm2: float
    centre_nm: tuple[float, float]
    spread_deg: float = 0.0
    at_border: bool = False

    @property
    def normal(self) -> F64:
        """Unit normal (X right, Y up, Z towards the detector)."""
        return normals_of(self.slope)

    def tilt_deg(self, systematic: Systematic) -> Quantity:
        """Angle to the beam, degrees."""
        return tilts_deg(self.slope[None], self.covariance[None], systematic).first()

    def azimuth_deg(self, systematic: Systematic) -> Quantity:
        """Direction on the screen in which the facet falls, degrees from -180 to 180."""
        return azimuths_deg(self.slope[None], self.covariance[None], systematic).first()


@dataclass(frozen=True, slots=True, eq=False)
class Facets:
    """All facets of one surface.

    Attributes
    ----------
    found : tuple of Facet
        The largest first.
    labels : int32 [y, x]
        Number of the facet that a pixel belongs to; 0 where there is none.
    inner : bool [y, x]
        Whether the pixel counts for the orientation: away from edges, trusted.
    correlation_px : float
        Pixels that share one value of the noise, as found within the facets; at least the grid's.
    """

    found: tuple[Facet, ...]
    labels: NDArray[np.int32]
    inner: NDArray[np.bool_]
    correlation_px: float = 1.0

    def __len__(self) -> int:
        return len(self.found)

    def numbered(self, number: int) -> Facet:
        """The facet of this number."""
        return next(facet for facet in self.found if facet.number == number)


def tilts_deg(slopes: F64, covariances: F64, systematic: Systematic) -> Each:
    """Angles to the beam, degrees, of facets with these slopes [facet, 2] and their covariances [facet, 2, 2]."""
    return propagated_each(lambda s: np.degrees(tilt_rad(s)), slopes, covariances, systematic)


def azimuths_deg(slopes: F64, covariances: F64, systematic: Systematic) -> Each:
    """Directions on the screen in which such facets fall, degrees from -180 to 180."""
    middle = np.degrees(azimuth_rad(slopes))

    def around(moved: F64) -> F64:
        # On the turn around the facet's own direction, so that small changes are small ones of the number.
        return np.asarray((np.degrees(azimuth_rad(moved)) - middle + 180.0) % 360.0 - 180.0)

    found = propagated_each(around, slopes, covariances, systematic)
    return Each(middle, found.random_u, found.systematic_u)
