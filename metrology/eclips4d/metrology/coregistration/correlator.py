"""Correlation of two images with holes at every shift, each overlap by its own mean and variance.

D. Padfield, IEEE Trans. Image Process. 21, 2706 (2012).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, next_fast_len, rfft2

F64 = NDArray[np.float64]

LEAST_OVERLAP = 0.25
"""Of the smaller of both."""


class Correlator:
    """One image, ready to be correlated with others of at most a given size."""

    def __init__(self, fixed: F64, largest: tuple[int, int]):
        self._full = tuple(a + b - 1 for a, b in zip(fixed.shape, largest, strict=True))
        self._size = tuple(next_fast_len(n, real=True) for n in self._full)
        self._seen = int(np.isfinite(fixed).sum())
        self._shape = fixed.shape
        self._spectra = self._of(fixed)

    def _of(self, image: F64) -> tuple[NDArray[np.complex128], ...]:
        known = np.isfinite(image)
        values = np.where(known, image, 0.0)
        return tuple(rfft2(a, self._size) for a in (values, values**2, known.astype(np.float64)))

    def with_(self, moving: F64) -> tuple[F64, F64]:
        """Correlation and pixels, by the shift of the moving image's middle from the fixed one's: see `shift_of`."""
        f, f2, m = self._spectra
        g, g2, n = self._of(moving[::-1, ::-1])

        def summed(a: NDArray[np.complex128], b: NDArray[np.complex128]) -> F64:
            return np.asarray(irfft2(a * b, self._size), np.float64)

        count = np.rint(summed(m, n))
        enough = count >= max(LEAST_OVERLAP * min(self._seen, int(np.isfinite(moving).sum())), 9.0)
        share = 1.0 / np.maximum(count, 1.0)
        mean, mean_too = summed(f, n) * share, summed(m, g) * share
        both = summed(f, g) * share - mean * mean_too
        spread = (summed(f2, n) * share - mean**2) * (summed(m, g2) * share - mean_too**2)
        good = enough & (spread > 1e-6 * float(np.nanmedian(spread[enough]) if enough.any() else 1.0))
        return np.where(good, both / np.sqrt(np.where(good, spread, 1.0)), 0.0), np.where(good, count, 0.0)

    def shift_of(self, row: int, column: int, moving: tuple[int, ...]) -> tuple[float, float]:
        """(x, y), pixels, of an entry of the tables."""
        down, right = (
            at - (m - 1) / 2 - (f - 1) / 2 for at, m, f in zip((row, column), moving, self._shape, strict=True)
        )
        return float(right), float(down)
