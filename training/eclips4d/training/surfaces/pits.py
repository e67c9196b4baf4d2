"""Pits, pillars, trenches and grooves between grains: flat floors, and walls so steep that parts are out of sight."""

from __future__ import annotations

import math

import numpy as np

from eclips4d.training.surfaces.draws import chance, direction, jittered, log_uniform, log_uniforms, scattered
from eclips4d.training.surfaces.fields import smooth_field
from eclips4d.training.surfaces.grooves import outlines, seams
from eclips4d.training.surfaces.limits import rounded
from eclips4d.training.surfaces.surface import F32, I32, Canvas, Relief

WALL_DEG = 35.0, 75.0
DEPTH_PX = 3.0, 60.0


def pits(rng: np.random.Generator, canvas: Canvas) -> Relief:
    """Walls of one angle around one kind of outline."""
    kind = rng.choice(["holes", "trench", "grooves"], p=[0.5, 0.25, 0.25])
    region = None
    if kind == "holes":
        inside = holes(rng, canvas)
    elif kind == "trench":
        inside = trench(rng, canvas)
    else:
        inside, region = grain_boundaries(rng, canvas)
    depth = log_uniform(rng, *DEPTH_PX)
    wall = math.tan(math.radians(rng.uniform(*WALL_DEG)))
    if chance(rng, 0.6):
        # So that walls end at a floor before they meet.
        depth = min(depth, rng.uniform(0.15, 0.7) * wall * max(float(inside.max()), 1.0))
    height = np.clip(np.float32(-wall) * inside, np.float32(-depth), np.float32(0.0))
    if kind != "grooves" and chance(rng, 0.35):
        height = -height
    if chance(rng, 0.5):
        height = rounded(height, log_uniform(rng, 0.2, 4.0), canvas.pitch)
    return Relief(height, region if region is not None else (inside > 0.0).astype(np.int32))


def holes(rng: np.random.Generator, canvas: Canvas) -> F32:
    """How far inside ellipses of wavy outline every point is, pixels; negative outside."""
    size = log_uniform(rng, 4.0, 0.35 * canvas.extent)
    count = int(np.clip(log_uniform(rng, 0.05, 0.6) * canvas.shape[0] * canvas.shape[1] / size**2, 1, 150))
    radius = size * log_uniforms(rng, 0.4, 1.0, count)
    squeeze = rng.uniform(0.5, 1.0, count)
    turn = rng.uniform(0.0, 2.0 * np.pi, count)
    lobes = rng.integers(2, 7, count)
    wave = rng.uniform(0.0, 0.25) * rng.random(count) / lobes
    margin = 0.3 * size if count > 1 else -0.25 * canvas.extent
    return outlines(canvas, scattered(rng, canvas, count, margin), radius, squeeze, turn, lobes, wave)


def trench(rng: np.random.Generator, canvas: Canvas) -> F32:
    """How far inside winding trenches of one width, alone or side by side."""
    half = 0.5 * log_uniform(rng, 3.0, 80.0)
    phase = canvas.along(direction(rng)) + np.float32(rng.uniform(-0.3, 0.3) * canvas.extent)
    if chance(rng, 0.7):
        length = log_uniform(rng, 15.0, 100.0)
        phase = phase + np.float32(length * rng.uniform(0.05, 0.4)) * smooth_field(rng, canvas, length)
    if chance(rng, 0.5):
        period = np.float32(2.0 * half * log_uniform(rng, 1.3, 6.0))
        phase = np.abs(phase - period * np.rint(phase / period))
    return np.asarray(np.float32(half) - np.abs(phase))


def grain_boundaries(rng: np.random.Generator, canvas: Canvas) -> tuple[F32, I32]:
    """How far inside the grooves between grains, and the grains."""
    spacing = log_uniform(rng, 10.0, 100.0)
    away, grain = seams(canvas, jittered(rng, canvas, spacing, rng.uniform(0.15, 0.45), 2.0 * spacing), spacing)
    if chance(rng, 0.6):
        length = log_uniform(rng, 2.0, 20.0)
        away = away + np.float32(rng.uniform(0.0, 0.15) * length) * smooth_field(rng, canvas, length)
    return np.asarray(np.float32(0.5 * log_uniform(rng, 1.0, 15.0)) - away), grain
