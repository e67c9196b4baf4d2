"""Pixels that say nothing of the surface: where frames are torn, scratched or dazzled."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
F32 = NDArray[np.float32]

DAZZLING = 30.0
"""Brightness of what dazzles over that of the rest."""


def none(shape: tuple[int, int], random: np.random.Generator) -> tuple[Mask, float]:
    """Nothing is lost."""
    return np.zeros(shape, dtype=bool), 1.0


def torn(shape: tuple[int, int], random: np.random.Generator) -> tuple[Mask, float]:
    """A disc of a tenth to a sixth of the field in diameter and eight scratches of 1 to 3 pixels are missing."""
    rows, columns = shape
    y, x = np.mgrid[:rows, :columns]
    at_y, at_x = random.uniform(0.25, 0.75, 2) * shape
    lost = np.hypot(y - at_y, x - at_x) < random.uniform(0.05, 0.085) * min(shape)
    for _ in range(8):
        at_y, at_x = random.uniform(0.0, 1.0, 2) * shape
        turn = random.uniform(0.0, np.pi)
        along = (x - at_x) * np.cos(turn) + (y - at_y) * np.sin(turn)
        aside = (y - at_y) * np.cos(turn) - (x - at_x) * np.sin(turn)
        length, width = random.uniform(0.1, 0.35) * min(shape), random.uniform(0.5, 1.5)
        lost |= (np.abs(along) < length) & (np.abs(aside) < width)
    return lost, np.nan


def saturated(shape: tuple[int, int], random: np.random.Generator) -> tuple[Mask, float]:
    """A patch of a tenth to a fifth of the field is so bright that every segment saturates."""
    rows, columns = shape
    y, x = np.mgrid[:rows, :columns]
    at_y, at_x = random.uniform(0.25, 0.75, 2) * shape
    radius = random.uniform(0.05, 0.1) * min(shape)
    angle = np.arctan2(y - at_y, x - at_x)
    outline = radius * (1.0 + 0.2 * np.sin(3.0 * angle + random.uniform(0.0, 6.0)))
    return np.hypot(y - at_y, x - at_x) < outline, DAZZLING


Fault: TypeAlias = Callable[[tuple[int, int], np.random.Generator], tuple[Mask, float]]
"""(shape, random) -> the pixels, and the factor on their brightness; NaN: they are missing."""
