"""Per pixel: the slope, and how strongly its facet emits into every channel of the emission law."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.bsesm.integrals import channels
from eclips4d.physics.emission.law import EmissionLaw

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_FLAT = 1e-12

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def fill_slopes(height: F64, pixel_x: float, pixel_y: float, slope: F32, first: int, last: int) -> None:
    """dh/dx, dh/dy of rows `first` to `last`: the mean slope of the four bilinear cells that meet at a pixel's centre.

    Away from the border that is the central difference.
    """
    rows, columns = height.shape
    for y in range(first, last):
        above, below = max(y - 1, 0), min(y + 1, rows - 1)
        per_y = 1.0 / (max(below - above, 1) * pixel_y)
        for x in range(columns):
            left, right = max(x - 1, 0), min(x + 1, columns - 1)
            slope[0, y, x] = (height[y, right] - height[y, left]) / (max(right - left, 1) * pixel_x)
            slope[1, y, x] = (height[below, x] - height[above, x]) * per_y


def law_arrays(law: EmissionLaw) -> tuple[F64, F64, NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """What the kernels need of a law: tilts, amplitudes, and the channels' terms, orders and sines."""
    made_of = channels(law)
    return law.tilt, law.amplitude, made_of.term, made_of.order, made_of.sine


@_compiled  # type: ignore[untyped-decorator]
def fill_amplitudes(
    slope: F32,
    tilts: F64,
    amplitude: F64,
    term: NDArray[np.int64],
    order: NDArray[np.int64],
    sine: NDArray[np.bool_],
    out: F32,
    first: int,
    last: int,
) -> None:
    """Amplitude of every channel, [C, y, x]: `amplitude(tilt)·cos(order·psi)`, or sine; psi on the screen."""
    even = _spacing(tilts)
    for y in range(first, last):
        for x in range(slope.shape[2]):
            p, q = float(slope[0, y, x]), -float(slope[1, y, x])
            steepness = math.sqrt(p * p + q * q)
            tilt = math.atan(steepness)
            i = _below(tilts, tilt, even)
            share = min(max((tilt - tilts[i]) / (tilts[i + 1] - tilts[i]), 0.0), 1.0)
            psi = complex(p / steepness, q / steepness) if steepness > _FLAT else complex(1.0, 0.0)
            for c in range(term.size):
                j = term[c]
                value = amplitude[j, i] + share * (amplitude[j, i + 1] - amplitude[j, i])
                if order[c] > 0:
                    turned = _power(psi, order[c])
                    value *= turned.imag if sine[c] else turned.real
                out[c, y, x] = value


@_compiled  # type: ignore[untyped-decorator]
def amplitudes_to_slopes(
    slope: F32,
    tilts: F64,
    amplitude: F64,
    term: NDArray[np.int64],
    order: NDArray[np.int64],
    sine: NDArray[np.bool_],
    to_amplitude: F32,
    to_slope: F32,
    first: int,
    last: int,
) -> None:
    """Transpose of `fill_amplitudes`: add what derivatives with respect to amplitudes say of the slopes."""
    even = _spacing(tilts)
    for y in range(first, last):
        for x in range(slope.shape[2]):
            p, q = float(slope[0, y, x]), -float(slope[1, y, x])
            steepness = math.sqrt(p * p + q * q)
            tilt = math.atan(steepness)
            i = _below(tilts, tilt, even)
            width = tilts[i + 1] - tilts[i]
            share = min(max((tilt - tilts[i]) / width, 0.0), 1.0)
            outward = complex(p / steepness, q / steepness) if steepness > _FLAT else complex(1.0, 0.0)
            along, around = 0.0, 0.0  # with the slope's size, and with its direction per unit of slope
            for c in range(term.size):
                j, o = term[c], order[c]
                grows = (amplitude[j, i + 1] - amplitude[j, i]) / (width * (1.0 + steepness * steepness))
                value = amplitude[j, i] + share * (amplitude[j, i + 1] - amplitude[j, i])
                # an amplitude of order above 0 vanishes on the flat, in proportion to the slope
                per_slope = value / steepness if steepness > _FLAT else (grows if o == 1 else 0.0)
                turned = _power(outward, o) if o > 0 else complex(1.0, 0.0)
                here = float(to_amplitude[c, y, x])
                if tilt < tilts[-1]:
                    along += here * grows * (turned.imag if sine[c] else turned.real)
                around += here * per_slope * o * (turned.real if sine[c] else -turned.imag)
            to_slope[0, y, x] += along * outward.real - around * outward.imag
            to_slope[1, y, x] -= along * outward.imag + around * outward.real


@_compiled  # type: ignore[untyped-decorator]
def _power(psi: complex, order: int) -> complex:
    turned = psi
    for _ in range(order - 1):
        turned *= psi
    return turned


@_compiled  # type: ignore[untyped-decorator]
def _spacing(tilts: F64) -> float:
    """Their common distance, or 0 where they are not evenly spaced."""
    step = (tilts[-1] - tilts[0]) / (tilts.size - 1)
    for i in range(tilts.size):
        if abs(tilts[i] - tilts[0] - i * step) > 1e-9:
            return 0.0
    return float(step)


@_compiled  # type: ignore[untyped-decorator]
def _below(tilts: F64, tilt: float, even: float) -> int:
    """Index of the interval in which a tilt lies."""
    if even > 0.0:
        return min(max(int((tilt - tilts[0]) / even), 0), tilts.size - 2)
    low, high = 0, tilts.size - 1
    while high - low > 1:
        middle = (low + high) // 2
        if tilts[middle] <= tilt:
            low = middle
        else:
            high = middle
    return low
