"""How rough noise alone would look: the spectrum of heights integrated from noisy slopes, through the same filters.

Least squares with free boundaries is diagonal in cosines, and so are mirrored Gaussian filters: what noise adds to Sq²
and to the squared gradient are sums over modes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.integrate import INNER, OUTER
from eclips4d.metrology.roughness.filters import sigma_px

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class NoiseSpectrum:
    """Of heights, for slope noise of standard deviation 1.

    Attributes
    ----------
    modes : float64 [y, x]
        Variance per cosine mode over the number of pixels, nm²: their sum is Sq² of noise.
    along_x, along_y : float
        Variance of height differences between neighbours over the pixel size squared.
    """

    modes: F64
    along_x: float
    along_y: float

    @property
    def square(self) -> float:
        """Sq² that unit noise alone has, nm²."""
        return float(self.modes.sum())


@lru_cache(maxsize=8)
def noise_spectrum(
    shape: tuple[int, int],
    pixel_size_nm: tuple[float, float],
    correlation_px: float = 1.0,
    degree: int = 1,
    s_nm: float | None = None,
    l_nm: float | None = None,
) -> NoiseSpectrum:
    """Noise of heights after S-filter, F-operation and L-filter.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    pixel_size_nm : (float, float)
        Along x and y.
    correlation_px : float
        Pixels that share one value of the slopes' noise; taken as a Gaussian's.
    degree, s_nm, l_nm
        As in `roughness.roughness`. Of the form, mean and plane are accounted for; higher degrees take hardly more
        of the noise.
    """
    (rows, columns), (dx, dy) = shape, pixel_size_nm
    angle_y, angle_x = (np.pi * np.arange(n) / n for n in (rows, columns))
    (step_y, border_y), (step_x, border_x) = _axis(angle_y, dy), _axis(angle_x, dx)
    eigenvalue = step_y[:, None] + step_x
    eigenvalue[0, 0] = np.inf
    modes = ((step_y * border_y)[:, None] + step_x * border_x) / eigenvalue**2 / (rows * columns)
    modes *= _correlated(angle_y, angle_x, correlation_px)
    if s_nm is not None:
        modes *= _passed(angle_y, angle_x, s_nm, pixel_size_nm) ** 2
    if degree >= 1:
        modes[:, 0] *= 1.0 - _share_of_line(rows)
        modes[0, :] *= 1.0 - _share_of_line(columns)
    if l_nm is not None:
        modes *= (1.0 - _passed(angle_y, angle_x, l_nm, pixel_size_nm)) ** 2
    return NoiseSpectrum(modes, float((modes * step_x).sum()), float((modes * step_y[:, None]).sum()))


def _axis(angle: F64, pixel: float) -> tuple[F64, F64]:
    """Eigenvalue of the second difference, and the square of the mean that makes border slopes of pixels' ones."""
    half = angle / 2.0
    border = 2.0 * (INNER * np.cos(half) + OUTER * np.cos(3.0 * half))
    return 4.0 / pixel**2 * np.sin(half) ** 2, border**2


def _passed(angle_y: F64, angle_x: F64, cutoff_nm: float, pixel_size_nm: tuple[float, float]) -> F64:
    """Transfer of the Gaussian filter."""
    sigma_y, sigma_x = sigma_px(cutoff_nm, pixel_size_nm)
    return np.exp(-0.5 * (sigma_y * angle_y) ** 2)[:, None] * np.exp(-0.5 * (sigma_x * angle_x) ** 2)


def _correlated(angle_y: F64, angle_x: F64, correlation_px: float) -> F64:
    """Spectrum of slope noise of unit variance of which that many pixels share one value."""
    if correlation_px <= 1.0:
        return np.ones((len(angle_y), len(angle_x)))
    width = correlation_px / (4.0 * np.pi)
    shape = np.exp(-width * angle_y**2)[:, None] * np.exp(-width * angle_x**2)
    return np.asarray(shape / shape.mean())


def _share_of_line(count: int) -> F64:
    """Squared correlation of each cosine with a straight line: what levelling takes of it; 96/(pi k)^4 for odd k."""
    at = (np.arange(count) + 0.5) / count
    line = at - 0.5
    waves = np.cos(np.pi * np.outer(np.arange(count), at))
    waves[0] = 0.0
    share = (waves @ line) ** 2 / np.maximum((waves**2).sum(axis=1) * (line @ line), 1e-300)
    return np.asarray(share)
