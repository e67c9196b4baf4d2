"""Random fields: smooth ones of one length, and self-affine ones."""

from __future__ import annotations

import numpy as np
from scipy import fft

from eclips4d.training.surfaces.surface import F32, Canvas

_REACH = 3.5
"""Standard deviations at which a Gaussian is cut."""


def smooth_field(rng: np.random.Generator, canvas: Canvas, length_px: float) -> F32:
    """White noise filtered by a Gaussian of a standard deviation: expected mean 0, variance 1, rms gradient 1/length.

    The noise lies on nodes one standard deviation apart, which is dense enough for the variance to be even to 10⁻⁴;
    two products of matrices then cost less than a transform, and opposite borders know nothing of each other.
    """
    down = _spread(canvas.y.ravel(), length_px)
    right = _spread(canvas.x.ravel(), length_px)
    noise = rng.standard_normal((down.shape[1], right.shape[1]), dtype=np.float32)
    return np.asarray(down @ (noise @ right.T))


def self_affine(rng: np.random.Generator, canvas: Canvas, hurst: float, roll_off_px: float, finest_px: float) -> F32:
    """A Gaussian field of rms slope 1 whose spectrum falls as k^(-2-2H) beyond the roll-off and ends at `finest_px`."""
    rows, columns = (fft.next_fast_len(n, real=True) for n in canvas.points)
    k_y = fft.fftfreq(rows, canvas.pitch).astype(np.float32)[:, None]
    k_x = fft.rfftfreq(columns, canvas.pitch).astype(np.float32)[None, :]
    k2 = k_y * k_y + k_x * k_x
    knee = np.float32(roll_off_px**-2)
    amplitude = (k2 + knee) ** np.float32(-0.5 * (1.0 + hurst)) * np.exp(-k2 * np.float32(finest_px**2))
    amplitude[0, 0] = 0.0
    noise = rng.standard_normal((2, *k2.shape), dtype=np.float32)
    field = fft.irfft2(amplitude * (noise[0] + 1j * noise[1]), (rows, columns))[: canvas.points[0], : canvas.points[1]]
    slope2 = np.mean(np.diff(field, axis=0) ** 2) + np.mean(np.diff(field, axis=1) ** 2)
    return np.asarray(field * np.float32(canvas.pitch / np.sqrt(slope2)), dtype=np.float32)


def _spread(at: F32, length: float) -> F32:
    """Weights of nodes at points [points, nodes], squares adding up to one."""
    nodes = np.arange(at[0] - _REACH * length, at[-1] + (_REACH + 1.0) * length, length, dtype=np.float32)
    weight = np.exp(-0.5 * ((at[:, None] - nodes) / np.float32(length)) ** 2)
    return np.asarray(weight / np.sqrt(np.sum(weight * weight, axis=1, keepdims=True)))
