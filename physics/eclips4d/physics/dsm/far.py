"""Horizons from farther away, on means of blocks of pixels: what is far is seen as well from a block."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.dsm.near import COURSES, WIDTH, Ground, Steps, horizons
from eclips4d.physics.dsm.rays import Rays
from eclips4d.physics.dsm.sight import ROWS
from eclips4d.physics.dsm.vectors import wide_and_apart

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]
Flags = NDArray[np.bool_]

_NOUGHT, _ONE, _FAR = np.float32(0.0), np.float32(1.0), np.float32(3e38)

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"nnan", "nsz", "contract"})


class Blocks(NamedTuple):
    """Means of square blocks of pixels, and how they look around.

    Attributes
    ----------
    block : int
        Their side, pixels.
    nearest : int
        First step of their rays that is far, from 0.
    nearest_nm : float
        No such step is shorter.
    height : float32 [y, x]
    ground : Ground
        The same heights.
    steps : Steps
        Of the rays, those that are far.
    rays : Rays
    away_nm : float32 [y / ROWS, runs, COURSES]
        How far runs of blocks look, as of `sight.of_blocks`.
    along_nm : float32 [COURSES, 2]
        By how many nm a pixel farther down, or to the right, lies ahead.
    """

    block: int
    nearest: int
    nearest_nm: float
    height: F32
    ground: Ground
    steps: Steps
    rays: Rays
    away_nm: F32
    along_nm: F32


class Far(NamedTuple):
    """What blocks see, of R rows of them: row y is at y modulo R, of all rows or of the last ones that have looked.

    Attributes
    ----------
    block, height, along_nm
        As of the blocks.
    sees : bool [R, x]
        Whether they see anything.
    tangent, distance : float32 [R, x, COURSES]
        Of those that do, the others' are arbitrary. Distance in nm; the tangent is the floor, and the distance 0, where
        nothing is seen.
    """

    block: int
    height: F32
    along_nm: F32
    sees: Flags
    tangent: F32
    distance: F32


@_compiled  # type: ignore[untyped-decorator]
def look_far(far: Far, blocks: Blocks, floor: float, marked: Flags, first: int, last: int) -> None:
    """Fill what blocks' middles see, rows `first` to `last`; of runs of blocks by which no pixel looks, nothing.

    Parameters
    ----------
    marked : bool [y, runs]
        The runs of WIDTH pixels that look.
    """
    ground, steps, runs = blocks.ground, blocks.steps, blocks.away_nm.shape[1]
    horizon, away, lowest = np.empty(COURSES * WIDTH, np.float32), blocks.away_nm.ravel(), np.float32(floor)
    for y in range(first, last):
        far.sees[y % far.sees.shape[0]] = False
        for run in range(runs):
            left, place = run * WIDTH, (y * far.block // ROWS * runs + run) * COURSES
            if _farthest(away, place) < blocks.nearest_nm or not _looked_by(marked, far.block, y, left):
                continue
            here = (y + ground.margin) * ground.columns + ground.margin + left
            horizons(ground, here, horizon.size // COURSES, steps, away, place, floor, horizon)
            if _highest(horizon) > lowest:
                _keep(far, blocks, y, left, lowest, horizon)


@_compiled  # type: ignore[untyped-decorator]
def _farthest(away: F32, place: int) -> np.float32:
    farthest = _NOUGHT
    for d in range(COURSES):
        farthest = max(farthest, away[place + d])
    return farthest


@_compiled  # type: ignore[untyped-decorator]
def _looked_by(marked: Flags, side: int, y: int, left: int) -> bool:
    """Whether pixels look by any of a run of blocks."""
    begin, end = (left * side - side) // WIDTH, (left * side + WIDTH * side + side) // WIDTH
    for row in range(max((y - 1) * side, 0), min((y + 2) * side + 1, marked.shape[0])):
        for run in range(max(begin, 0), min(end + 1, marked.shape[1])):
            if marked[row, run]:
                return True
    return False


@_compiled  # type: ignore[untyped-decorator]
def _highest(horizon: F32) -> np.float32:
    highest = -_FAR
    for n in range(horizon.size):
        highest = max(highest, horizon[n])
    return highest


@_compiled  # type: ignore[untyped-decorator]
def _keep(far: Far, blocks: Blocks, y: int, left: int, floor: np.float32, horizon: F32) -> None:
    """Note what a run's blocks see, and where; of blocks that see anything, that they see nothing elsewhere."""
    # Arrays are taken out of their tuples once: taken out per block they would be counted per block.
    _, _, _, sees, tangent, distance = far
    row, column, beside, share, per_nm, _, _ = blocks.rays
    flat, columns, nearest = blocks.ground.flat, blocks.ground.columns, blocks.nearest
    begin, at_row = (y + blocks.ground.margin) * columns + blocks.ground.margin + left, y % sees.shape[0]
    for n in range(min(WIDTH, sees.shape[1] - left)):
        x, here = left + n, begin + n
        for d in range(COURSES):
            if not horizon[d * WIDTH + n] > floor:
                continue
            if not sees[at_row, x]:
                sees[at_row, x] = True
                tangent[at_row, x], distance[at_row, x] = floor, _NOUGHT
            aside, highest, at = beside[d, 0] * columns + beside[d, 1], -_FAR, nearest
            for i in range(nearest, row.shape[1]):
                place = here + row[d, i] * columns + column[d, i]
                seen = flat[place] + share[d, i] * (flat[place + aside] - flat[place])
                rises = (seen - flat[here]) * per_nm[d, i]
                if rises > highest:
                    highest, at = rises, i
            tangent[at_row, x, d], distance[at_row, x, d] = horizon[d * WIDTH + n], _ONE / per_nm[d, at]


@_compiled  # type: ignore[untyped-decorator]
def upper_block(y: int, block: int, rows: int) -> int:
    """The upper one of the two rows of blocks by which a row of pixels looks."""
    return min(max((2 * y + 1 - block) // (2 * block), 0), rows - 2)


@_compiled  # type: ignore[untyped-decorator]
def anything_far(far: Far, b: int, left: int, stop: int) -> bool:
    """Whether any of these pixels of a row may see something far, by blocks of row b and the next one."""
    rows, columns = far.sees.shape
    begin, end, anything = max((left - 1) // far.block - 1, 0), min(stop // far.block + 2, columns), False
    for row in range(b, b + 2):
        for a in range(begin, end):
            anything |= far.sees[row % rows, a]
    return anything


@_compiled  # type: ignore[untyped-decorator]
def raise_by_far(
    far: Far, flat: F32, here: int, y: int, left: int, width: int, floor: float, room: F32, horizon: F32
) -> None:
    """Pixels see what the four blocks around them see, from their own height and place; linear between the blocks.

    Parameters
    ----------
    flat, here
        Heights, and where in them the run of the row begins, at the image's column `left`.
    width
        Pixels of the run.
    room : float32 [COURSES]
    horizon
        As of `near.horizons`.
    """
    wide_and_apart()
    # Arrays are taken out of their tuple once, as there.
    block, height, along_nm, sees, tangent, distance = far
    side, half, lowest, apart = np.float32(block), np.float32(0.5), np.float32(floor), horizon.size // COURSES
    rows, columns = height.shape
    down = (np.float32(y) + half) / side - half
    b = upper_block(y, block, rows)
    upper, lower = b % sees.shape[0], (b + 1) % sees.shape[0]
    below = down - np.float32(b)
    g = min(max(below, _NOUGHT), _ONE)
    for x in range(left, min(left + width, block * columns)):
        right = (np.float32(x) + half) / side - half
        a = min(max(int(np.floor(right)), 0), columns - 2)
        if not (sees[upper, a] | sees[upper, a + 1] | sees[lower, a] | sees[lower, a + 1]):
            continue
        own, beside = flat[here + x - left], right - np.float32(a)
        f = min(max(beside, _NOUGHT), _ONE)
        room[:] = lowest
        for j in range(2):
            at_row = lower if j else upper
            for i in range(2):
                if sees[at_row, a + i]:
                    weight = (g if j else _ONE - g) * (f if i else _ONE - f)
                    step_down, step_right = below - np.float32(j), beside - np.float32(i)
                    rise = height[b + j, a + i] - own
                    for n in range(COURSES):
                        d = np.uint64(n)
                        away, seen = distance[at_row, a + i, d], tangent[at_row, a + i, d]
                        ahead = side * (along_nm[d, 0] * step_down + along_nm[d, 1] * step_right)
                        shown = (seen * away + rise) / (away - ahead)
                        room[d] += weight * (shown - lowest) if away > _NOUGHT else _NOUGHT
        for n in range(COURSES):
            at = n * apart + x - left
            horizon[at] = max(horizon[at], room[n])


@_compiled  # type: ignore[untyped-decorator]
def block_means(height: F32, side: int, out: F32, first: int, last: int) -> None:
    """Of whole blocks of `side`² pixels into rows `first` to `last` of `out` [y, x]."""
    share = np.float32(1.0 / (side * side))
    total = np.empty(height.shape[1], np.float32)
    for b in range(first, last):
        total[:] = np.float32(0.0)
        for y in range(b * side, (b + 1) * side):
            for x in range(total.size):
                total[x] += height[y, x]
        for a in range(out.shape[1]):
            of = np.float32(0.0)
            for x in range(a * side, (a + 1) * side):
                of += total[x]
            out[b, a] = share * of
