"""Weighted sums over frames in float64, pixel by pixel.

Weights are inverse variances, each pixel's own. At a low dose these follow the electrons that were counted, so that the
mean comes near to what inverting the summed frames would give, and with it to the right slope scale: weights without
that would keep what each single frame loses of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Plane = NDArray[np.floating]
Mask = NDArray[np.bool_]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True, slots=True, eq=False)
class WeightedSum:
    """A quantity summed over frames.

    Attributes
    ----------
    weighted : float64 [..., y, x]
        Sum of value / sd².
    weight : float64 [y, x]
        Sum of 1 / sd².
    """

    weighted: F64
    weight: F64

    @classmethod
    def zero(cls, shape: tuple[int, ...]) -> WeightedSum:
        """Of nothing; `shape` is that of the values."""
        return cls(np.zeros(shape), np.zeros(shape[-2:]))

    def add(self, values: Plane, sd: Plane | None) -> Mask:
        """One frame more, in place.

        Parameters
        ----------
        values : float32 or float64 [..., y, x]
        sd : float32 [y, x], optional
            That tells their weight; without it all pixels weigh alike.

        Returns
        -------
        bool [y, x]
            Pixels that counted: whose values are finite, and whose sd is finite and not 0.
        """
        seen = np.zeros(self.weight.shape, bool)
        layers = (-1, *self.weight.shape)
        sds = np.ones(self.weight.shape, np.float32) if sd is None else np.asarray(sd, np.float32)
        # Reshaping the sums gives views of them: they are contiguous.
        _accumulate(values.reshape(layers), sds, self.weighted.reshape(layers), self.weight, seen)
        return seen

    def plus(self, other: WeightedSum) -> WeightedSum:
        """Both together."""
        return WeightedSum(self.weighted + other.weighted, self.weight + other.weight)

    def mean(self) -> F64:
        """Float64 [..., y, x]; NaN where nothing was seen."""
        return np.asarray(self.weighted / self._divisor)

    def mean_variance(self) -> F64:
        """Variance of the mean [y, x], frames being independent; NaN where nothing was seen."""
        return np.asarray(1.0 / self._divisor)

    @property
    def _divisor(self) -> F64:
        return np.asarray(np.where(self.weight > 0, self.weight, np.nan))


@_compiled  # type: ignore[untyped-decorator]
def _accumulate(values: Plane, sd: Plane, weighted: F64, weight: F64, seen: Mask) -> None:
    parts, rows, columns = values.shape
    for y in range(rows):
        for x in range(columns):
            spread = np.float64(sd[y, x])
            good = spread > 0.0 and np.isfinite(spread)
            for part in range(parts):
                good = good and np.isfinite(values[part, y, x])
            seen[y, x] = good
            if good:
                own = 1.0 / (spread * spread)
                weight[y, x] += own
                for part in range(parts):
                    weighted[part, y, x] += own * values[part, y, x]
