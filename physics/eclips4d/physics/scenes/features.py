"""What lies on a growing surface: particles that stay where they are, and patches of oxide of lower yield."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")

_REACH = 6.0


@_compiled  # type: ignore[untyped-decorator]
def add_particles(x0: FloatArray, step: float, ys: FloatArray, particles: FloatArray, height: FloatArray) -> None:
    """Add Gaussian bumps: x, y, height, radius, [n, 4]."""
    for line in range(height.shape[0]):
        for k in range(particles.shape[0]):
            dy, radius = ys[line] - particles[k, 1], particles[k, 3]
            if abs(dy) > _REACH * radius:
                continue
            first = max(0, int((particles[k, 0] - _REACH * radius - x0[line]) / step))
            last = min(height.shape[1], int((particles[k, 0] + _REACH * radius - x0[line]) / step) + 2)
            peak = particles[k, 2] * math.exp(-dy * dy / (2.0 * radius * radius))
            for column in range(first, last):
                dx = x0[line] + step * column - particles[k, 0]
                height[line, column] += peak * math.exp(-dx * dx / (2.0 * radius * radius))


@_compiled  # type: ignore[untyped-decorator]
def add_patches(
    x0: FloatArray,
    step: float,
    ys: FloatArray,
    sizes: FloatArray,
    patches: FloatArray,
    oxide: FloatArray,
    height: FloatArray,
    relative_yield: FloatArray,
) -> None:
    """Add patches of oxide with uneven outlines.

    Parameters
    ----------
    sizes
        Of every line: radius over full radius.
    patches
        x, y, full radius, phases of the outline's third and fifth harmonics, [n, 5].
    oxide
        Yield, thickness, width of the edge (nm).
    """
    for line in range(height.shape[0]):
        for k in range(patches.shape[0]):
            radius = patches[k, 2] * sizes[line]
            reach = 1.3 * radius + 4.0 * oxide[2]
            dy = ys[line] - patches[k, 1]
            if abs(dy) > reach:
                continue
            first = max(0, int((patches[k, 0] - reach - x0[line]) / step))
            last = min(height.shape[1], int((patches[k, 0] + reach - x0[line]) / step) + 2)
            for column in range(first, last):
                dx = x0[line] + step * column - patches[k, 0]
                angle = math.atan2(dy, dx)
                uneven = 0.13 * math.sin(3.0 * angle + patches[k, 3]) + 0.07 * math.sin(5.0 * angle + patches[k, 4])
                outside = math.sqrt(dx * dx + dy * dy) - radius * (1.0 + uneven)
                cover = 0.5 * math.erfc(outside / (math.sqrt(2.0) * oxide[2]))
                height[line, column] += oxide[1] * cover
                relative_yield[line, column] = min(relative_yield[line, column], 1.0 - (1.0 - oxide[0]) * cover)
