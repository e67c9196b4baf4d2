"""What lies between the steps: the fine structure of a frame where nothing strong is near.

Steps, bunches and facets that move hold most of the gradient energy and carry any whole-frame estimate with them.
They are strong and broad; the roughness of the terraces is weak, fine, and stays. So channels are high-passed and
everything near the stronger half of the frame's structure is faded out. It costs precision, hence is used only
where the plain fit contradicts itself. Where structure is strong is judged at half resolution.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import fft, ndimage

from eclips4d.registration.channels import bin_channels
from eclips4d.registration.template import frequencies, inverse, transform

FINE_PX = 9
"""The mean over a square of this side is taken out: what is broader."""
STRONG_PX = (1.0, 10.0)
"""Strength is judged between these Gaussians (half resolution): above the noise, below the false dome."""
KEPT_SHARE = 0.6
MARGIN_PX = 7
"""Side of the square (half resolution) in which nothing strong may lie."""
FADE_PX = 1.0


def background(channels: NDArray[np.float32]) -> NDArray[np.float32]:
    """High-passed channels, zero near strong structure, [c, y, x]."""
    rows, columns = channels.shape[1:]
    fine = np.empty_like(channels)
    _take_out_mean(channels, FINE_PX // 2, fine)
    if min(rows, columns) < 2:
        return fine
    kept = np.repeat(np.repeat(_weak(bin_channels(channels, 2)), 2, axis=0), 2, axis=1)
    fine *= np.pad(kept, ((0, rows - len(kept)), (0, columns - kept.shape[1])), mode="edge")
    return fine


def _weak(channels: NDArray[np.float32]) -> NDArray[np.float32]:
    """1 where nothing strong is near, fading to 0."""
    rows, columns = channels.shape[1:]
    shape = (fft.next_fast_len(rows, real=True), fft.next_fast_len(columns, real=True))
    narrow, wide = (_gaussian(shape, sigma) for sigma in STRONG_PX)
    strong = inverse(transform(channels, shape) * (narrow - wide), shape)[:, :rows, :columns]
    near = ndimage.maximum_filter(np.square(strong).sum(axis=0), MARGIN_PX)
    kept = (near < np.quantile(near, KEPT_SHARE)).astype(np.float32)
    faded: NDArray[np.float32] = ndimage.gaussian_filter(kept, FADE_PX)
    return faded


def _gaussian(shape: tuple[int, int], sigma: float) -> NDArray[np.float32]:
    fy, fx = (np.exp(-2.0 * (np.pi * sigma * f) ** 2).astype(np.float32) for f in frequencies(shape))
    return np.asarray(fy * fx)


@njit(cache=True, nogil=True)
def _running_mean(line: NDArray[np.float64], reach: int, out: NDArray[np.float32]) -> None:
    """Mean over `reach` neighbours on either side, as far as they are there."""
    n = line.size
    total = 0.0
    for x in range(min(reach, n)):
        total += line[x]
    for x in range(n):
        if x + reach < n:
            total += line[x + reach]
        if x - reach > 0:
            total -= line[x - reach - 1]
        out[x] = total / (min(x + reach, n - 1) - max(x - reach, 0) + 1)


@njit(cache=True, nogil=True)
def _take_out_mean(planes: NDArray[np.float32], reach: int, out: NDArray[np.float32]) -> None:
    """Subtracts the mean over the square of `reach` pixels around each pixel, as far as it lies in the plane."""
    channels, rows, columns = planes.shape
    across, mean = np.empty(columns), np.empty(columns, np.float32)
    for c in range(channels):
        across[:] = 0.0
        for y in range(min(reach, rows)):
            across += planes[c, y]
        for y in range(rows):
            if y + reach < rows:
                across += planes[c, y + reach]
            if y - reach > 0:
                across -= planes[c, y - reach - 1]
            _running_mean(across, reach, mean)
            share = np.float32(1.0 / (min(y + reach, rows - 1) - max(y - reach, 0) + 1))
            for x in range(columns):
                out[c, y, x] = planes[c, y, x] - mean[x] * share
