"""Uncertainty of sums over an image whose errors belong together.

The covariance C of the errors is that of the errors themselves, by their distance in rows and columns: the mean of the
products of all pairs of pixels that far apart (P. Clifford, S. Richardson and D. Hémon, Biometrics 45, 123, 1989, for
the number of independent places of two maps). A weighted sum of errors then has the variance Σ A_w(d) C(d), A_w the
weights' own sums of products at distance d.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, next_fast_len, rfft2

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

FEWEST_PAIRS = 0.1
"""Share of the pixels that must have a partner at a distance, for their covariance there to be told."""


def own_products(image: F64) -> F64:
    """Sums of products of all pairs of pixels by their distance, [2 y - 1 or more, …], zero distance first."""
    rows, columns = (next_fast_len(2 * n - 1, real=True) for n in image.shape)
    spectrum = rfft2(image, (rows, columns))
    return np.asarray(irfft2(np.abs(spectrum) ** 2, (rows, columns)), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Covariance:
    """Of errors, by distance.

    Attributes
    ----------
    table : float64 [dy, dx]
        Covariance, laid out as by `own_products`; 0 from where the mean over all directions has first come to zero.
    pairs : float64 [dy, dx]
        How many pairs of pixels there are.
    radial : float64 [distance]
        Mean over all directions at distances of 0, 1, 2 … pixels.
    """

    table: F64
    pairs: F64
    radial: F64

    @property
    def variance(self) -> float:
        """Of one pixel."""
        return float(self.radial[0])

    @property
    def length_px(self) -> float:
        """Distance at which the covariance has come down to 1/e of the variance, pixels."""
        share = np.append(self.radial / self.radial[0], 0.0)
        k = int(np.flatnonzero(share < np.exp(-1.0))[0])
        return float(k - 1 + (share[k - 1] - np.exp(-1.0)) / (share[k - 1] - share[k]))

    def of_sum(self, weights: F64) -> float:
        """Variance of the weighted sum of errors; weights [y, x], 0 where there is no error."""
        return max(float((own_products(weights) * self.table).sum()), 0.0)

    def of_mean_square(self) -> float:
        """Variance of the mean of the squared errors, were they Gaussian."""
        count = self.pairs[0, 0]
        return float(2.0 * (self.pairs * self.table**2).sum() / count**2)

    @property
    def independent(self) -> float:
        """How many independent pixels would tell a mean as well."""
        count = self.pairs[0, 0]
        together = float((self.pairs * self.table).sum()) / self.variance
        return float(count**2 / max(together, count)) if self.variance > 0 else float(count)


def covariance(error: F64, known: Mask) -> Covariance:
    """Of errors about zero, [y, x]; only those that are known count."""
    pairs = np.rint(own_products(known.astype(np.float64)))
    products = own_products(np.where(known, error, 0.0))
    enough = pairs >= max(FEWEST_PAIRS * pairs[0, 0], 1.0)
    table = np.where(enough, products / np.maximum(pairs, 1.0), 0.0)
    distance = _distances(table.shape)
    ring = np.rint(distance).astype(np.int64)
    reach = int(min(known.shape) // 2)
    counted = enough & (ring <= reach)
    weight = np.bincount(ring[counted], pairs[counted], reach + 1)
    radial = np.bincount(ring[counted], products[counted], reach + 1) / np.maximum(weight, 1.0)
    ended = np.flatnonzero(radial <= 0)
    end = int(ended[0]) if ended.size else reach + 1
    return Covariance(np.where(counted & (ring < end), table, 0.0), pairs, radial[: max(end, 1)])


def _distances(shape: tuple[int, int]) -> F64:
    rows, columns = shape
    dy, dx = np.fft.fftfreq(rows, 1 / rows)[:, None], np.fft.fftfreq(columns, 1 / columns)
    return np.asarray(np.hypot(dy, dx), np.float64)
