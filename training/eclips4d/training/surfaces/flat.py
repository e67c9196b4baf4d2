"""Nothing there: exactly level, or a plane that is tilted a little. What a network finds on it is noise."""

from __future__ import annotations

import numpy as np

from eclips4d.training.surfaces.draws import chance, direction, log_uniform
from eclips4d.training.surfaces.surface import Canvas, Relief


def flat(rng: np.random.Generator, canvas: Canvas) -> Relief:
    """A level surface, or a tilted one."""
    slope = 0.0 if chance(rng, 0.5) else log_uniform(rng, 1e-3, 0.1)
    return Relief(np.float32(slope) * canvas.along(direction(rng)))
