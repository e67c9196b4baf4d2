"""Terraces and risers: vicinal trains, bunches, pairs and single steps, islands and pits with closed edges."""

from __future__ import annotations

import math

import numpy as np

from eclips4d.training.surfaces.draws import chance, direction, log_uniform, log_uniforms, scattered, sign
from eclips4d.training.surfaces.fields import smooth_field
from eclips4d.training.surfaces.risers import RAMP_10_90, Steps, rise_of, staircase
from eclips4d.training.surfaces.surface import F32, F64, Canvas, Relief

SLOPE = 0.005, math.tan(math.radians(60.0))
"""Of the risers: from where a slope drowns in the noise."""
WIDTH_PX = 0.3, 8.0
"""Between 10 % and 90 % of a riser."""
SPACING_PX = 3.0, 200.0


def steps(rng: np.random.Generator, canvas: Canvas) -> Relief:
    """Steps of one width on a random phase."""
    phase = _phase(rng, canvas)
    level = _levels(rng, float(phase.min()), float(phase.max()))
    # Seven in ten narrower than two pixels: there a filter does the most harm; wide ones are what noise hides.
    width = log_uniform(rng, WIDTH_PX[0], 2.0) if chance(rng, 0.3) else log_uniform(rng, *WIDTH_PX)
    smooth = chance(rng, 0.5)
    # Where several risers overlap, it is their sum that has the slope.
    overlap = np.max(np.searchsorted(level, level + width / RAMP_10_90) - np.arange(len(level)))
    rise = rise_of(log_uniform(rng, *SLOPE), width, smooth) / overlap * _signs(rng, len(level))
    if chance(rng, 0.3):
        rise *= log_uniforms(rng, 0.3, 1.0, len(level))
    height, terrace = staircase(phase, canvas.pitch, Steps(level, rise, width, smooth))
    return Relief(height, terrace)


def _phase(rng: np.random.Generator, canvas: Canvas) -> F32:
    """Straight and meandering, around a centre, or closed contours; gradient about one."""
    kind = rng.choice(["straight", "meander", "around", "closed"], p=[0.2, 0.35, 0.15, 0.3])
    if kind == "closed":
        length = log_uniform(rng, 6.0, 80.0)
        return np.asarray(np.float32(length) * smooth_field(rng, canvas, length))
    if kind == "around":
        (x, y), squeeze = scattered(rng, canvas, 1, 0.5 * canvas.extent)[0], rng.uniform(0.5, 1.0)
        phase: F32 = np.hypot(canvas.x - np.float32(x), (canvas.y - np.float32(y)) * np.float32(squeeze))
    else:
        phase = canvas.along(direction(rng))
    if kind == "straight":
        return phase
    length = log_uniform(rng, 8.0, 120.0)
    return np.asarray(phase + np.float32(log_uniform(rng, 0.05, 0.7) * length) * smooth_field(rng, canvas, length))


def _levels(rng: np.random.Generator, low: float, high: float) -> F64:
    """Where the steps are: evenly, in bunches, in pairs, or one alone."""
    kind = rng.choice(["train", "bunches", "pairs", "single"], p=[0.45, 0.2, 0.2, 0.15])
    if kind == "single":
        return np.array([rng.uniform(0.8 * low + 0.2 * high, 0.2 * low + 0.8 * high)])
    spacing = log_uniform(rng, SPACING_PX[0] if kind == "train" else 20.0, SPACING_PX[1])
    at = np.arange(low + spacing * rng.random(), high, spacing)
    at = at + spacing * rng.uniform(0.0, 0.4) * rng.uniform(-1.0, 1.0, len(at))
    if kind == "bunches":
        offset = np.cumsum(log_uniforms(rng, 1.0, 6.0, int(rng.integers(2, 8))))
        at = at[:, None] + offset
    if kind == "pairs":
        at = at[:, None] + np.array([0.0, 1.0]) * rng.uniform(4.0, 10.0, (len(at), 1))
    return np.sort(np.append(at.ravel(), 0.5 * (low + high)) if at.size == 0 else at.ravel())


def _signs(rng: np.random.Generator, count: int) -> F64:
    """All up or down, up and down in turn, or at random."""
    kind = rng.choice(["one", "turn", "random"], p=[0.6, 0.2, 0.2])
    if kind == "one":
        return np.full(count, sign(rng))
    if kind == "turn":
        return np.asarray(sign(rng) * (1.0 - 2.0 * (np.arange(count) % 2)))
    return np.asarray(rng.choice([-1.0, 1.0], count))
