"""The steps of rays in a few directions, the same for all pixels: near ones on pixels, far ones on means of squares."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.bsesm.course import Course

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

NEAR: Final = 16
"""Steps from pixel to pixel."""
RINGS: Final = ((2, 40), (4, 80), (8, 1 << 16))
"""Beyond these: sides of squares, and the steps up to which squares of that side lie one behind the other."""


class Rays(NamedTuple):
    """Of D directions, K steps each, by distance.

    A near step looks at a pixel and the one beside it; in between heights are linear. A far one looks at the mean of a
    square.

    Attributes
    ----------
    level : int64 [K]
        0 for a pixel, else which one of RINGS, from 1.
    row, column : int64 [D, K]
        Of the pixel, or of the square's first one, from where the ray begins.
    beside : int64 [D, 2]
        From that pixel to the one beside it, (row, column).
    share : float32 [D, K]
        How far towards the latter.
    per_nm : float32 [D, K]
        1 over the horizontal distance along the direction.
    cell : int64 [D, 4]
        Of the cell in which the ray leaves: to the pixel ahead (row, column) and the one aside (row, column).
    sideways : float32 [D]
        Pixels aside per step, 0 along axes.
    """

    level: I64
    row: I64
    column: I64
    beside: I64
    share: F32
    per_nm: F32
    cell: I64
    sideways: F32


def rays(courses: list[Course], pixel_nm: tuple[float, float], reach_nm: float) -> Rays:
    """Whole steps of each course, rows or columns, whichever are crossed faster; squares from there to a distance."""
    count = np.arange(1, NEAR + 1)
    far, level = _squares(reach_nm / min(course.step_nm for course in courses))
    row, column = np.empty((2, len(courses), NEAR + far.size), np.int64)
    share, per_nm = np.zeros((2, *row.shape), np.float32)
    beside, cell = np.zeros((len(courses), 2), np.int64), np.zeros((len(courses), 4), np.int64)
    drift = np.array([course.drift for course in courses], np.float32)
    for d, course in enumerate(courses):
        ahead = course.forward * count
        aside = np.floor(course.drift * count + 1e-9).astype(np.int64)
        share[d, :NEAR] = np.maximum(course.drift * count - aside, 0.0)
        share[d, share[d] < 1e-6] = 0.0
        beside[d] = (0, 1) if course.transposed else (1, 0)
        per_nm[d, :NEAR] = 1.0 / (count * course.step_nm)
        squares_ahead, squares_aside, per_nm[d, NEAR:] = _far(course, pixel_nm, far, level)
        ahead, aside = np.append(ahead, squares_ahead), np.append(aside, squares_aside)
        row[d], column[d] = (ahead, aside) if course.transposed else (aside, ahead)
        side = int(np.sign(course.drift))
        cell[d] = (course.forward, 0, 0, side) if course.transposed else (0, course.forward, side, 0)
    return Rays(np.append(0 * count, level), row, column, beside, share, per_nm, cell, np.abs(drift))


def _squares(reach: float) -> tuple[F64, I64]:
    """How many steps away the middles of squares lie, up to the first one beyond the reach, and their levels."""
    middles, levels, begin = [], [], NEAR + 0.5
    for level, (side, end) in enumerate(RINGS, start=1):
        while begin < min(reach, end):
            middles.append(begin + side / 2)
            levels.append(level)
            begin += side
    return np.array(middles), np.array(levels, np.int64)


def _far(course: Course, pixel_nm: tuple[float, float], far: F64, level: I64) -> tuple[I64, I64, F32]:
    """First pixels of squares, ahead and aside, and 1 over how far along the direction their middles lie."""
    half = (np.array([1, *(side for side, _ in RINGS)])[level] - 1) / 2
    ahead, aside = np.rint(course.forward * far - half), np.rint(course.drift * far - half)
    down, right = (ahead, aside) if course.transposed else (aside, ahead)
    along = (right + half) * np.cos(course.azimuth) * pixel_nm[0] - (down + half) * np.sin(course.azimuth) * pixel_nm[1]
    return ahead.astype(np.int64), aside.astype(np.int64), (1.0 / along).astype(np.float32)


def levels_within(rays: Rays, reach_nm: float) -> int:
    """How many levels the steps up to a distance look at."""
    return int(rays.level[(rays.per_nm * reach_nm >= 1.0).any(axis=0)].max(initial=0)) + 1
