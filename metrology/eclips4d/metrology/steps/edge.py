"""A step on one profile, as its slope shows it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

RISER_SHARE = 2.5631
"""10-90 % width of a riser whose slope is a Gaussian, over that Gaussian's standard deviation."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A step on one profile: a Gaussian of slope above that of the terraces. Standard uncertainties are random ones.

    Attributes
    ----------
    position_nm, position_u_nm : float
        Along the profile: the middle of the riser, and what noise leaves of it.
    texture_u_nm, texture_nm : float
        Standard deviation of the position by what terraces and riser show besides the step, and over which distance
        this changes: it stays as long as the step does.
    height_nm, height_u_nm : float
        Positive where the surface rises along the profile.
    across_nm, across_u_nm : float
        The same integral of the slope across the profile: over `height_nm` it tells how the edge is turned.
    sd_nm : float
        Standard deviation of the riser's slope.
    time_s : float
        When the row on which it lies was seen.
    significance : float
        Height over what noise and texture of the terraces would make of it.
    """

    position_nm: float
    position_u_nm: float
    texture_u_nm: float
    texture_nm: float
    height_nm: float
    height_u_nm: float
    across_nm: float
    across_u_nm: float
    sd_nm: float
    time_s: float
    significance: float

    @property
    def whole_u_nm(self) -> float:
        """Standard uncertainty of the position as that of the step: noise and texture."""
        return float(np.hypot(self.position_u_nm, self.texture_u_nm))

    @property
    def rises(self) -> bool:
        """Whether the surface rises along the profile."""
        return self.height_nm > 0.0

    @property
    def turn(self) -> float:
        """Angle from the profile to the edge's normal, radians, to the right when following the profile."""
        return float(np.arctan2(self.across_nm * np.sign(self.height_nm), abs(self.height_nm)))

    @property
    def turn_u(self) -> float:
        """Standard uncertainty of `turn`, random part."""
        square = self.height_nm**2 + self.across_nm**2
        errors = self.height_nm * self.across_u_nm, self.across_nm * self.height_u_nm
        return float(np.hypot(*errors) / square)
