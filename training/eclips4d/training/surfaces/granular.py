"""Granular films: grains as the upper envelope of many bumps, and smooth or ridged random fields."""

from __future__ import annotations

import math

import numpy as np

from eclips4d.training.surfaces.bumps import CAP, CONE, PARABOLOID, bumps
from eclips4d.training.surfaces.draws import chance, log_uniform, log_uniforms, scattered
from eclips4d.training.surfaces.fields import smooth_field
from eclips4d.training.surfaces.surface import F32, Canvas, Relief

GRAIN_RADIUS_PX = 3.0, 40.0
LENGTH_PX = 1.5, 30.0
"""Of the Gaussian that filters a field."""
SLOPE = 0.02, 0.8
"""Rms, of a field."""


def granular(rng: np.random.Generator, canvas: Canvas) -> Relief:
    """Grains or a field."""
    return grains(rng, canvas) if chance(rng, 0.5) else field(rng, canvas)


def grains(rng: np.random.Generator, canvas: Canvas) -> Relief:
    """Grains of random size and height, packed so that they hide what is under them, or nearly."""
    mean = log_uniform(rng, GRAIN_RADIUS_PX[0] * 1.3, GRAIN_RADIUS_PX[1] / 1.3)
    packing = log_uniform(rng, 0.7, 6.0)
    area = (canvas.shape[0] + 2.0 * mean) * (canvas.shape[1] + 2.0 * mean)
    count = max(3, math.ceil(packing * area / (math.pi * mean * mean)))
    radius = np.clip(mean * log_uniforms(rng, 0.6, 1.6, count), *GRAIN_RADIUS_PX)
    shape = int(rng.choice([CAP, PARABOLOID, CONE], p=[0.5, 0.35, 0.15]))
    aspect = log_uniform(rng, 0.05, 1.0)
    tall = aspect * radius * log_uniforms(rng, 0.7, 1.0, count)
    base = rng.uniform(-1.0, 1.0, count) * rng.uniform(0.0, 0.5) * aspect * mean
    height, number = bumps(canvas, scattered(rng, canvas, count, mean), radius, tall, base, shape)
    # The film's floor: grains stick out of it more or less.
    floor = np.float32(base.min() + rng.uniform(0.2, 0.7) * aspect * mean)
    return Relief(np.maximum(height, floor), np.where(height > floor, number, 0).astype(np.int32))


def field(rng: np.random.Generator, canvas: Canvas) -> Relief:
    """One to three lengths; now and then folded to ridges or valleys."""
    count = int(rng.choice([1, 2, 3], p=[0.5, 0.35, 0.15]))
    total = sum((_component(rng, canvas) for _ in range(count)), np.zeros((1, 1), np.float32))
    return Relief(np.asarray(total * np.float32(log_uniform(rng, *SLOPE) / math.sqrt(count))))


def _component(rng: np.random.Generator, canvas: Canvas) -> F32:
    """A field of rms slope 1."""
    length = log_uniform(rng, *LENGTH_PX)
    drawn: F32 = np.float32(length) * smooth_field(rng, canvas, length)
    kind = rng.choice(["smooth", "ridges", "valleys"], p=[0.7, 0.15, 0.15])
    if kind == "smooth":
        return drawn
    return np.asarray(np.abs(drawn) if kind == "valleys" else -np.abs(drawn))
