"""Bit rounding: what is far below the noise is not stored, so that it compresses.

A value is rounded to the nearest multiple of a power of two that is at most a tenth of its own standard deviation: the
error is at most a twentieth of it, whatever the size of the value. Rounding twice changes nothing.

Rows are worked on by compiled loops that hold no lock of the interpreter: with whole-array operations the threads that
encode and write wait for each other several hundred times a frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from eclips4d.core.results import FloatArray, Surface

Stored: TypeAlias = NDArray[np.float32] | NDArray[np.float16] | NDArray[np.uint8]
Words: TypeAlias = NDArray[np.uint32]

FRACTION = np.float32(0.1)
_EXPONENT = np.uint32(0x7F800000)
_SMALLEST = np.float32(2.0**-60)
_LARGEST = np.float32(2.0**60)
_LARGEST_HALF = np.float32(65504.0)
_REBASE = np.float32(2.0**-112)
_ONE, _DROPPED, _HALF_WAY = np.uint32(1), np.uint32(13), np.uint32(0xFFF)


def quantum(sd: FloatArray) -> FloatArray:
    """Largest power of two that is at most a tenth of each standard deviation; negligible where that is NaN or 0."""
    clean: FloatArray = np.fmax(sd * FRACTION, _SMALLEST)
    np.fmin(clean, _LARGEST, out=clean)
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
    out = np.empty(values.shape, np.float32)
    step = np.empty(sd.shape[1], np.float32)
    planes = (-1, *sd.shape)
    values, sd = np.ascontiguousarray(values).reshape(planes), np.ascontiguousarray(sd)
    _round_rows(values, sd, step, step.view(np.uint32), out.reshape(planes))
    return out


def half(values: FloatArray) -> NDArray[np.float16]:
    """As float16, a relative precision of 1/2048: enough for sd and residual, which are never negative.

    What is too large becomes the largest float16. Scaling by 2^-112 moves float32's exponents where float16 has them,
    subnormals included; rounding to even and a shift do the rest, in less time than NumPy's own conversion takes.
    """
    out = np.empty(values.shape, np.uint16)
    scaled = np.empty(values.shape[1], np.float32)
    _halve_rows(np.ascontiguousarray(values), scaled, scaled.view(np.uint32), out)
    return out.view(np.float16)


def stored_planes(surface: Surface, products: Iterable[str]) -> dict[str, Stored]:
    """Those planes of a surface that are kept, as they are stored."""
    return {name: _STORED[name](surface) for name in products}


@njit(nogil=True, cache=True, error_model="numpy")
def _round_rows(values: FloatArray, sd: FloatArray, step: FloatArray, step_bits: Words, out: FloatArray) -> None:
    """`step` and `step_bits` are the same memory: room for one row of powers of two."""
    planes, rows, columns = values.shape
    for y in range(rows):
        for x in range(columns):
            tenth = sd[y, x] * FRACTION
            tenth = tenth if tenth > _SMALLEST else _SMALLEST  # also where it is NaN
            step[x] = tenth if tenth < _LARGEST else _LARGEST
        for x in range(columns):
            step_bits[x] &= _EXPONENT
        for k in range(planes):
            for x in range(columns):
                out[k, y, x] = np.rint(values[k, y, x] / step[x]) * step[x]


@njit(nogil=True, cache=True, error_model="numpy")
def _halve_rows(values: FloatArray, scaled: FloatArray, bits: Words, out: NDArray[np.uint16]) -> None:
    """`scaled` and `bits` are the same memory: room for one row."""
    rows, columns = values.shape
    for y in range(rows):
        for x in range(columns):
            value = values[y, x]
            scaled[x] = (_LARGEST_HALF if value > _LARGEST_HALF else value) * _REBASE  # NaN stays
        for x in range(columns):
            word = bits[x]
            out[y, x] = (word + ((word >> _DROPPED) & _ONE) + _HALF_WAY) >> _DROPPED


_STORED: dict[str, Callable[[Surface], Stored]] = {
    "height": lambda s: bit_round(s.height, s.height_sd),
    "slope": lambda s: bit_round(s.slope, s.slope_sd),
    "slope_sd": lambda s: half(s.slope_sd),
    "height_sd": lambda s: half(s.height_sd),
    "residual": lambda s: half(s.residual),
    "trust": lambda s: np.ascontiguousarray(s.trust),
}
