"""How much of the signal leaves where the beam strikes."""

from __future__ import annotations

import numpy as np

from eclips4d.physics.emission.spread import Spread


def share_within(spread: Spread, radius_nm: float) -> float:
    """Share of backscattered electrons that leave within a radius, 0-1."""
    return float(spread.within(np.array(radius_nm)))


def half_radius_nm(spread: Spread) -> float:
    """Radius within which half of them leave, by bisection."""
    low, high = 0.0, 10.0 * max(spread.core_nm, spread.skirt_nm)
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if share_within(spread, middle) < 0.5 else (low, middle)
    return high
