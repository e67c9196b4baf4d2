"""Several families at once: one upon another, or side by side."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from eclips4d.training.surfaces.draws import chance, log_uniform
from eclips4d.training.surfaces.facets import facets
from eclips4d.training.surfaces.fields import smooth_field
from eclips4d.training.surfaces.granular import granular
from eclips4d.training.surfaces.pits import pits
from eclips4d.training.surfaces.rough import rough
from eclips4d.training.surfaces.spiral import spiral
from eclips4d.training.surfaces.steps import steps
from eclips4d.training.surfaces.surface import F32, Canvas, Relief

Family = Callable[[np.random.Generator, Canvas], Relief]

PARTS: tuple[Family, ...] = (steps, granular, facets, pits, spiral, rough)
SEAM_SLOPE = 0.5
"""Of the transition between two families that lie side by side and do not meet at one height."""


def mixed(rng: np.random.Generator, canvas: Canvas) -> Relief:
    """Two or three families."""
    first = _part(rng, canvas)
    for _ in range(int(rng.integers(1, 3))):
        second = _part(rng, canvas)
        first = beside(rng, canvas, first, second) if chance(rng, 0.4) else upon(rng, first, second)
    return first


def upon(rng: np.random.Generator, first: Relief, second: Relief) -> Relief:
    """The second family, as tall as it is or flatter, on the first."""
    return Relief(first.height + np.float32(log_uniform(rng, 0.03, 1.0)) * second.height, first.region)


def beside(rng: np.random.Generator, canvas: Canvas, first: Relief, second: Relief) -> Relief:
    """Each where a smooth field is high or low, with a transition as wide as the difference of height needs."""
    other = second.height - np.mean(second.height) + np.mean(first.height)
    length = rng.uniform(0.15, 0.5) * canvas.extent
    distance = np.float32(length) * smooth_field(rng, canvas, length)
    width = max(2.0, float(np.std(first.height - other)) / SEAM_SLOPE)
    share: F32 = np.clip(distance / np.float32(width) + np.float32(0.5), 0.0, 1.0)
    share = share * share * (np.float32(3.0) - np.float32(2.0) * share)
    return Relief(np.asarray(first.height + share * (other - first.height)), first.region)


def _part(rng: np.random.Generator, canvas: Canvas) -> Relief:
    return PARTS[int(rng.integers(len(PARTS)))](rng, canvas)
