"""What may lie on any surface: particles, weak roughness, a tilt and a dome."""

from __future__ import annotations

import math

import numpy as np

from eclips4d.training.surfaces.bumps import BELL, CAP, PARABOLOID, bumps
from eclips4d.training.surfaces.draws import chance, direction, log_uniform, log_uniforms, scattered, sign
from eclips4d.training.surfaces.rough import roughness
from eclips4d.training.surfaces.surface import F32, F64, I32, Canvas

PARTICLE_RADIUS_PX = 2.0, 15.0
ASPECT = 0.05, 1.0
"""Height over radius of a particle."""
WEAK_SLOPE = 0.002, 0.06
TILT_DEG = 0.05, 12.0
DOME_RISE = 0.002, 0.2
"""Slope that a dome reaches at the border of the image."""


def with_extras(rng: np.random.Generator, canvas: Canvas, drawn: F32) -> tuple[F64, I32 | None]:
    """A surface with extras at random, and the numbers of the particles on it (0 where there is none)."""
    height = drawn.astype(np.float64)
    if chance(rng, 0.3):
        height += roughness(rng, canvas, log_uniform(rng, *WEAK_SLOPE))
    particle = None
    if chance(rng, 0.2):
        height, particle = with_particles(rng, canvas, height)
    if chance(rng, 0.35):
        height += base(rng, canvas)
    return height, particle


def with_particles(rng: np.random.Generator, canvas: Canvas, height: F64) -> tuple[F64, I32]:
    """Particles lie on the surface; where two meet, the higher one is seen."""
    mean = log_uniform(rng, *PARTICLE_RADIUS_PX)
    cover = log_uniform(rng, 0.003, 0.15)
    count = max(1, round(cover * canvas.shape[0] * canvas.shape[1] / (math.pi * mean * mean)))
    radius = np.clip(mean * log_uniforms(rng, 0.6, 1.6, count), *PARTICLE_RADIUS_PX)
    shape = int(rng.choice([CAP, PARABOLOID, BELL]))
    tall = radius * log_uniform(rng, *ASPECT) * log_uniforms(rng, 0.6, 1.0, count)
    rise, number = bumps(canvas, scattered(rng, canvas, count, mean), radius, tall, np.zeros(count), shape)
    return height + np.maximum(rise, 0.0), number


def base(rng: np.random.Generator, canvas: Canvas) -> F64:
    """A tilted plane, a dome or a saddle."""
    angle = direction(rng)
    along = canvas.x.astype(np.float64) * math.cos(angle) + canvas.y * math.sin(angle)
    slope = math.tan(math.radians(log_uniform(rng, *TILT_DEG)))
    if chance(rng, 0.6):
        return np.asarray(slope * along)
    aside = canvas.y * math.cos(angle) - canvas.x.astype(np.float64) * math.sin(angle)
    bent = sign(rng) * log_uniform(rng, *DOME_RISE) / canvas.extent
    return np.asarray(bent * (along * along + rng.uniform(-1.0, 1.0) * aside * aside))
