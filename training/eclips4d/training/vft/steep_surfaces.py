"""Random surfaces on which occlusion happens: those of all trainings stretched, and walls of any steepness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.training.surfaces import FAMILIES, random_surface

F64 = NDArray[np.float64]

_WALLS = 0.5
"""Share of the surfaces that are nothing but walls."""
_STEEPEST = (0.995, 6.0)
"""Quantile of a surface's slopes, and the slope (80.5°) that it does not exceed."""


def steep_surface(random: np.random.Generator, size: int, slopes: tuple[float, float]) -> F64:
    """Heights [size, size] in pixels.

    Parameters
    ----------
    slopes
        Lowest and highest slope that a few per cent to a third of the surface reach or exceed.
    """
    if random.random() < _WALLS:
        return walls(random, size)
    family = str(random.choice([name for name in FAMILIES if name != "flat"]))
    height = np.array(random_surface(random, (size, size), 1, family).height_px)
    steepness = np.hypot(*np.gradient(height))
    reached = float(np.quantile(steepness, random.uniform(0.67, 0.97)))
    wanted = float(np.exp(random.uniform(*np.log(slopes))))
    steepest = float(np.quantile(steepness, _STEEPEST[0]))
    return np.asarray(height * min(wanted / max(reached, 1e-3), _STEEPEST[1] / max(steepest, 1e-3)))


def walls(random: np.random.Generator, size: int) -> F64:
    """Trenches, ridges, pits, mesas, cones and spheres one upon the other, on a faint roughness."""
    place = np.arange(size) - (size - 1) / 2.0
    height = np.zeros((size, size))
    for _ in range(int(random.integers(4, 20))):
        centre, turn = random.uniform(-size / 2, size / 2, 2), random.uniform(0.0, np.pi)
        x, y = place - centre[0], (place - centre[1])[:, None]
        along, across = np.cos(turn) * x + np.sin(turn) * y, -np.sin(turn) * x + np.cos(turn) * y
        size_px, rise = np.exp(random.uniform(np.log(2.0), np.log(0.15 * size))), np.tan(random.uniform(0.7, 1.42))
        tall = size_px * np.exp(random.uniform(np.log(0.3), np.log(2.5)))
        kind = random.choice(4)
        if kind == 0:
            away = np.abs(along) + 0.0 * y
        elif kind == 1:
            away = np.hypot(along, across)
        elif kind == 2:
            away = np.maximum(np.abs(along), np.abs(across) * random.uniform(0.4, 1.0))
        if kind == 3:
            shape = np.sqrt(np.maximum(size_px**2 - along**2 - across**2, 0.0))
        else:
            shape = np.clip((size_px - away) * rise, 0.0, tall)
        height = np.maximum(height, shape) if random.random() < 0.5 else height + random.choice([-1.0, 1.0]) * shape
    return np.asarray(height + random.choice([0.0, 0.0, 0.03]) * random.standard_normal((size, size)))
