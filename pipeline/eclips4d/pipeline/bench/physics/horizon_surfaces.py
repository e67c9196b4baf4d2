"""Surfaces on which horizons are checked, from smooth to nothing but walls. Heights in pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.limits import surfaces

F64 = NDArray[np.float64]


def checked_surfaces(size: int, seed: int = 0) -> dict[str, F64]:
    """By name."""
    return {
        "smooth waves, slopes to 1.2": waves(size, seed),
        "Gaussian, correlation 8 px, rms slope 0.7": surfaces.gaussian(size, 8.0, 0.7, seed),
        "self-affine H 0.8, rms slope 0.3": surfaces.self_affine(size, 0.8, 0.3, seed),
        "self-affine H 0.8, rms slope 1": surfaces.self_affine(size, 0.8, 1.0, seed),
        "self-affine H 0.3, rms slope 2": surfaces.self_affine(size, 0.3, 2.0, seed),
        "islands, faces 54.7°": surfaces.islands(size, 54.74, size / 16.0, 10, seed),
        "trenches, walls 80°": surfaces.trenches(size, 12.0, 12.0, 80.0, 4, seed),
    }


def waves(size: int, seed: int) -> F64:
    """Sines of 24 pixels and more in all directions."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size]
    total = np.zeros((size, size))
    for angle, start in random.uniform(0.0, 2.0 * np.pi, (8, 2)):
        total += np.sin(2.0 * np.pi / 24.0 * (np.cos(angle) * x + np.sin(angle) * y) + start)
    slope = np.hypot(*np.gradient(total))
    return np.asarray(total * (1.2 / slope.max()))
