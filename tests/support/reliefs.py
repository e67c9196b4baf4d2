"""Surfaces of the tests: rough, steep and smooth; heights in pixels, sinking to a flat rim."""

import numpy as np
from scipy.ndimage import gaussian_filter


def rough(side, seed=0, slope=0.7):
    random = np.random.default_rng(seed)
    k = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side)))
    spectrum = (k > 0) / np.maximum(k, 1e-9) ** 1.8 * np.exp(-((k / 0.2) ** 4))
    h = np.fft.ifft2(np.fft.fft2(random.standard_normal((side, side))) * spectrum).real
    return rimmed(h * slope / np.sqrt(sum(np.mean(g**2) for g in np.gradient(h))))


def walls(side, seed=0, blur=1.2):
    """Blocks with walls of two to three pixels."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    h = np.zeros((side, side))
    for a, b in random.uniform(0, side, (side * side // 1200, 2)):
        half = random.uniform(4, 14)
        h = np.where((abs(x - a) < half) & (abs(y - b) < 0.6 * half), np.maximum(h, random.uniform(5, 20)), h)
    return rimmed(gaussian_filter(h, blur))


def bumps(side, seed=0):
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    places = random.uniform(0, side, (side * side // 900, 2))
    return rimmed(sum(13.0 * np.exp(-((x - a) ** 2 + (y - b) ** 2) / 72.0) for a, b in places))


def rimmed(h, width=12):
    """Nothing stands at the border, where a ray's last fraction of a pixel would matter."""
    inwards = np.minimum(np.arange(len(h)), np.arange(len(h))[::-1])
    window = 0.5 - 0.5 * np.cos(np.pi * np.clip((inwards - 1) / width, 0, 1))
    return h.min() + (h - h.min()) * np.minimum.outer(window, window)
