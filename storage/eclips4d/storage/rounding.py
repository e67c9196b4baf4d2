"""Bit rounding: what is far below the noise is not stored, so that it compresses.

A value is rounded to the nearest multiple of a power of two that is at most a tenth of its own standard deviation: the
error is at most a twentieth of it, whatever the size of the value. Rounding twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import FloatArray, Surface

Stored: TypeAlias = NDArray[np.float32] | NDArray[np.float16] | NDArray[np.uint8]

FRACTION = np.float32(0.1)
_EXPONENT = np.uint32(0x7F800000)
_SMALLEST = np.float32(2.0**-60)
_LARGEST_HALF = np.float32(65504.0)
_REBASE = np.float32(2.0**-112)
_ROWS = 64


def quantum(sd: FloatArray) -> FloatArray:
    """Largest power of two that is at most a tenth of each standard deviation; negligible where that is NaN or 0."""
    clean: FloatArray = np.fmax(sd * FRACTION, _SMALLEST)
    np.fmin(clean, 1 / _SMALLEST, out=clean)
    powers: FloatArray = (clean.view(np.uint32) & _EXPONENT).view(np.float32)
    return powers


def bit_round(values: FloatArray, sd: FloatArray) -> FloatArray:
    """Round `values` [..., y, x] to a tenth of `sd` [y, x].

    Parameters
    ----------
    values : float32
        Where not finite, left alone.
    sd : float32
        Standard deviation of the values; where it is NaN or not positive, nothing is rounded away.

    Returns
    -------
    float32
        A new array.
    """
    out = np.empty_like(values)
    for top in range(0, sd.shape[0], _ROWS):  # rows that stay in the processor's cache through the four steps
        rows = slice(top, top + _ROWS)
        step = quantum(sd[rows])
        part = out[..., rows, :]
        np.divide(values[..., rows, :], step, out=part)
        np.rint(part, out=part)
        np.multiply(part, step, out=part)
    return out


def half(values: FloatArray) -> NDArray[np.float16]:
    """As float16, a relative precision of 1/2048: enough for sd and residual, which are never negative.

    What is too large becomes the largest float16. Scaling by 2^-112 moves float32's exponents where float16 has them,
    subnormals included; rounding to even and a shift do the rest, in less time than NumPy's own conversion takes.
    """
    out = np.empty(values.shape, np.uint16)
    for top in range(0, values.shape[0], _ROWS):
        rows = slice(top, top + _ROWS)
        bits = (np.minimum(values[rows], _LARGEST_HALF) * _REBASE).view(np.uint32)
        bits += ((bits >> 13) & 1) + np.uint32(0xFFF)
        np.right_shift(bits, 13, out=out[rows], casting="unsafe")
    return out.view(np.float16)


def stored_planes(surface: Surface, products: Iterable[str]) -> dict[str, Stored]:
    """Those planes of a surface that are kept, as they are stored."""
    return {name: _STORED[name](surface) for name in products}


_STORED: dict[str, Callable[[Surface], Stored]] = {
    "height": lambda s: bit_round(s.height, s.height_sd),
    "slope": lambda s: bit_round(s.slope, s.slope_sd),
    "slope_sd": lambda s: half(s.slope_sd),
    "height_sd": lambda s: half(s.height_sd),
    "residual": lambda s: half(s.residual),
    "trust": lambda s: np.ascontiguousarray(s.trust),
}
