"""Least squares in which a wall may be higher than it was read: reweighted, from a height that is nearly right.

A detector that sees a wall within a pixel reads less than its mean slope, hardly ever more: light is short there, and
signals are means over what lies in the pixel. So where slopes show a wall, a height step that stays behind what was
read costs its square; one that exceeds it costs less the more it does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.integrator.readings import across
from eclips4d.inference.integrator.solve import Laplacian, misfit_source, relaxed

F32 = NDArray[np.float32]

FLOOR: Final = 1e-4
"""Least weight of a border."""
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True, slots=True)
class OneSided:
    """What heights are fitted to; all float32 [2, y, x].

    Attributes
    ----------
    target
        Slopes at the borders.
    confidence
        Their weight.
    wall
        From 0, where a step may be off either way, to 1, where it may exceed the target.
    limit
        Excess that is not yet one.
    """

    target: F32
    confidence: F32
    wall: F32
    limit: F32

    def fitted(self, height: F32, laplacian: Laplacian, rounds: int, iterations: int) -> F32:
        """Height after some rounds of reweighting, each solved by some conjugate gradients from where it stood."""
        height = height.copy()
        per_dx, per_dy = laplacian.per_dx, laplacian.per_dy
        source = np.empty_like(height)
        for _ in range(rounds):
            weight = np.maximum(self.confidence * self.leniency(height, laplacian), np.float32(FLOOR))
            weight[0, :, -1] = 0.0
            weight[1, -1] = 0.0
            misfit_source(self.target, height, weight, per_dx, per_dy, source)
            weight[0] *= per_dx**2
            weight[1] *= per_dy**2
            height += relaxed(source, weight, iterations)
        height -= np.float32(height.mean(dtype=np.float64))
        return height

    def leniency(self, height: F32, laplacian: Laplacian) -> F32:
        """Factor on the weights, [2, y, x]: 1 but where a wall of this height exceeds what was read."""
        over = self.excess(height, laplacian)
        beyond = np.maximum(over, self.limit)
        return np.asarray(1.0 - self.wall * (1.0 - (self.limit / beyond) ** 2), dtype=np.float32)

    def excess(self, height: F32, laplacian: Laplacian) -> F32:
        """Over the target; see `excess_over`."""
        return excess_over(self.target, height, laplacian)


def excess_over(target: F32, height: F32, laplacian: Laplacian) -> F32:
    """By how much steps exceed slopes, in their direction, [2, y, x]; smoothed over both borders of a pixel."""
    misfit = np.empty_like(target)
    misfit_of(height, target, laplacian.per_dx, laplacian.per_dy, misfit)
    return np.asarray(np.maximum(across(misfit) * np.sign(across(target)), np.float32(0.0)))


@_compiled  # type: ignore[untyped-decorator]
def misfit_of(height: F32, target: F32, per_dx: np.float32, per_dy: np.float32, out: F32) -> None:
    """Step of the height over the pixel size minus the target, [2, y, x]; 0 at the image's edge."""
    rows, columns = height.shape
    for y in range(rows):
        for x in range(columns - 1):
            out[0, y, x] = (height[y, x + 1] - height[y, x]) * per_dx - target[0, y, x]
        out[0, y, columns - 1] = np.float32(0.0)
        for x in range(columns):
            if y + 1 < rows:
                out[1, y, x] = (height[y + 1, x] - height[y, x]) * per_dy - target[1, y, x]
            else:
                out[1, y, x] = np.float32(0.0)
