"""Periodic surfaces of known statistics, for asking how far occlusion reaches. Lengths and heights in pixels."""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

F64 = NDArray[np.float64]


def self_affine(size: int, hurst: float, rms_slope: float, seed: int, *, roll_off_px: float = 64.0) -> F64:
    """A random Gaussian surface of power spectrum `k^(−2−2H)`, flat beyond the roll-off wavelength.

    Parameters
    ----------
    hurst
        H, 0-1: the smaller, the rougher on small scales.
    rms_slope
        Of the difference between neighbouring pixels in one direction.
    roll_off_px
        Longest wavelength on which the surface is still self-affine.

    Returns
    -------
    float64 [size, size]
    """
    k = _wave_number(size)
    return _of_slope(_coloured(np.maximum(k, 2.0 * np.pi / roll_off_px) ** (-1.0 - hurst), seed), rms_slope)


def gaussian(size: int, correlation_px: float, rms_slope: float, seed: int) -> F64:
    """A random surface whose autocorrelation is `exp(−r²/correlation²)`."""
    return _of_slope(_coloured(np.exp(-((_wave_number(size) * correlation_px) ** 2) / 8.0), seed), rms_slope)


def islands(size: int, face_deg: float, height_px: float, count: int, seed: int) -> F64:
    """Frusta with square bases turned at random, flat tops, faces at one angle; where two overlap the higher counts."""
    random = np.random.default_rng(seed)
    surface = np.zeros((size, size))
    for _ in range(count):
        x, y = (_around(size, centre) for centre in random.uniform(0.0, size, 2))
        turn, half = random.uniform(0.0, np.pi / 2.0), random.uniform(1.2, 2.5) * height_px
        along = np.cos(turn) * x + np.sin(turn) * y[:, None]
        across = -np.sin(turn) * x + np.cos(turn) * y[:, None]
        rise = (half - np.maximum(np.abs(along), np.abs(across))) * np.tan(np.radians(face_deg))
        surface = np.maximum(surface, np.clip(rise, 0.0, height_px))
    return surface


def trenches(size: int, width_px: float, depth_px: float, wall_deg: float, count: int, seed: int) -> F64:
    """Parallel trenches along y at random places, all of one width at half depth, with sloped walls."""
    random = np.random.default_rng(seed)
    pitch = size / count
    profile = np.zeros(size)
    for k in range(count):
        x = np.abs(_around(size, (k + 0.5 + random.uniform(-0.2, 0.2)) * pitch))
        wall = (x - width_px / 2.0) * np.tan(np.radians(wall_deg))
        profile = np.minimum(profile, np.clip(wall - depth_px / 2.0, -depth_px, 0.0))
    return np.repeat(profile[None], size, axis=0)


def step_bunches(size: int, face_deg: float, height_px: float, count: int, seed: int) -> F64:
    """Straight bunches of steps, up and down in turn, with faces at one angle between flat terraces."""
    random = np.random.default_rng(seed)
    places = (np.arange(2 * count) + 0.5 + random.uniform(-0.3, 0.3, 2 * count)) * size / (2 * count)
    profile, sign, x = np.zeros(size), 1.0, np.arange(size)
    for place in places:
        profile += sign * np.clip((x - place) * np.tan(np.radians(face_deg)) + height_px / 2.0, 0.0, height_px)
        sign = -sign
    return np.repeat(profile[None], size, axis=0)


def _wave_number(size: int) -> F64:
    k = 2.0 * np.pi * scipy.fft.fftfreq(size)
    return np.asarray(np.hypot(k[:, None], k))


def _coloured(amplitude: F64, seed: int) -> F64:
    noise = np.random.default_rng(seed).standard_normal(amplitude.shape)
    amplitude = amplitude.copy()
    amplitude[0, 0] = 0.0
    return np.asarray(scipy.fft.ifft2(scipy.fft.fft2(noise) * amplitude).real)


def _of_slope(surface: F64, rms_slope: float) -> F64:
    steps = [np.roll(surface, -1, axis) - surface for axis in (0, 1)]
    return np.asarray(surface * (rms_slope / np.sqrt(np.mean([np.mean(step**2) for step in steps]))))


def _around(size: int, centre: float) -> F64:
    """Signed distance from `centre` on a ring of `size` pixels."""
    return np.asarray((np.arange(size) - centre + size / 2.0) % size - size / 2.0)
