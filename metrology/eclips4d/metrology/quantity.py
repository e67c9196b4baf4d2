"""A measured number with its standard uncertainty, the random part and the systematic part kept apart (GUM)."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measured number.

    Attributes
    ----------
    value : float
        NaN where nothing could be measured.
    random_u : float
        Standard uncertainty that differs from frame to frame: noise. It averages out over frames.
    systematic_u : float
        Standard uncertainty that all frames, and all places of a frame, share: slope scale, pixel size, dark level.
    """

    value: float
    random_u: float
    systematic_u: float = 0.0

    @property
    def u(self) -> float:
        """Combined standard uncertainty."""
        return math.hypot(self.random_u, self.systematic_u)

    def with_scale(self, relative_u: float) -> Quantity:
        """The same with the relative uncertainty of a factor that it shares with others, such as the pixel size."""
        shared = math.hypot(self.systematic_u, relative_u * self.value)
        return Quantity(self.value, self.random_u, shared)

    def normalised_error(self, truth: float) -> float:
        """|value - truth| / (2 u): at most 1 in 95 % of cases when the uncertainty is right."""
        return abs(self.value - truth) / (2.0 * self.u) if self.u > 0 else math.inf


UNKNOWN = Quantity(math.nan, math.nan, math.nan)
"""Of what could not be measured."""
