"""Noise of an integrated height on a lattice, and what it does to whatever is linear in the height.

White noise of slopes becomes, once integrated, noise whose power in the cosine basis goes with 1/(wave number)²: the
longer the wave, the stronger. Neighbours share most of it, and dividing by the square root of the number of samples
would call any mean far too certain. In the cosine basis it is diagonal, so variances are sums over modes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.fft
from numba import njit
from numpy.typing import NDArray

Grid = NDArray[np.float64]
Vector = NDArray[np.float64]

LAGS = (1, 4)
"""Distances, in samples, at which differences are looked at: the nearer has fewer steps in it, the further one tells
more of the long waves that move planes."""
NARROWEST = 0.3
"""Share of the differences that is taken for pure noise: the most densely packed."""
LEAST_PAIRS = 100
_MEDIAN = 0.67449
"""Median size of a normal number of sd 1."""
_WIDTH = 0.38532
"""Half the width of the narrowest interval with that share of a normal distribution of sd 1."""


@dataclass(frozen=True, slots=True)
class IntegrationNoise:
    """Noise on a lattice.

    Attributes
    ----------
    power : float
        nm²: of a mode, times (wave number · pitch)².
    least_power : float
        The same, as little as any of the differences says: steps add to them.
    size : tuple of int
        Samples (down, across).
    aspect : float
        Pitch down over pitch across.
    """

    power: float
    least_power: float
    size: tuple[int, int]
    aspect: float

    @property
    def sd(self) -> float:
        """Of one sample, about the best plane, nm."""
        modes, _ = _spectrum(self.size, self.aspect)
        beyond_planes = modes.sum() - modes[0, 1] - modes[1, 0]
        return float(np.sqrt(self.least_power * beyond_planes / modes.size))

    def covariance(self, functionals: Grid) -> Grid:
        """Covariance [n, n] of sums of the noise with the weights `functionals` [n, j, i]."""
        modes = scipy.fft.dctn(functionals, axes=(1, 2), norm="ortho")
        power = self.power * _spectrum(self.size, self.aspect)[0]
        return np.asarray(np.einsum("ajk,bjk,jk->ab", modes, modes, power), np.float64)


def noise_of_differences(values: Grid, aspect: float, *, still: bool) -> IntegrationNoise:
    """Noise from differences at two distances.

    Parameters
    ----------
    values : float64 [j, i]
        NaN where unknown.
    aspect : float
        Pitch down over pitch across.
    still : bool
        Whether the differences are about zero, most of them noise. Otherwise they are taken to be noise where they are
        packed most densely, in the quieter direction: along steps there is less change.

    Returns
    -------
    IntegrationNoise
        Of infinite power when there are too few pairs. All of the difference counts as integrated noise, which makes
        planes less certain than white noise would.
    """
    size = (values.shape[0], values.shape[1])
    units = _spectrum(size, aspect)[1]
    near, far = (_difference_power(values, lag, still) / unit for lag, unit in zip(LAGS, units, strict=True))
    return IntegrationNoise(far if np.isfinite(far) else near, min(near, far), size, aspect)


def _difference_power(values: Grid, lag: int, still: bool) -> float:
    """Half the mean square difference at this distance; infinite when there are not enough pairs."""
    found = []
    for axis in (0, 1):
        known = _known_differences(*pair(values, min(lag, values.shape[axis] // 2), axis), still)
        if known.size >= LEAST_PAIRS:
            sd = _median(known) / _MEDIAN if still else densest(known)[1]
            found.append(0.5 * sd**2)
    if not found:
        return np.inf
    return sum(found) / len(found) if still else min(found)


@njit(cache=True, nogil=True)
def _known_differences(later: Grid, earlier: Grid, sizes: bool) -> Vector:
    """Finite differences, or their sizes, in order."""
    known, count = np.empty(later.size), 0
    for j in range(later.shape[0]):
        for i in range(later.shape[1]):
            difference = later[j, i] - earlier[j, i]
            if np.isfinite(difference):
                known[count] = abs(difference) if sizes else difference
                count += 1
    return known[:count]


def _median(values: Vector) -> float:
    """As `numpy.median`, which asks for axes and missing values longer than it looks for the middle."""
    middle = values.size // 2
    if values.size % 2:
        return float(np.partition(values, middle)[middle])
    ordered = np.partition(values, (middle - 1, middle))
    return 0.5 * float(ordered[middle - 1] + ordered[middle])


def pair(values: Grid, lag: int, axis: int) -> tuple[Grid, Grid]:
    """The values from `lag` on, and those `lag` before them."""
    length = values.shape[axis]
    if axis == 0:
        return values[lag:], values[: length - lag]
    return values[:, lag:], values[:, : length - lag]


def densest(values: Grid) -> tuple[float, float]:
    """Middle, and sd were it normal, of the narrowest interval that holds `NARROWEST` of the values; 0, 0 of none."""
    ordered = np.sort(values)
    inside = int(np.ceil(NARROWEST * ordered.size))
    if inside < 2:
        return 0.0, 0.0
    widths = ordered[inside - 1 :] - ordered[: ordered.size - inside + 1]
    first = int(np.argmin(widths))
    return float(0.5 * (ordered[first] + ordered[first + inside - 1])), float(0.5 * widths[first] / _WIDTH)


@lru_cache(maxsize=8)
def _spectrum(size: tuple[int, int], aspect: float) -> tuple[Grid, tuple[float, float]]:
    """1/(wave number · pitch)² of the modes, 0 for the mean; and half its mean square difference at both distances."""
    down, across = (2.0 - 2.0 * np.cos(np.pi * np.arange(n) / n) for n in size)
    squared = down[:, None] / aspect + across[None, :] * aspect
    squared[0, 0] = np.inf
    power = 1.0 / squared
    return power, (_unit_difference(power, LAGS[0]), _unit_difference(power, LAGS[1]))


def _unit_difference(power: Grid, lag: int) -> float:
    both = []
    for modes in (power, power.T):
        length, other = modes.shape
        basis = scipy.fft.idct(np.eye(length), axis=0, norm="ortho")
        lag_here = min(lag, length // 2)
        change = 0.5 * ((basis[lag_here:] - basis[: length - lag_here]) ** 2).mean(axis=0)
        both.append(float((change[:, None] * modes).sum()) / other)
    return float(np.mean(both))
