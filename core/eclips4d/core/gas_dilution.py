"""How a gas dilutes topographic contrast: electrons scattered on their way down strike far from the beam.

A share `f` of the beam electrons lands in a skirt much wider than the field and returns the mean signal of a wide
area instead of the pixel's own. Contrast shrinks by `1 − f`, and so would heights, unless the calibration knows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec


class GasDilution(msgspec.Struct, frozen=True, kw_only=True):
    """Share of scattered electrons as a function of the side values: `f = 1 − exp(−Σ coefficient · value)`.

    Attributes
    ----------
    per_unit : tuple of (str, float)
        Name of a side value (a partial pressure) and its coefficient, 1/unit.
    at : tuple of (str, float)
        The side values at which the calibration's contrast was determined; missing ones were 0.
    """

    per_unit: tuple[tuple[str, float], ...]
    at: tuple[tuple[str, float], ...] = ()

    def share(self, side: Mapping[str, float]) -> float:
        """Share f of scattered electrons, 0-1; side values that are missing or not finite count as 0."""
        thickness = 0.0
        for name, coefficient in self.per_unit:
            value = side.get(name, 0.0)
            thickness += coefficient * value if math.isfinite(value) else 0.0
        return 1.0 - math.exp(-max(thickness, 0.0))
