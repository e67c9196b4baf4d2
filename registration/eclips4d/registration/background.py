"""What lies between the steps: the fine structure of a frame where nothing strong is near.

Steps, bunches and facets that move hold most of the gradient energy and carry any whole-frame estimate with them.
They are strong and broad; the roughness of the terraces is weak, fine, and stays. So channels are high-passed and
everything near the stronger half of the frame's structure is faded out. It costs precision, hence is used only
where the plain fit contradicts itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from eclips4d.registration.template import frequencies, inverse, transform

FINE_PX = 3.0
"""Structure broader than this Gaussian is taken out."""
STRONG_PX = (2.0, 20.0)
"""Strength is judged between these two Gaussians: above the noise, below the false dome."""
KEPT_SHARE = 0.5
MARGIN_PX = 11
FADE_PX = 1.5


def background(channels: NDArray[np.float32]) -> NDArray[np.float32]:
    """High-passed channels, zero near strong structure, [c, y, x]."""
    rows, columns = channels.shape[1:]
    shape = (fft.next_fast_len(rows, real=True), fft.next_fast_len(columns, real=True))
    spectrum = transform(channels, shape)
    fine = inverse(spectrum * (1.0 - _gaussian(shape, FINE_PX)), shape)[:, :rows, :columns]
    narrow, wide = (_gaussian(shape, sigma) for sigma in STRONG_PX)
    strong = inverse(spectrum * (narrow - wide), shape)[:, :rows, :columns]
    near = ndimage.maximum_filter(np.square(strong).sum(axis=0), MARGIN_PX)
    kept = (near < np.quantile(near, KEPT_SHARE)).astype(np.float32)
    masked: NDArray[np.float32] = np.ascontiguousarray(fine * ndimage.gaussian_filter(kept, FADE_PX), np.float32)
    return masked


def _gaussian(shape: tuple[int, int], sigma: float) -> NDArray[np.float32]:
    fy, fx = frequencies(shape)
    return np.exp(-2.0 * (np.pi * sigma) ** 2 * (fy**2 + fx**2)).astype(np.float32)
