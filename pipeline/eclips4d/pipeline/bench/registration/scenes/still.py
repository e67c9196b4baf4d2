"""Static scenes: a granular film, and roughness with particles on it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from eclips4d.pipeline.bench.registration.scenes.waves import Waves, frequencies, relief

F64 = NDArray[np.float64]

GRAIN_PX = 12.0
SLOPE_RMS, YIELD_RMS = 0.15, 0.03
BEAM_PX = 1.0
_FINE_PX = 1.2
_PARTICLE_PX, _PARTICLE_AREA_PX = 2.5, 3000.0


def granular(grid: int, seed: int, grain_px: float = GRAIN_PX) -> Waves:
    """Caps of grains that touch each other; brightness follows height a little."""
    random = np.random.default_rng(seed)
    middles = random.uniform(0, grid, (max(int((grid / grain_px) ** 2), 4), 2))
    y, x = np.mgrid[:grid, :grid]
    distance, grain = cKDTree(middles, boxsize=grid).query(np.column_stack([y.ravel(), x.ravel()]))
    top = random.normal(0.0, 0.15 * grain_px, len(middles))
    height = (top[grain] - distance**2 / grain_px).reshape(grid, grid)
    made = relief(height, (height - height.mean()) / height.std(), BEAM_PX)
    return _of_rms(made)


def rough_with_particles(grid: int, seed: int) -> Waves:
    """Fine roughness whose yield varies too, and bright round particles: what stays where it is between steps."""
    random = np.random.default_rng(seed)
    height, brightness = (gaussian_filter(random.normal(size=(grid, grid)), _FINE_PX, mode="wrap") for _ in range(2))
    bumps = particles(grid, random)
    height = height / height.std() + 6.0 * bumps
    brightness = brightness / brightness.std() + 6.0 * bumps
    return _of_rms(relief(height, brightness, 0.7), yield_rms=0.5 * SLOPE_RMS)


def particles(grid: int, random: np.random.Generator) -> F64:
    """Gaussian bumps of height 1 at random places between the pixels, periodic."""
    down, right = frequencies(grid)
    bump = 2 * np.pi * _PARTICLE_PX**2 * np.exp(-2 * (np.pi * _PARTICLE_PX) ** 2 * (down**2 + right**2))
    series = np.zeros(bump.shape, complex)
    for y, x in random.uniform(0, grid, (int(grid**2 / _PARTICLE_AREA_PX), 2)):
        series += bump * np.exp(-2j * np.pi * (down * y + right * x))
    return np.asarray(np.fft.irfft2(series, s=(grid, grid)))


def _of_rms(waves: Waves, yield_rms: float = YIELD_RMS) -> Waves:
    """Slopes and yield brought to the size at which the scenes are gentle."""
    slope_x, slope_y, bright = waves.at()
    tilt = SLOPE_RMS / np.sqrt(0.5 * (slope_x.var() + slope_y.var()))
    return Waves(waves.series * np.array([tilt, tilt, yield_rms / bright.std()])[:, None, None])
