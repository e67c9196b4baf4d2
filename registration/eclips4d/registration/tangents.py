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
PLANES = 6
"""Gradients of three channels: summed up at once, each in a variable of its own; a loop over them would be slower."""
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
    planes = gradient.reshape(-1, *where.shape)
    beside, out = np.zeros((*where.shape, PLANES), np.float32), np.zeros_like(planes)
    _lay_beside(planes, beside)
    _subtract_means(beside, *across_steps, where, REACH_PX, out)
    return out.reshape(gradient.shape)


@njit(cache=True, nogil=True)
def _lay_beside(planes: Plane, out: Plane) -> None:
    count, rows, columns = planes.shape
    for y in range(rows):
        for p in range(count):
            for x in range(columns):
                out[y, x, p] = planes[p, y, x]


@njit(cache=True, nogil=True)
def _subtract_means(beside: Plane, down: Plane, right: Plane, where: Plane, reach: int, out: Plane) -> None:
    """Planes [y, x, PLANES] less their mean over the nearest pixels along the steps, as `out` [p, y, x].

    The way follows the steps where they bend: at every pixel it goes on in the direction that holds there. Directions
    are known at half resolution, so the four pixels of a cell share one way; if that cannot leave the image, they
    share its places, too.
    """
    rows, columns = where.shape
    pixels = beside.reshape(rows * columns, PLANES)
    cells, taps = np.empty((columns + 1) // 2, np.int64), np.empty((columns + 1) // 2, np.int64)
    ways = np.empty((cells.size, 2 * reach + 1, 2), np.int64)
    further, mean = np.empty(2 * reach + 1, np.int64), np.empty(PLANES)
    for y in range(0, rows, 2):
        asked = _cells_of(where[y : y + 2], cells)
        _follow(down, right, y, cells[:asked], reach, ways, taps)
        for c in range(asked):
            x, count = cells[c], -1
            inside = reach < y < rows - reach - 1 and reach < x < columns - reach - 1
            for i in range(y, min(y + 2, rows)):
                for j in range(x, min(x + 2, columns)):
                    if where[i, j] == 0.0:
                        continue
                    if count < 0 or not inside:
                        count = _inside(ways[c, : taps[c]], i, j, rows, columns, further)
                    _mean(pixels, i * columns + j, further[:count], mean)
                    for p in range(out.shape[0]):
                        out[p, i, j] = beside[i, j, p] - np.float32(mean[p])


@njit(cache=True, nogil=True)
def _cells_of(where: Plane, cells: NDArray[np.int64]) -> int:
    """First columns of the cells of two rows in which anything is asked for; how many they are."""
    count = 0
    for x in range(0, where.shape[1], 2):
        cells[count] = x
        count += int(where[:, x : x + 2].any())
    return count


@njit(cache=True, nogil=True)
def _inside(way: NDArray[np.int64], y: int, x: int, rows: int, columns: int, further: NDArray[np.int64]) -> int:
    """Pixels of the way that lie in the image, by how much further they are in memory; how many they are."""
    count = 0
    for k in range(way.shape[0]):
        i, j = y + way[k, 0], x + way[k, 1]
        further[count] = way[k, 0] * columns + way[k, 1]
        count += 0 <= i < rows and 0 <= j < columns
    return count


@njit(cache=True, nogil=True)
def _mean(pixels: Plane, at: int, further: NDArray[np.int64], mean: NDArray[np.float64]) -> None:
    a = b = c = d = e = f = np.float32(0)
    for k in range(further.size):
        p = at + further[k]
        a += pixels[p, 0]
        b += pixels[p, 1]
        c += pixels[p, 2]
        d += pixels[p, 3]
        e += pixels[p, 4]
        f += pixels[p, 5]
    share = 1.0 / further.size
    mean[0], mean[1], mean[2] = share * a, share * b, share * c
    mean[3], mean[4], mean[5] = share * d, share * e, share * f


@njit(cache=True, nogil=True)
def _follow(
    down: Plane,
    right: Plane,
    y: int,
    cells: NDArray[np.int64],
    reach: int,
    ways: NDArray[np.int64],
    taps: NDArray[np.int64],
) -> None:
    """Offsets of the pixels on the ways along the steps through (y, cells), those first; how many there are of each.

    All ways of a row go on together, step by step: each step waits for the direction that the last one led to, and
    the processor does the others' meanwhile.
    """
    rows, columns = down.shape
    place, along = np.empty((cells.size, 2)), np.empty((cells.size, 2), np.float32)
    ways[:, 0], taps[:] = 0, 1
    for side in range(2):
        sign = np.float32(1 - 2 * side)
        for c in range(cells.size):
            place[c, 0], place[c, 1] = y + 0.5, cells[c] + 0.5
            along[c, 0], along[c, 1] = sign * right[y, cells[c]], -sign * down[y, cells[c]]
        for _ in range(reach):
            for c in range(cells.size):
                ty, tx = along[c, 0], along[c, 1]
                py, px = place[c, 0] + ty, place[c, 1] + tx
                i, j = int(np.floor(py)), int(np.floor(px))
                if not (0 <= i < rows and 0 <= j < columns):
                    place[c, 0] = -2.0  # out of the image, and no step leads back
                    continue
                place[c, 0], place[c, 1] = py, px
                ways[c, taps[c], 0], ways[c, taps[c], 1] = i - y, j - cells[c]
                taps[c] += 1
                if ty * right[i, j] - tx * down[i, j] >= 0:
                    along[c, 0], along[c, 1] = right[i, j], -down[i, j]
                else:
                    along[c, 0], along[c, 1] = -right[i, j], down[i, j]
