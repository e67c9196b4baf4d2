"""How a map is to be brought onto a run, and what came out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.coregistration.affine import Affine
from eclips4d.metrology.coregistration.confidence import Confidence
from eclips4d.metrology.coregistration.residual import Heights
from eclips4d.metrology.coregistration.search import Range
from eclips4d.metrology.maps.height_map import HeightMap

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Settings:
    """How a map is brought onto a run.

    Attributes
    ----------
    tried : Range
        Turns, mirroring and sign of the search.
    fixed_ratio : bool
        The map's heights are taken as true as the run's; otherwise their ratio is fitted.
    tip_radius_nm : float, optional
        Of the tip; sought when not given, 0 for a needle.
    """

    tried: Range = Range()  # noqa: RUF009 - frozen
    fixed_ratio: bool = False
    tip_radius_nm: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Coregistration:
    """A map in its place.

    Attributes
    ----------
    chart : HeightMap
        As read; turned upside down where that fits.
    pixel_nm : (float, float)
        The run's.
    rough : Affine
        The best place of the search.
    affine : Affine
    covariance : float64 [6, 6]
        Of `affine.numbers()`.
    upside_down : bool
        Whether the map's heights had to change their sign.
    tip_radius_nm : float
        By which the run was dilated to look like the map.
    correlation_length_px : float
        Of the slopes' differences.
    heights : Heights
        The map on the run's grid, and how both heights agree.
    confidence : Confidence
    """

    chart: HeightMap
    pixel_nm: tuple[float, float]
    rough: Affine
    affine: Affine
    covariance: F64
    upside_down: bool
    tip_radius_nm: float
    correlation_length_px: float
    heights: Heights
    confidence: Confidence

    @property
    def u(self) -> F64:
        """[6] standard uncertainties of `affine.numbers()`."""
        return np.sqrt(np.diag(self.covariance))
