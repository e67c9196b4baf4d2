"""Roughness alone: self-affine, with a roll-off."""

from __future__ import annotations

import numpy as np

from eclips4d.training.surfaces.draws import log_uniform
from eclips4d.training.surfaces.fields import self_affine
from eclips4d.training.surfaces.surface import F32, Canvas, Relief

SLOPE = 0.005, 0.6
"""Rms."""


def rough(rng: np.random.Generator, canvas: Canvas) -> Relief:
    """Of any rms slope in the range."""
    return Relief(roughness(rng, canvas, log_uniform(rng, *SLOPE)))


def roughness(rng: np.random.Generator, canvas: Canvas, slope: float) -> F32:
    """A self-affine field of an rms slope, pixels."""
    finest = log_uniform(rng, 0.3, 3.0)
    roll_off = log_uniform(rng, 4.0 * finest, max(8.0 * finest, 0.7 * canvas.extent))
    return np.float32(slope) * self_affine(rng, canvas, rng.uniform(0.3, 1.0), roll_off, finest)
