"""Sums over a surface, each in one pass; NaN is left out.

Compiled: array expressions would go through the memory a dozen times per frame.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

# Sums may be taken in any order, which vectors need. isfinite() takes x - x, which such freedom makes 0 of NaN: so what
# is finite is told by comparison.
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})


@_compiled  # type: ignore[untyped-decorator]
def span(height: F64) -> tuple[int, float, float, float]:
    """Number of values, their mean, the least and the largest; 0, NaN, inf and -inf without any."""
    count, total, lowest, highest = 0, 0.0, np.inf, -np.inf
    for y in range(height.shape[0]):
        for x in range(height.shape[1]):
            z = height[y, x]
            known = abs(z) < np.inf
            count += known
            total += z if known else 0.0
            lowest = z if known and z < lowest else lowest
            highest = z if known and z > highest else highest
    return count, total / count, lowest, highest


@_compiled  # type: ignore[untyped-decorator]
def moments(height: F64, mean: float) -> tuple[float, float, float, float]:
    """Sums of squares, absolute values, cubes and fourth powers about the mean."""
    square, absolute, cube, fourth = 0.0, 0.0, 0.0, 0.0
    for y in range(height.shape[0]):
        for x in range(height.shape[1]):
            z = height[y, x] - mean
            z = z if abs(z) < np.inf else 0.0
            square += z * z
            absolute += abs(z)
            cube += z * z * z
            fourth += (z * z) * (z * z)
    return square, absolute, cube, fourth


@_compiled  # type: ignore[untyped-decorator]
def gradients(height: F64, dx: float, dy: float) -> tuple[float, int, float, int, float, int]:
    """Sum and number of squared slopes along x and along y, and of the developed area that cells add to their own."""
    rows, columns = height.shape
    along_x, count_x, along_y, count_y, added, cells = 0.0, 0, 0.0, 0, 0.0, 0
    for y in range(rows):
        for x in range(columns - 1):
            p = (height[y, x + 1] - height[y, x]) / dx
            known = abs(p) < np.inf
            along_x += p * p if known else 0.0
            count_x += known
    for y in range(rows - 1):
        for x in range(columns):
            q = (height[y + 1, x] - height[y, x]) / dy
            known = abs(q) < np.inf
            along_y += q * q if known else 0.0
            count_y += known
        for x in range(columns - 1):
            lower, upper, left, right = _sides(height, y, x, dx, dy)
            area = np.sqrt(1.0 + lower + left) + np.sqrt(1.0 + lower + right)
            area = 0.25 * (area + np.sqrt(1.0 + upper + left) + np.sqrt(1.0 + upper + right)) - 1.0
            known = abs(area) < np.inf
            added += area if known else 0.0
            cells += known
    return along_x, count_x, along_y, count_y, added, cells


@_compiled  # type: ignore[untyped-decorator]
def tilted(height: F64, dx: float, dy: float) -> tuple[float, float, int]:
    """Sums of (1 + q²)/(1 + p² + q²)^(3/2) and the same with p², and the number of cells.

    Every other cell each way stands for all.
    """
    along_x, along_y, cells = 0.0, 0.0, 0
    for y in range(0, height.shape[0] - 1, 2):
        for x in range(0, height.shape[1] - 1, 2):
            lower, upper, left, right = _sides(height, y, x, dx, dy)
            p, q = (lower + upper) / 2.0, (left + right) / 2.0
            square = 1.0 + p + q
            inverse = 1.0 / (square * np.sqrt(square))
            known = abs(inverse) < np.inf
            along_x += (1.0 + q) * inverse if known else 0.0
            along_y += (1.0 + p) * inverse if known else 0.0
            cells += known
    return along_x, along_y, cells


@_compiled  # type: ignore[untyped-decorator]
def power_variance(waves: NDArray[np.float32], pixels: int, modes: F64, variance: float) -> float:
    """Variance of Sq² by noise against itself and against the surface, mode by mode.

    Parameters
    ----------
    waves : float32 [y, x]
        Cosine modes of the surface, orthonormal.
    pixels : int
        That were seen.
    modes : float64 [y, x]
        Variance of the modes per pixel for unit noise.
    variance : float
        Of the noise.
    """
    total = 0.0
    for y in range(modes.shape[0]):
        for x in range(modes.shape[1]):
            noise = variance * modes[y, x]
            wave = np.float64(waves[y, x])
            total += noise * (2.0 * noise + 4.0 * max(wave * wave / pixels - noise, 0.0))
    return total


@numba.njit(inline="always")
def _sides(height: F64, y: int, x: int, dx: float, dy: float) -> tuple[float, float, float, float]:
    """Squared slopes along the lower, upper, left and right side of a cell of four points."""
    lower, upper = (height[y, x + 1] - height[y, x]) / dx, (height[y + 1, x + 1] - height[y + 1, x]) / dx
    left, right = (height[y + 1, x] - height[y, x]) / dy, (height[y + 1, x + 1] - height[y, x + 1]) / dy
    return lower * lower, upper * upper, left * left, right * right
