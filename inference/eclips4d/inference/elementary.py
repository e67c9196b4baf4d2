"""Logarithms and exponentials of a row of numbers, by polynomials that vectorise: libm's take four times as long.

Coefficients are those of Cephes (Moshier 1989) in single precision; results are good to one unit in the last place.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

_LN2_HIGH, _LN2_LOW, _PER_LN2 = np.float32(0.693359375), np.float32(-2.12194440e-4), np.float32(1.44269504)
_ROOT_HALF = np.int32(0x3F3504F3)
"""The bits of √½: mantissas are taken from there to √2."""
_MANTISSA, _BIAS = np.int32(23), np.int32(127)
_L = tuple(
    np.float32(c)
    for c in (
        7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
        -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    )
)  # fmt: skip
_E = tuple(
    np.float32(c)
    for c in (
        1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
    )
)  # fmt: skip
_HALF, _ONE, _MOST = np.float32(0.5), np.float32(1.0), np.float32(87.0)

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def logarithms(values: F32, room: I32, out: F32) -> None:
    """Natural logarithms of positive, normal numbers; all three are contiguous and equally long."""
    bits, mantissa = values.view(np.int32), room.view(np.float32)
    for x in range(values.size):
        exponent = (bits[x] - _ROOT_HALF) >> _MANTISSA
        out[x] = np.float32(exponent)
        room[x] = bits[x] - (exponent << _MANTISSA)
    for x in range(values.size):
        f = mantissa[x] - _ONE
        square = f * f
        y = (((((((_L[0] * f + _L[1]) * f + _L[2]) * f + _L[3]) * f + _L[4]) * f + _L[5]) * f + _L[6]) * f + _L[7]) * f
        y = (y + _L[8]) * f * square + out[x] * _LN2_LOW - _HALF * square
        out[x] = f + y + out[x] * _LN2_HIGH


@_compiled  # type: ignore[untyped-decorator]
def exponentials(values: F32, room: I32, out: F32) -> None:
    """Powers of e of numbers, which are taken within ±87; all three are contiguous and equally long."""
    power = room.view(np.float32)
    for x in range(values.size):
        value = min(max(values[x], -_MOST), _MOST)
        scaled = value * _PER_LN2
        exponent = np.int32(scaled + (_HALF if scaled > np.float32(0.0) else -_HALF))
        whole = np.float32(exponent)
        r = value - whole * _LN2_HIGH - whole * _LN2_LOW
        y = ((((_E[0] * r + _E[1]) * r + _E[2]) * r + _E[3]) * r + _E[4]) * r + _E[5]
        out[x] = y * (r * r) + r + _ONE
        room[x] = (exponent + _BIAS) << _MANTISSA
    for x in range(values.size):
        out[x] *= power[x]
