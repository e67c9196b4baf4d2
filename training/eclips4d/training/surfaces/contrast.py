"""Contrast of the material: patches, terraces, grains or particles that return more or fewer electrons."""

from __future__ import annotations

import numpy as np

from eclips4d.training.surfaces.draws import chance, log_uniform, sign
from eclips4d.training.surfaces.fields import smooth_field
from eclips4d.training.surfaces.limits import rounded
from eclips4d.training.surfaces.surface import F32, I32, Canvas

SHARE = 0.4
"""Of the surfaces that have any."""
CONTRAST = 0.02, 0.3
GRAIN_SD = 0.02, 0.1
EDGE_PX = 0.5, 10.0


def relative_yield(rng: np.random.Generator, canvas: Canvas, region: I32 | None, particle: I32 | None) -> F32:
    """Yield of every point over the usual one, float32 [Y·fine, X·fine]."""
    total = np.ones(canvas.points, np.float32)
    if not chance(rng, SHARE):
        return total
    kind = rng.choice(["patches", "topography"])
    if kind == "topography" and region is not None:
        total *= of_regions(rng, region)
    elif kind == "patches" or particle is None:
        total *= patches(rng, canvas)
    if particle is not None and chance(rng, 0.6):
        total *= np.where(particle > 0, np.float32(_factor(rng)), np.float32(1.0))
    if chance(rng, 0.5):
        total = np.asarray(rounded(total, log_uniform(rng, *EDGE_PX), canvas.pitch), dtype=np.float32)
    return total


def patches(rng: np.random.Generator, canvas: Canvas) -> F32:
    """Where a random field exceeds a level; edges sharp."""
    field = smooth_field(rng, canvas, log_uniform(rng, 3.0, 80.0))
    return np.where(field > rng.uniform(-1.0, 1.5), np.float32(_factor(rng)), np.float32(1.0))


def of_regions(rng: np.random.Generator, region: I32) -> F32:
    """Terraces in turn, or every region its own."""
    if chance(rng, 0.4):
        return np.where(region % 2 == 1, np.float32(_factor(rng)), np.float32(1.0))
    count = int(region.max()) + 1
    each = np.clip(1.0 + log_uniform(rng, *GRAIN_SD) * rng.standard_normal(count), 0.6, 1.4).astype(np.float32)
    return np.asarray(each[region])


def _factor(rng: np.random.Generator) -> float:
    return 1.0 + sign(rng) * log_uniform(rng, *CONTRAST)
