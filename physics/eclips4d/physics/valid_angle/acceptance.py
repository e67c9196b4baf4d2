"""The valid solid angle as a table: which emission directions reach which segment, whatever lies in between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Acceptance:
    """How much of every cell of directions reaches each segment from one place in the field.

    Attributes
    ----------
    theta_edges : float64 [A + 1]
        Polar angles from the specimen's normal between which the cells lie, rad, rising from 0 to at most π/2.
    azimuths : int
        Number P of equal azimuth cells; cell c runs from 2π·c/P to 2π·(c + 1)/P on the screen (0 right, 90° up).
    share : float32 [n, P, A]
        Mean over the cell (in theta and phi) of the probability that an electron emitted there counts in segment k.
    """

    theta_edges: NDArray[np.float64]
    azimuths: int
    share: NDArray[np.float32]

    @property
    def segments(self) -> int:
        """Number of segments."""
        return len(self.share)

    @property
    def theta(self) -> NDArray[np.float64]:
        """Centres of the polar cells, float64 [A]."""
        return np.asarray((self.theta_edges[1:] + self.theta_edges[:-1]) / 2.0)

    @property
    def phi(self) -> NDArray[np.float64]:
        """Centres of the azimuth cells, float64 [P]."""
        return np.asarray((np.arange(self.azimuths) + 0.5) * (2.0 * np.pi / self.azimuths))
