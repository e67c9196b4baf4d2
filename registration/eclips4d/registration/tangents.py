"""Instruments that moving steps cannot pull: what is constant along the steps is taken out of them.

A riser that moves, and the tail it leaves on the terraces beside it, changes little along its own direction; the
roughness between risers does. Subtracting from each gradient its mean along the local direction of the steps leaves
instruments orthogonal to the first and sensitive to the second.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from eclips4d.registration.runs import RUN, add_run

Plane = NDArray[np.float32]
PLANES = 6
"""Gradients of three channels beside each other in memory, so that a tap is one run of numbers."""
REACH_PX = 9
"""How far along the step the mean goes, on either side."""
CELL = 4
"""Rows and columns of the cells whose pixels share one way: directions are known from a wider neighbourhood."""
assert CELL * PLANES == RUN
FRINGE = REACH_PX + CELL
"""Zeros around the image, so that no tap has to ask whether it lies inside."""


def without_mean_along(
    gradient: Plane, across_steps: tuple[Plane, Plane], where: Plane, own: tuple[slice, slice] | None = None
) -> Plane:
    """The gradients less their mean along the steps, where `where` is not zero; zero elsewhere.

    Parameters
    ----------
    gradient : float32 [2, c, y, x]
    across_steps : tuple of float32 [y, x]
        From `Lines.across`.
    where : float32 [y, x]
    own : tuple of slice, optional
        Rows and columns that are wanted; all without. What lies around them is only read.

    Returns
    -------
    float32 [2, c, y, x]
    """
    planes = gradient.reshape(-1, *where.shape)
    (top, bottom, _), (left, right, _) = (
        (slice(None) if own is None else own[k]).indices(n) for k, n in enumerate(where.shape)
    )
    rows, columns = (-(-n // CELL) * CELL + 2 * FRINGE for n in where.shape)
    beside = np.zeros((rows, columns * PLANES), np.float32)
    out = np.zeros((len(planes), bottom - top, right - left), np.float32)
    _lay_beside(planes, beside)
    _subtract_means(beside, *across_steps, where, top, left, out)
    return out.reshape(*gradient.shape[:2], *out.shape[1:])


@njit(cache=True, nogil=True)
def _lay_beside(planes: Plane, out: Plane) -> None:
    count, rows, columns = planes.shape
    for y in range(rows):
        line = out[y + FRINGE]
        for p in range(count):
            for x in range(columns):
                line[(x + FRINGE) * PLANES + p] = planes[p, y, x]


@njit(cache=True, nogil=True)
def _subtract_means(beside: Plane, down: Plane, right: Plane, where: Plane, top: int, left: int, out: Plane) -> None:
    """Planes [y, x · PLANES] less their mean over the nearest pixels along the steps, as `out` [p, y, x] from there on.

    The way follows the steps where they bend: at every pixel it goes on in the direction that holds there. The pixels
    of a cell share one way. What lies outside the image counts as zero, as masked pixels do, and only taps count
    whose cell lies inside.
    """
    planes, rows, columns = out.shape
    width, flat = beside.shape[1], beside.reshape(-1)
    cells, taps = np.empty(columns // CELL + 1, np.int64), np.empty(columns // CELL + 1, np.int64)
    ways = np.empty((cells.size, 2 * REACH_PX + 1), np.int64)
    total, made = np.empty(CELL * RUN, np.float32), out.reshape(-1)
    for y in range(0, rows, CELL):
        high = min(CELL, rows - y)
        asked = _cells_of(where, top + y, high, left, columns, cells)
        _follow(down, right, top + y, left, cells, asked, width, ways, taps)
        for c in range(asked):
            x = cells[c]
            at = (top + y + FRINGE) * width + (left + x + FRINGE) * PLANES
            total[:] = np.float32(0)
            for k in range(taps[c]):
                for i in range(CELL):
                    add_run(total, i * RUN, flat, at + ways[c, k] + i * width)  # type: ignore[call-arg]
            share = np.float32(1.0 / taps[c])
            for i in range(high):
                for j in range(min(CELL, columns - x)):
                    if where[top + y + i, left + x + j] != 0.0:
                        here, own = i * RUN + j * PLANES, at + i * width + j * PLANES
                        for p in range(planes):
                            made[(p * rows + y + i) * columns + x + j] = flat[own + p] - share * total[here + p]


@njit(cache=True, nogil=True)
def _cells_of(where: Plane, top: int, high: int, left: int, columns: int, cells: NDArray[np.int64]) -> int:
    """First columns of the cells of a few rows in which anything is asked for; how many they are."""
    count = 0
    for x in range(0, columns, CELL):
        any_here = False
        for i in range(top, top + high):
            for j in range(left + x, left + min(x + CELL, columns)):
                any_here |= where[i, j] != 0.0
        cells[count] = x
        count += any_here
    return count


@njit(cache=True, nogil=True)
def _follow(
    down: Plane,
    right: Plane,
    top: int,
    left: int,
    cells: NDArray[np.int64],
    count: int,
    width: int,
    ways: NDArray[np.int64],
    taps: NDArray[np.int64],
) -> None:
    """Ways along the steps through the middles of the cells (top, left + cells), by how far they lead in memory.

    All ways of a row go on together, step by step: each step waits for the direction that the last one led to, and
    the processor does the others' meanwhile.
    """
    rows, columns = down.shape
    middle, half = (CELL - 1) // 2, CELL // 2
    place, along = np.empty((cells.size, 2)), np.empty((cells.size, 2), np.float32)
    ways[:, 0], taps[:] = 0, 1
    for side in range(2):
        sign = np.float32(1 - 2 * side)
        for c in range(count):
            i, j = min(top + middle, rows - 1), min(left + cells[c] + middle, columns - 1)
            place[c, 0], place[c, 1] = top + half, left + cells[c] + half
            along[c, 0], along[c, 1] = sign * right[i, j], -sign * down[i, j]
        for _ in range(REACH_PX):
            for c in range(count):
                ty, tx = along[c, 0], along[c, 1]
                py, px = place[c, 0] + ty, place[c, 1] + tx
                if not (0.0 <= py < rows and 0.0 <= px < columns):
                    place[c, 0] = -2.0  # out of the image, and no step leads back
                    continue
                place[c, 0], place[c, 1] = py, px
                i, j = int(py), int(px)
                further = int(py + 0.5) - half - top, int(px + 0.5) - half - left - cells[c]
                ways[c, taps[c]] = further[0] * width + further[1] * PLANES
                taps[c] += 1
                if ty * right[i, j] - tx * down[i, j] >= 0:
                    along[c, 0], along[c, 1] = right[i, j], -down[i, j]
                else:
                    along[c, 0], along[c, 1] = -right[i, j], down[i, j]
