"""Slopes as a detector, or a network in between, leaves them: noise, gaps, outliers, an sd that is not quite true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from eclips4d.training.integrator.truth import Truth

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

NOISE: Final = (0.004, 0.35)
"""Slope sd per pixel: from 10⁴ electrons per segment and a wide annulus to 50 and a narrow one."""
CORRELATED, CLEANED, OUTLIERS, GAPS, DARK = 0.25, 0.35, 0.2, 0.3, 0.3
"""Shares of images with each."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What an integrator is given, [2, y, x] and [y, x]."""

    slope: F32
    slope_sd: F32
    valid: Mask


def reading(rng: np.random.Generator, truth: Truth, brightness: F32) -> Reading:
    """One noisy reading of a patch.

    Parameters
    ----------
    brightness
        Of the material, [y, x], about 1.
    """
    shape = truth.height.shape
    sd = _true_sd(rng, truth, brightness)
    noise = rng.standard_normal((2, *shape), dtype=np.float32)
    if rng.random() < CORRELATED:
        noise = _lagged(noise, rng.uniform(0.1, 0.6))
    noise *= sd
    slope = truth.slope
    if rng.random() < CLEANED:
        slope, noise = _cleaned(rng, slope, noise)
    slope = slope + noise
    if rng.random() < OUTLIERS:
        hit = rng.random(shape) < 10.0 ** rng.uniform(-4.0, -2.3)
        slope = np.where(hit, slope + rng.uniform(-4.0, 4.0, (2, *shape)), slope).astype(np.float32)
    return Reading(slope, _stated_sd(rng, sd), np.ones(shape, bool))


def torn(rng: np.random.Generator, whole: Reading) -> Reading:
    """Some readings with gaps."""
    if rng.random() >= GAPS:
        return whole
    return Reading(whole.slope, whole.slope_sd, whole.valid & ~_gaps(rng, whole.valid.shape))


def _true_sd(rng: np.random.Generator, truth: Truth, brightness: F32) -> F32:
    """Root of one over the electrons: less on dark material, on steep facets and in the shade."""
    level = np.exp(rng.uniform(*np.log(NOISE)))
    light: NDArray[np.floating] = np.clip(brightness, 0.2, 5.0)
    if rng.random() < 0.7:
        light = light / (1.0 + rng.uniform(0.0, 1.0) * truth.steepest**2)
    if rng.random() < DARK:
        shade = gaussian_filter(rng.standard_normal(light.shape), rng.uniform(4.0, 20.0))
        dark = shade > np.quantile(shade, rng.uniform(0.6, 0.95))
        light = light / np.where(dark, np.exp(rng.uniform(0.5, 3.5)), 1.0)
    return np.asarray(level / np.sqrt(light), dtype=np.float32)


def _stated_sd(rng: np.random.Generator, sd: F32) -> F32:
    """Off by some 20 % in patches and a few per cent from pixel to pixel."""
    slow = gaussian_filter(rng.standard_normal(sd.shape), rng.uniform(3.0, 15.0))
    slow *= rng.uniform(0.0, 0.2) / max(float(slow.std()), 1e-9)
    quick = rng.uniform(0.0, 0.08) * rng.standard_normal(sd.shape)
    return np.asarray(sd * np.exp(slow + quick), dtype=np.float32)


def _lagged(noise: F32, memory: float) -> F32:
    """Noise whose pixels remember the one before along x; as large at long wavelengths as white noise."""
    out = noise.copy()
    for x in range(1, out.shape[-1]):
        out[..., x] = memory * out[..., x - 1] + (1.0 - memory) * noise[..., x]
    return out


def _cleaned(rng: np.random.Generator, slope: F32, noise: F32) -> tuple[F32, F32]:
    """What a denoising network leaves: long wavelengths as they were, fine noise damped but at strong edges."""
    width, left = rng.uniform(0.6, 4.0), rng.uniform(0.0, 0.6)
    strength = np.hypot(*(s - gaussian_filter(s, 3.0) for s in slope)) / max(float(noise.std()), 1e-9)
    spared = np.clip(gaussian_filter(strength, 1.0) - 1.0, 0.0, 1.0) if rng.random() < 0.6 else np.zeros_like(strength)
    kept = (left + (1.0 - left) * spared).astype(np.float32)
    smooth = np.stack([gaussian_filter(n, width) for n in noise])
    noise = smooth + kept * (noise - smooth)
    if rng.random() < 0.5:
        blunt = rng.uniform(0.3, 0.7)
        blurred = np.stack([gaussian_filter(s, blunt) for s in slope])
        slope = blurred + (kept if rng.random() < 0.5 else np.float32(0.0)) * (slope - blurred)
    return np.asarray(slope, np.float32), np.asarray(noise, np.float32)


def _gaps(rng: np.random.Generator, shape: tuple[int, ...]) -> Mask:
    """Blobs, rectangles, lines and single pixels."""
    rows, columns = shape
    out = np.zeros(shape, bool)
    for _ in range(rng.integers(1, 5)):
        kind = rng.integers(4)
        if kind == 0:
            y, x = rng.integers(rows), rng.integers(columns)
            tall, wide = rng.integers(2, max(rows // 5, 3), 2)
            out[y : y + tall, x : x + wide] = True
        elif kind == 1:
            field = gaussian_filter1d(gaussian_filter1d(rng.standard_normal(shape), 4.0, axis=0), 4.0, axis=1)
            out |= field > np.quantile(field, rng.uniform(0.93, 0.995))
        elif kind == 2:
            line = np.s_[rng.integers(rows), :] if rng.random() < 0.5 else np.s_[:, rng.integers(columns)]
            out[line] = True
        else:
            out |= rng.random(shape) < 10.0 ** rng.uniform(-3.5, -1.5)
    if out.mean() > 0.4:
        out[:] = False
    return out
