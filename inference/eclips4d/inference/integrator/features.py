"""What the integrator's network sees: border slopes and their curl in units of the noise that the curl itself shows.

The curl of a surface is zero, so what there is of it is noise, walls that the slopes missed, and outliers. Its size
over squares of several pixels is the unit of everything: twice the slopes are the same planes, whatever the instrument.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

VERSION: Final = "integrator-1"
"""Changes whenever a plane changes its meaning: weights belong to one version."""
PLANES: Final = (
    "slope at the border to the right, above the mean of 5 × 5",
    "slope at the border below, above the mean of 5 × 5",
    "mean of 5 × 5 above that of 25 × 25, along x",
    "mean of 5 × 5 above that of 25 × 25, along y",
    "mean of 25 × 25 along x, compressed",
    "mean of 25 × 25 along y, compressed",
    "curl around the pixel's lower right corner",
    "variance of the slope over the median's, (v − 1)/(v + 1)",
    "1 where measured, 0 elsewhere",
)
MULTIPLE: Final = 32
"""Sides of the planes are multiples of this: what a network halves to has whole pixels."""
LOOP: Final = 8
"""Side of the squares, pixels, around which the unit is measured."""
_FINE, _MIDDLE, _WIDE, _CURL = np.float32(12.0), np.float32(12.0), np.float32(40.0), np.float32(12.0)

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True, slots=True)
class Features:
    """Input of the integrator's network.

    Attributes
    ----------
    planes : float32 [len(PLANES), Y, X]
        Sides padded to multiples of `MULTIPLE`, mirrored at the far edges.
    near, far : float32 [2, y, x]
        Means of the border slopes over 5 × 5 and 25 × 25.
    unit : float
        Slope that counts as 1.
    """

    planes: F32
    near: F32
    far: F32
    unit: float


def features(border: F32, variance: F32, measured: Any, pixel_size_xy_nm: tuple[float, float]) -> Features:
    """Planes of one image.

    Parameters
    ----------
    border
        Slopes at the borders, [2, y, x].
    variance
        Of the slopes over the median's, [y, x].
    measured
        bool [y, x], or None where everything was measured.
    """
    rows, columns = variance.shape
    dx, dy = pixel_size_xy_nm
    aspect = np.array([dx, dy], dtype=np.float32) / np.float32(np.sqrt(dx * dy))
    unit = noise_unit(border, aspect)
    padded = tuple(-(-side // MULTIPLE) * MULTIPLE for side in (rows, columns))
    planes = np.empty((len(PLANES), *padded), np.float32)
    inverse = np.float32(1.0 / unit)
    near, far = np.empty_like(border), np.empty_like(border)
    for k in range(2):
        mean_around(border[k], 1, near[k])
        mean_around(near[k], 5, far[k])
        _slope_planes(border[k], near[k], far[k], inverse, planes[k : k + 5 : 2])
    _other_planes(border, variance, measured, inverse, aspect, planes[6:])
    _mirror(planes, rows, columns)
    return Features(planes, near, far, unit)


def noise_unit(border: F32, aspect: F32) -> float:
    """Slope noise per pixel as the circulation around squares of `LOOP` pixels shows it.

    Falls back on the slopes' own size where there is no circulation, and on 1 where there are no slopes either.
    """
    rows, columns = border.shape[1:]
    side = min(LOOP, rows - 1, columns - 1)
    if side >= 1:
        stride = max(side // 2, int(np.sqrt(rows * columns / 4096.0)))
        around = _circulations(border, aspect, side, stride)
        unit = float(np.median(around)) / (0.6745 * 2.0 * np.sqrt(side))
        if unit > 0.0:
            return unit
    size = float(np.sqrt(np.mean(np.square(border, dtype=np.float64))))
    return size if size > 0.0 else 1.0


@_compiled  # type: ignore[untyped-decorator]
def _circulations(border: F32, aspect: F32, side: int, stride: int) -> F32:
    """Size of the sum of the steps around squares, every `stride` pixels."""
    rows, columns = border.shape[1:]
    down, across = (rows - 1 - side) // stride + 1, (columns - 1 - side) // stride + 1
    out = np.empty(down * across, np.float32)
    for j in range(down):
        for i in range(across):
            y, x = j * stride, i * stride
            total = np.float32(0.0)
            for k in range(side):
                total += aspect[0] * (border[0, y, x + k] - border[0, y + side, x + k])
                total += aspect[1] * (border[1, y + k, x + side] - border[1, y + k, x])
            out[j * across + i] = abs(total)
    return out


@_compiled  # type: ignore[untyped-decorator]
def mean_around(image: F32, apart: int, out: F32) -> None:
    """Mean of 5 × 5 values, `apart` pixels from one to the next, around each pixel; edges repeat."""
    rows, columns = image.shape
    reach = 2 * apart
    column = np.empty(columns + 2 * reach, np.float32)
    share = np.float32(1.0 / 25.0)
    for y in range(rows):
        column[:] = np.float32(0.0)
        for j in range(-2, 3):
            line = image[min(max(y + j * apart, 0), rows - 1)]
            for x in range(columns):
                column[x + reach] += line[x]
        column[:reach] = column[reach]
        column[columns + reach :] = column[columns + reach - 1]
        for x in range(columns):
            total = column[x] + column[x + apart] + column[x + 2 * apart]
            out[y, x] = share * (total + column[x + 3 * apart] + column[x + 4 * apart])


@_compiled  # type: ignore[untyped-decorator]
def _slope_planes(border: F32, near: F32, far: F32, inverse: np.float32, out: F32) -> None:
    rows, columns = border.shape
    one = np.float32(1.0)
    for y in range(rows):
        for x in range(columns):
            fine = (border[y, x] - near[y, x]) * inverse
            middle = (near[y, x] - far[y, x]) * inverse
            wide = far[y, x] * inverse
            out[0, y, x] = fine / (one + abs(fine) / _FINE)
            out[1, y, x] = middle / (one + abs(middle) / _MIDDLE)
            out[2, y, x] = wide / (one + abs(wide) / _WIDE)


@_compiled  # type: ignore[untyped-decorator]
def _other_planes(border: F32, variance: F32, measured: Any, inverse: np.float32, aspect: F32, out: F32) -> None:
    rows, columns = variance.shape
    one, zero = np.float32(1.0), np.float32(0.0)
    to_right, to_below = aspect[0] * inverse, aspect[1] * inverse
    for y in range(rows):
        for x in range(columns):
            curl = zero
            if y + 1 < rows and x + 1 < columns:
                curl = (border[0, y, x] - border[0, y + 1, x]) * to_right
                curl += (border[1, y, x + 1] - border[1, y, x]) * to_below
            out[0, y, x] = curl / (one + abs(curl) / _CURL)
            out[1, y, x] = (variance[y, x] - one) / (variance[y, x] + one)
        if measured is None:
            out[2, y, :columns] = one
        else:
            for x in range(columns):
                out[2, y, x] = one if measured[y, x] else zero


@_compiled  # type: ignore[untyped-decorator]
def _mirror(planes: F32, rows: int, columns: int) -> None:
    """Fill what lies beyond the image by its mirror image, over and over for images smaller than the padding."""
    count, padded_rows, padded_columns = planes.shape
    for c in range(count):
        for y in range(rows):
            for x in range(columns, padded_columns):
                planes[c, y, x] = planes[c, y, _reflected(x, columns)]
        for y in range(rows, padded_rows):
            planes[c, y] = planes[c, _reflected(y, rows)]


@_compiled  # type: ignore[untyped-decorator]
def _reflected(at: int, count: int) -> int:
    """Index of the mirror image, the edge pixel not repeated."""
    if count == 1:
        return 0
    period = 2 * (count - 1)
    at = at % period
    return at if at < count else period - at
