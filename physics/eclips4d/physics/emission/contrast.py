"""What a law means for slopes: the directional contrast of opposite segments over tilt."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.emission.law import EmissionLaw

F64 = NDArray[np.float64]

ANNULUS_DEG: Final = (14.0, 42.0)
"""Polar angles of a common annular detector below the pole piece, for comparisons between laws."""
_POLAR, _AZIMUTH = 280, 180


def quadrant_signals(law: EmissionLaw, tilt: float, annulus_deg: tuple[float, float] = ANNULUS_DEG) -> F64:
    """Signals of four quadrants without gap, the first centred on the steepest ascent, float64 [4].

    Parameters
    ----------
    tilt
        Of the facet, rad.
    annulus_deg
        Innermost and outermost polar angle.
    """
    edges = np.radians(np.linspace(*annulus_deg, _POLAR + 1))
    theta = (edges[1:] + edges[:-1]) / 2.0
    side = (np.arange(_AZIMUTH) + 0.5) * (0.5 * np.pi / _AZIMUTH) - 0.25 * np.pi
    solid = -np.diff(np.cos(edges)) * (side[1] - side[0])
    turns = np.arange(4) * (0.5 * np.pi)
    density = law.density(theta[:, None, None], side[:, None] + turns, (float(np.tan(tilt)), 0.0))
    return np.asarray(np.einsum("a,apk->k", solid, density))


def directional_contrast(law: EmissionLaw, tilt: float, annulus_deg: tuple[float, float] = ANNULUS_DEG) -> float:
    """`(S_down − S_up)/(S_down + S_up)` over the slope: kappa, which for Lambert's law does not depend on the tilt."""
    up, _, down, _ = quadrant_signals(law, tilt, annulus_deg)
    return float((down - up) / (down + up) / np.tan(tilt))
