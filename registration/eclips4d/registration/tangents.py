"""Instruments that moving steps cannot pull: what is constant along the steps is taken out of them.

A riser that moves, and the tail it leaves on the terraces beside it, changes little along its own direction; the
roughness between risers does. Subtracting from each gradient its mean along the local direction of the steps leaves
instruments orthogonal to the first and sensitive to the second.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Plane = NDArray[np.float32]
PLANES = 8
"""Gradients of three channels, and two empty planes: eight are summed up at once."""
REACH_PX = 9
"""How far along the step the mean goes, on either side."""


def without_mean_along(gradient: Plane, across_steps: tuple[Plane, Plane], where: Plane) -> Plane:
    """The gradients less their mean along the steps, where `where` is not zero; zero elsewhere.

    Parameters
    ----------
    gradient : float32 [2, c, y, x]
    across_steps : tuple of float32 [y, x]
        From `Lines.across`.
    where : float32 [y, x]

    Returns
    -------
    float32 [2, c, y, x]
    """
    count = gradient.shape[0] * gradient.shape[1]
    planes = np.zeros((*gradient.shape[-2:], PLANES), np.float32)
    planes[..., :count] = gradient.reshape(count, *gradient.shape[-2:]).transpose(1, 2, 0)
    _subtract_means(planes, *across_steps, where, REACH_PX)
    return np.ascontiguousarray(planes[..., :count].transpose(2, 0, 1)).reshape(gradient.shape)


@njit(cache=True, nogil=True)
def _subtract_means(planes: Plane, down: Plane, right: Plane, where: Plane, reach: int) -> None:
    """Takes the mean of the nearest pixels along the steps from planes that come last, [y, x, PLANES].

    The way follows the steps where they bend: at every pixel it goes on in the direction that holds there. Directions
    are known at half resolution, so four pixels share one way.
    """
    rows, columns = where.shape
    given = planes.copy()
    way, total = np.empty((2 * reach + 1, 2), np.int64), np.empty(PLANES, np.float32)
    for y in range(0, rows, 2):
        for x in range(0, columns, 2):
            taps = -1
            for i in range(y, min(y + 2, rows)):
                for j in range(x, min(x + 2, columns)):
                    if where[i, j] == 0.0:
                        planes[i, j] = np.float32(0)
                        continue
                    if taps < 0:
                        taps = _follow(down, right, y, x, reach, way)
                    count = _sum_along(given, i, j, way, taps, total)
                    for p in range(PLANES):
                        planes[i, j, p] -= total[p] / count


@njit(cache=True, nogil=True)
def _sum_along(given: Plane, y: int, x: int, way: NDArray[np.int64], taps: int, total: Plane) -> np.float32:
    """Sum over the pixels of the way that lie in the image; how many they are."""
    rows, columns, _ = given.shape
    total[:] = np.float32(0)
    count = 0
    for k in range(taps):
        i, j = y + way[k, 0], x + way[k, 1]
        if 0 <= i < rows and 0 <= j < columns:
            count += 1
            for p in range(PLANES):
                total[p] += given[i, j, p]
    return np.float32(count)


@njit(cache=True, nogil=True)
def _follow(down: Plane, right: Plane, y: int, x: int, reach: int, way: NDArray[np.int64]) -> int:
    """Offsets of the pixels on the way along the step through (y, x), that one first; how many there are."""
    rows, columns = down.shape
    way[0, 0], way[0, 1], taps = 0, 0, 1
    for side in range(2):
        ty, tx = right[y, x], -down[y, x]
        if side == 1:
            ty, tx = -ty, -tx
        py, px = y + np.float32(0.5), x + np.float32(0.5)
        for _ in range(reach):
            py += ty
            px += tx
            i, j = int(np.floor(py)), int(np.floor(px))
            if not (0 <= i < rows and 0 <= j < columns):
                break
            way[taps, 0], way[taps, 1] = i - y, j - x
            taps += 1
            sign = np.float32(1.0) if ty * right[i, j] - tx * down[i, j] >= 0 else np.float32(-1.0)
            ty, tx = sign * right[i, j], -sign * down[i, j]
    return taps
