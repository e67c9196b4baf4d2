"""Grids over all facets: evenly spaced in the horizontal part of the normal, which is within the unit circle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

STEEPEST = 0.998
"""Horizontal part of the steepest normal tabulated: a slope of 16, 86.4 degrees; steeper facets are taken for it."""


def slopes_on_grid(points: int) -> tuple[F64, F64]:
    """Slopes along two axes of a grid from −1 to 1 in the normal's horizontal part, each [points, points].

    The first grows along the first axis. Corners outside the circle take the steepest facet of their direction, so that
    interpolation beside the circle has something to go on.
    """
    even = np.linspace(-1.0, 1.0, points)
    first, second = np.meshgrid(even, even, indexing="ij")
    length = np.maximum(np.hypot(first, second), 1e-12)
    inside = np.minimum(1.0, STEEPEST / length)
    first, second = first * inside, second * inside
    per_normal = 1.0 / np.sqrt(1.0 - first**2 - second**2)
    return first * per_normal, second * per_normal
