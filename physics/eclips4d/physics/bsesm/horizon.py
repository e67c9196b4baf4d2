"""The horizon of every pixel in one direction, exact for the bilinear surface through the pixels' centres."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from eclips4d.physics.bsesm.course import Course
from eclips4d.physics.bsesm.steepness import Steepness, steepness
from eclips4d.physics.bsesm.strips import Strips, march_rows, strips
from eclips4d.physics.bsesm.sweep import TILE, sweep_lines

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

NO_FLOOR = -1e12
"""Below the tangent of any horizon."""
DEEP = 200.0
"""Surfaces that can hide something farther away than so many steps are swept, all others marched."""
_SHARES = 4
"""Blocks of lines per worker, so that none waits long for the others."""

Spread = Callable[[Callable[[int, int], None], int, int], None]
"""Calls a function for blocks (first, last) that together make a range."""


def spread_over(pool: ThreadPoolExecutor | None, workers: int) -> Spread:
    """Blocks one after the other without a pool, else at the same time."""

    def spread(work: Callable[[int, int], None], first: int, last: int) -> None:
        blocks = 1 if pool is None else max(1, min(_SHARES * workers, last - first))
        edges = [first + (last - first) * i // blocks for i in range(blocks + 1)]
        if pool is None:
            work(first, last)
        else:
            for done in [pool.submit(work, a, b) for a, b in pairwise(edges)]:
                done.result()

    return spread


@dataclass(frozen=True, slots=True)
class Surface:
    """Heights (nm) in both orientations, so that every course steps along rows in memory.

    Attributes
    ----------
    height : pair of float64 [y, x] and [x, y]
    steepness : Steepness
    bend : pair of float32 [blocks, blocks]
        Its bound of the bend, in both orientations.
    strips : pair of Strips
        For marching, in both orientations.
    relief : float
        Highest less lowest height.
    """

    height: tuple[F64, F64]
    steepness: Steepness
    bend: tuple[F32, F32]
    strips: tuple[Strips, Strips]
    relief: float

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        rows, columns = self.height[0].shape
        return rows, columns


def surface(height_nm: NDArray[np.floating], pixel_nm: tuple[float, float]) -> Surface:
    """Prepare heights for sweeping."""
    height = np.ascontiguousarray(height_nm, dtype=np.float64)
    bounds = steepness(height, pixel_nm)
    bend = bounds.bend, np.ascontiguousarray(bounds.bend.T)
    orientations = height, np.ascontiguousarray(height.T)
    marched = strips(orientations[0]), strips(orientations[1])
    return Surface(orientations, bounds, bend, marched, float(np.ptp(height)))


def sweep(
    of: Surface,
    direction: Course,
    floor: float,
    tangent: F32,
    steps: F32,
    spread: Spread,
    *,
    skip: bool = True,
    deep: float = DEEP,
) -> bool:
    """Fill tangents (initially `floor`) and steps of one direction; both transposed if the course is.

    Parameters
    ----------
    skip
        False sweeps over gentle tiles as well; the result is the same.
    deep
        Surfaces that can hide something farther away than so many steps are swept line by line, in time that does not
        depend on their relief; all others are marched in strips, which is faster. 0 sweeps all.

    Returns
    -------
    bool
        False when no slope of the surface exceeds `floor`, so that nothing was written.
    """
    steep = of.steepness.tiles > floor if skip else np.ones_like(of.steepness.tiles, dtype=bool)
    if not steep.any():
        return False
    flags = np.ascontiguousarray(steep.T if direction.transposed else steep)
    reach = of.relief / (floor * direction.step_nm) if floor > 0.0 else np.inf
    if reach <= deep:
        # what shades a pixel is steep somewhere on the way; flags tell of the tiles beside each one already
        around = 2 * max(int(np.ceil(reach / TILE)) - 1, 0) + 1
        course = (direction.forward, direction.drift, direction.step_nm, floor)
        marched = of.strips[direction.transposed]
        spread(
            partial(march_rows, *marched, maximum_filter(flags, size=around), *course, tangent, steps), 0, len(tangent)
        )
        return True
    height, columnwise = of.height[direction.transposed], of.height[not direction.transposed]
    rows, columns = height.shape
    behind = np.sort([0.0, direction.across / direction.lines * (columns - 1)])
    first, last = int(np.floor(-behind[1])) - 1, int(np.ceil(rows - behind[0])) + 1

    geometry = (direction.forward, direction.drift, direction.lines, direction.across, direction.step_nm, floor)
    bend = of.bend[direction.transposed]
    spread(partial(sweep_lines, height, columnwise, flags, bend, *geometry, tangent, steps), first, last)
    return True


def horizon(
    height_nm: NDArray[np.floating], pixel_nm: tuple[float, float], direction: Course, floor: float = NO_FLOOR
) -> tuple[F32, F32]:
    """Tangent of the horizon's elevation in one direction, and where the ray touches the surface.

    Parameters
    ----------
    height_nm
        Heights at the pixels' centres, [y, x]; bilinear in between, nothing beyond the border.
    pixel_nm
        Pixel size (x, y).
    direction
        From `courses`.
    floor
        Elevations at or below it do not matter and read `floor`.

    Returns
    -------
    tuple of float32 [y, x]
        Tangent, and horizontal distance in nm (0 where the slope at the pixel itself is the horizon).
    """
    prepared = surface(height_nm, pixel_nm)
    shape = prepared.height[direction.transposed].shape
    tangent, steps = np.full(shape, floor, np.float32), np.zeros(shape, np.float32)
    sweep(prepared, direction, floor, tangent, steps, spread_over(None, 1))
    steps *= np.float32(direction.step_nm)
    return (tangent.T, steps.T) if direction.transposed else (tangent, steps)
