"""Heights at the corners of sub-pixels, and what lies between four of them: the mean height and the two mean slopes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


def cells(corner: F64) -> F64:
    """Mean heights between the corners [y + 1, x + 1], [y, x]."""
    return np.asarray((corner[1:, 1:] + corner[1:, :-1] + corner[:-1, 1:] + corner[:-1, :-1]) / 4.0)


def slopes(corner: F64, pixel_nm: tuple[float, float]) -> F32:
    """Mean dh/dx, dh/dy between the corners, [2, y, x]."""
    dx, dy = pixel_nm
    p = (corner[:-1, 1:] - corner[:-1, :-1] + corner[1:, 1:] - corner[1:, :-1]) / (2.0 * dx)
    q = (corner[1:, :-1] - corner[:-1, :-1] + corner[1:, 1:] - corner[:-1, 1:]) / (2.0 * dy)
    return np.stack([p, q]).astype(np.float32)


def to_corners(to_cell: F64, to_slope: NDArray[np.floating], pixel_nm: tuple[float, float]) -> F64:
    """Transpose of `cells` and `slopes` together."""
    dx, dy = pixel_nm
    p, q, mean = to_slope[0] / (2.0 * dx), to_slope[1] / (2.0 * dy), to_cell / 4.0
    out = np.zeros((mean.shape[0] + 1, mean.shape[1] + 1))
    out[:-1, :-1] += mean - p - q
    out[:-1, 1:] += mean + p - q
    out[1:, :-1] += mean - p + q
    out[1:, 1:] += mean + p + q
    return out


def pixels(cell: NDArray[np.floating], supersample: int) -> F64:
    """Means over the sub-pixels of every pixel, […, y, x]."""
    rows, columns = cell.shape[-2] // supersample, cell.shape[-1] // supersample
    parts = cell.reshape(*cell.shape[:-2], rows, supersample, columns, supersample)
    return np.asarray(parts.mean(axis=(-3, -1)))


def spread_pixels(image: NDArray[np.floating], supersample: int) -> F64:
    """Transpose of `pixels`."""
    return np.asarray(np.repeat(np.repeat(image, supersample, -2), supersample, -1) / supersample**2)


def corners_of(height: NDArray[np.floating], supersample: int) -> F64:
    """Corners of a surface given by its pixels' means: linear between them, and on beyond the image's edge."""
    rows, columns = height.shape
    padded = np.pad(height.astype(np.float64), 1, mode="reflect", reflect_type="odd")
    y, x = (np.arange(n * supersample + 1) / supersample + 0.5 for n in (rows, columns))
    return np.asarray(map_coordinates(padded, np.meshgrid(y, x, indexing="ij"), order=1))
