"""Height to steps at the borders between pixels, steps to bends, and the transposes of both: compiled loops."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Pixel = tuple[float, float]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def steps(height: F64, pixel_nm: Pixel) -> F64:
    """Height differences of neighbours over the pixel size, [2, y, x]: right of and below each pixel, else 0."""
    out = np.zeros((2, *height.shape))
    _steps(height, 1.0 / pixel_nm[0], 1.0 / pixel_nm[1], out)
    return out


def gathered(values: F64, pixel_nm: Pixel) -> F64:
    """The transpose of `steps`: minus the divergence, [y, x]."""
    out = np.zeros(values.shape[1:])
    _gathered(values, 1.0 / pixel_nm[0], 1.0 / pixel_nm[1], out)
    return out


def weighted_laplacian(height: F64, weight: F64, pixel_nm: Pixel) -> F64:
    """`gathered(weight·steps(height))`, [y, x]."""
    out = np.zeros_like(height)
    _weighted_laplacian(height, weight, 1.0 / pixel_nm[0] ** 2, 1.0 / pixel_nm[1] ** 2, out)
    return out


def bends(values: F64) -> F64:
    """Differences of steps [2, y, x] between neighbouring borders, [4, y, x]: x along x and y, y along x and y."""
    out = np.zeros((4, *values.shape[1:]))
    _bends(values, out)
    return out


def bends_gathered(values: F64) -> F64:
    """The transpose of `bends`, [2, y, x]."""
    out = np.zeros((2, *values.shape[1:]))
    _bends_gathered(values, out)
    return out


def dot(a: F64, b: F64) -> float:
    """Sum of products; not by a library that starts threads for it."""
    return float((a * b).sum())


@_compiled  # type: ignore[untyped-decorator]
def _steps(height: F64, per_x: float, per_y: float, out: F64) -> None:
    rows, columns = height.shape
    for y in range(rows):
        for x in range(columns - 1):
            out[0, y, x] = (height[y, x + 1] - height[y, x]) * per_x
    for y in range(rows - 1):
        for x in range(columns):
            out[1, y, x] = (height[y + 1, x] - height[y, x]) * per_y


@_compiled  # type: ignore[untyped-decorator]
def _gathered(values: F64, per_x: float, per_y: float, out: F64) -> None:
    rows, columns = out.shape
    for y in range(rows):
        for x in range(columns - 1):
            flux = values[0, y, x] * per_x
            out[y, x] -= flux
            out[y, x + 1] += flux
    for y in range(rows - 1):
        for x in range(columns):
            flux = values[1, y, x] * per_y
            out[y, x] -= flux
            out[y + 1, x] += flux


@_compiled  # type: ignore[untyped-decorator]
def _weighted_laplacian(height: F64, weight: F64, per_xx: float, per_yy: float, out: F64) -> None:
    rows, columns = out.shape
    for y in range(rows):
        for x in range(columns - 1):
            flux = weight[0, y, x] * (height[y, x + 1] - height[y, x]) * per_xx
            out[y, x] -= flux
            out[y, x + 1] += flux
    for y in range(rows - 1):
        for x in range(columns):
            flux = weight[1, y, x] * (height[y + 1, x] - height[y, x]) * per_yy
            out[y, x] -= flux
            out[y + 1, x] += flux


@_compiled  # type: ignore[untyped-decorator]
def _bends(values: F64, out: F64) -> None:
    rows, columns = values.shape[1:]
    for y in range(rows):
        for x in range(columns - 2):
            out[0, y, x] = values[0, y, x + 1] - values[0, y, x]
    for y in range(rows - 1):
        for x in range(columns - 1):
            out[1, y, x] = values[0, y + 1, x] - values[0, y, x]
            out[2, y, x] = values[1, y, x + 1] - values[1, y, x]
    for y in range(rows - 2):
        for x in range(columns):
            out[3, y, x] = values[1, y + 1, x] - values[1, y, x]


@_compiled  # type: ignore[untyped-decorator]
def _bends_gathered(values: F64, out: F64) -> None:
    rows, columns = values.shape[1:]
    for y in range(rows):
        for x in range(columns - 2):
            out[0, y, x] -= values[0, y, x]
            out[0, y, x + 1] += values[0, y, x]
    for y in range(rows - 1):
        for x in range(columns - 1):
            out[0, y, x] -= values[1, y, x]
            out[0, y + 1, x] += values[1, y, x]
            out[1, y, x] -= values[2, y, x]
            out[1, y, x + 1] += values[2, y, x]
    for y in range(rows - 2):
        for x in range(columns):
            out[1, y, x] -= values[3, y, x]
            out[1, y + 1, x] += values[3, y, x]
