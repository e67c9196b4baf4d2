"""Noise as it is in a height integrated from white slopes, and planes, drawn from a seed."""

from __future__ import annotations

import numpy as np
import scipy.fft


def integrated_noise(random: np.random.Generator, shape: tuple[int, int], sd: float) -> np.ndarray:
    """Heights [y, x] whose power goes with 1/(wave number)², of this sd over the field on average."""
    down, across = (2.0 - 2.0 * np.cos(np.pi * np.arange(n) / n) for n in shape)
    squared = down[:, None] + across[None, :]
    squared[0, 0] = np.inf
    field = scipy.fft.idctn(random.normal(size=shape) / np.sqrt(squared), norm="ortho")
    return field * sd / np.sqrt((1.0 / squared).mean())


def pixel_plane(shape: tuple[int, int], plane: np.ndarray, pixel_nm: float) -> np.ndarray:
    """Heights [y, x] of offset (in the middle), dh/dx and dh/dy."""
    y, x = ((np.arange(n) - 0.5 * (n - 1)) * pixel_nm for n in shape)
    return plane[0] + plane[1] * x[None, :] + plane[2] * y[:, None]


def random_plane(random: np.random.Generator) -> np.ndarray:
    """Several nm and about half a degree: far more than the noise."""
    return np.array([3.0, 0.01, 0.01]) * random.normal(size=3)
