"""Where images have values, and how large these are."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import FloatArray

Mask = NDArray[np.bool_]
_compiled: Any = numba.njit(cache=True, nogil=True)
# Sums may be taken in any order, which vectors need. isfinite() takes x - x, which such freedom makes 0 of NaN: so what
# is finite is told by comparison.
_summed: Any = numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})


def finite(*images: FloatArray) -> Mask:
    """Where all of some images [y, x] are finite."""
    out = np.ones(images[0].shape, np.bool_)
    for image in images:
        _leave_finite(image, out)
    return out


@_compiled  # type: ignore[untyped-decorator]
def _leave_finite(image: FloatArray, out: Mask) -> None:
    for y in range(out.shape[0]):
        row, there = image[y], out[y]
        for x in range(there.size):
            # Zero, or NaN of what is not finite.
            there[x] &= row[x] - row[x] == 0.0


def mean_square(image: FloatArray, where: Mask) -> float:
    """Of what is finite of an image [y, x] where it counts; 0 without any."""
    total, count = _squares(np.ascontiguousarray(image, np.float32), where)
    return float(total / count) if count else 0.0


@_summed  # type: ignore[untyped-decorator]
def _squares(image: FloatArray, where: Mask) -> tuple[float, int]:
    total, count = 0.0, 0
    known, is_known = np.empty(image.shape[1], np.float32), np.empty(image.shape[1], np.int32)
    # Choosing and adding up apart from each other: both at once is no work for vectors.
    for y in range(image.shape[0]):
        row, there = image[y], where[y]
        for x in range(row.size):
            value = row[x] if there[x] else np.float32(np.inf)
            is_finite = abs(value) < np.inf
            known[x] = value if is_finite else np.float32(0.0)
            is_known[x] = 1 if is_finite else 0
        for x in range(row.size):
            total += np.float64(known[x]) * np.float64(known[x])
        for x in range(row.size):
            count += is_known[x]
    return total, count
