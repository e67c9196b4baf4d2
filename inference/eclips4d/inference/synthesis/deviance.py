"""How unlikely a rendered image makes counted electrons, and what that says of the image; every pixel's yield is free.

The yield is found anew for every image by Newton's method. It is where the deviance is least, so it adds nothing to
the derivative, and brightness says nothing of the height.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.synthesis.electrons import Electrons

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")
_NEWTON = 3


class Deviance(NamedTuple):
    """Of an image.

    Attributes
    ----------
    total : float
        `2 Σ (m − N + N ln(N/m))` over all segments of all pixels that are used.
    used : int
        Pixels that are.
    to_image : float32 [n, y, x]
        Its derivative.
    """

    total: float
    used: int
    to_image: F32


def deviance(image: F32, seen: Electrons) -> Deviance:
    """Of signals relative to those of a flat spot, [n, y, x]."""
    to_image = np.zeros_like(image)
    total, used = _sum(image, seen.counts, seen.shift, seen.per_flat, seen.used, to_image)
    return Deviance(total, used, to_image)


def residual(image: F32, seen: Electrons) -> F32:
    """sqrt(deviance/dof) of every pixel, [y, x]: two slopes and a yield are found for n segments; NaN for three."""
    out = np.empty(image.shape[1:], np.float32)
    _each(image, seen.counts, seen.shift, seen.per_flat, out)
    freedom = len(image) - 3
    return np.sqrt(out / freedom) if freedom > 0 else np.full_like(out, np.nan)


@_compiled  # type: ignore[untyped-decorator]
def _yield_of(image: F32, counts: F32, shift: F64, per_flat: F64, y: int, x: int) -> float:
    counted = seen = 0.0
    for k in range(len(shift)):
        counted += counts[k, y, x] - shift[k]
        seen += per_flat[k] * image[k, y, x]
    found = max(counted, 1.0) / max(seen, 1e-6)
    for _ in range(_NEWTON):
        first = second = 0.0
        for k in range(len(shift)):
            per = per_flat[k] * image[k, y, x]
            mean = max(found * per + shift[k], 0.05)
            first += per - counts[k, y, x] * per / mean
            second += counts[k, y, x] * (per / mean) ** 2
        if second <= 0.0:
            break
        found = max(found - first / second, 0.1 * found)
    return found


@_compiled  # type: ignore[untyped-decorator]
def _of_pixel(image: F32, counts: F32, shift: F64, per_flat: F64, y: int, x: int, to_image: F64) -> float:
    found = _yield_of(image, counts, shift, per_flat, y, x)
    total = 0.0
    for k in range(len(shift)):
        mean = max(found * per_flat[k] * image[k, y, x] + shift[k], 0.05)
        count = float(counts[k, y, x])
        total += 2.0 * (mean - count + (count * np.log(count / mean) if count > 0.0 else 0.0))
        to_image[k] = 2.0 * (1.0 - count / mean) * found * per_flat[k]
    return total


@_compiled  # type: ignore[untyped-decorator]
def _sum(
    image: F32, counts: F32, shift: F64, per_flat: F64, used: NDArray[np.bool_], to_image: F32
) -> tuple[float, int]:
    total, pixels, here = 0.0, 0, np.empty(len(shift))
    for y in range(used.shape[0]):
        for x in range(used.shape[1]):
            if used[y, x]:
                total += _of_pixel(image, counts, shift, per_flat, y, x, here)
                pixels += 1
                for k in range(len(shift)):
                    to_image[k, y, x] = here[k]
    return total, pixels


@_compiled  # type: ignore[untyped-decorator]
def _each(image: F32, counts: F32, shift: F64, per_flat: F64, out: F32) -> None:
    here = np.empty(len(shift))
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            out[y, x] = _of_pixel(image, counts, shift, per_flat, y, x, here)
