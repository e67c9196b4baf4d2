"""What white slope noise becomes in an integrated height: per pixel, and in the height of a step.

Least squares over all pixel borders is diagonal in the cosine basis, so every such figure is a sum over modes. Slopes
are pixel means, carried to the borders by the fourth-order weights that keep a height a pixel mean.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

F64 = NDArray[np.float64]

_INNER, _OUTER = 13.0 / 24.0, -1.0 / 24.0


def mode_variance(shape: tuple[int, int], pixel_nm: tuple[float, float], slope_sd: tuple[float, float]) -> F64:
    """Height variance of each orthonormal cosine mode, float64 [y, x], nm².

    Parameters
    ----------
    pixel_nm, slope_sd
        (x, y).
    """
    (rows, columns), (dx, dy), (sd_x, sd_y) = shape, pixel_nm, slope_sd
    along_y, border_y = _step_and_border(rows, dy)
    along_x, border_x = _step_and_border(columns, dx)
    eigenvalue = along_y[:, None] + along_x
    eigenvalue[0, 0] = np.inf
    power = sd_y**2 * (along_y * border_y)[:, None] + sd_x**2 * along_x * border_x
    return np.asarray(power / eigenvalue**2)


def height_sd(variance: F64, *, levelled: bool) -> float:
    """Rms height noise over the image, nm; `levelled`: after the best plane is taken off, which is not observable."""
    rows, columns = variance.shape
    total = variance.sum()
    if levelled:
        total -= (_ramp(columns) ** 2 * variance[0]).sum() + (_ramp(rows) ** 2 * variance[:, 0]).sum()
    return float(np.sqrt(total / (rows * columns)))


def step_sd(variance: F64, across_px: float, along_px: float) -> float:
    """Sd of the height difference between two parallel lines in the middle of the image, nm.

    For lines much longer than their distance this is `s·d·sqrt(across/along)`.

    Parameters
    ----------
    across_px
        Distance of the lines along x; rounded to whole pixels, at least 1.
    along_px
        Length of the lines along y, over which heights are averaged; rounded, at least 1, at most all rows.
    """
    rows, columns = variance.shape
    across = min(max(round(across_px), 1), columns - 1)
    along = min(max(round(along_px), 1), rows)
    left, top = (columns - across) // 2, (rows - along) // 2
    difference, line = np.zeros(columns), np.zeros(rows)
    difference[left], difference[left + across] = -1.0, 1.0
    line[top : top + along] = 1.0 / along
    return float(np.sqrt(_modes(line) ** 2 @ variance @ _modes(difference) ** 2))


def _step_and_border(count: int, pixel: float) -> tuple[F64, F64]:
    half = np.pi * np.arange(count) / (2.0 * count)
    border = 2.0 * (_INNER * np.cos(half) + _OUTER * np.cos(3.0 * half))
    return 4.0 / pixel**2 * np.sin(half) ** 2, border**2


def _ramp(count: int) -> F64:
    ramp = np.asarray(np.arange(count) - (count - 1) / 2.0, dtype=np.float64)
    return _modes(np.asarray(ramp / max(float(np.linalg.norm(ramp)), 1e-300)))


def _modes(values: F64) -> F64:
    return np.asarray(scipy.fft.dct(values, norm="ortho"))
