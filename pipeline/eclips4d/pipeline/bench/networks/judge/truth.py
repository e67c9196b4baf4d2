"""What is true of a frame's pixels: mean slopes, mean height, and where the slope jumps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from eclips4d.physics.microscope.surface import Surface

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

_WITHIN = 8
"""Lines per pixel over which slopes are averaged."""
_JUMP, _OF_LARGEST = 0.02, 0.2
RISER_PX = 2
"""Pixels this near to a jump count as riser."""


def true_slopes(scene: Surface, pixel_nm: float, shape: tuple[int, int]) -> F32:
    """Pixel means of dh/dx and dh/dy, float32 [2, y, x].

    The mean of a derivative along its own axis is the difference of the heights at the pixel's borders, exactly,
    however narrow a wall is; across it the mean is taken over eight lines.
    """
    rows, columns = shape
    border_x, border_y = (np.arange(n + 1) - n / 2.0 for n in (columns, rows))
    inner_x, inner_y = ((np.arange(_WITHIN * n) + 0.5) / _WITHIN - n / 2.0 for n in (columns, rows))
    along_x = heights(scene, border_x * pixel_nm, inner_y * pixel_nm)
    along_y = heights(scene, inner_x * pixel_nm, border_y * pixel_nm)
    p = np.diff(along_x, axis=1).reshape(rows, _WITHIN, columns).mean(axis=1)
    q = np.diff(along_y, axis=0).reshape(rows, columns, _WITHIN).mean(axis=2)
    return np.asarray(np.stack([p, q]) / pixel_nm, dtype=np.float32)


def true_heights(scene: Surface, pixel_nm: float, shape: tuple[int, int]) -> F32:
    """Pixel means of the height, nm, float32 [y, x]."""
    rows, columns = shape
    half = _WITHIN // 2
    x, y = (((np.arange(half * n) + 0.5) / half - n / 2.0) * pixel_nm for n in (columns, rows))
    fine = heights(scene, x, y).reshape(rows, half, columns, half)
    return np.asarray(fine.mean(axis=(1, 3)), dtype=np.float32)


def heights(scene: Surface, x_nm: NDArray[np.floating], y_nm: NDArray[np.floating]) -> F64:
    """Heights on the crossings of equidistant columns and any rows, nm, [y, x]."""
    left = np.full(len(y_nm), x_nm[0])
    return scene.lines(
        left, float(x_nm[1] - x_nm[0]), len(x_nm), np.asarray(y_nm, dtype=np.float64), np.zeros(len(y_nm))
    ).height


def risers(slope: NDArray[np.floating]) -> Mask:
    """Pixels within 2 px of a jump of the slope [2, y, x]: above 0.02 and a fifth of the largest, bool [y, x]."""
    across = np.abs(np.diff(slope, axis=2)).max(axis=0)
    down = np.abs(np.diff(slope, axis=1)).max(axis=0)
    jump = np.zeros(slope.shape[1:])
    jump[:, :-1] = np.maximum(jump[:, :-1], across)
    jump[:, 1:] = np.maximum(jump[:, 1:], across)
    jump[:-1] = np.maximum(jump[:-1], down)
    jump[1:] = np.maximum(jump[1:], down)
    limit = max(_JUMP, _OF_LARGEST * float(np.percentile(jump, 99.9)))
    return np.asarray(binary_dilation(jump > limit, iterations=RISER_PX))
