"""The steps of rays in a few directions, the same for every pixel."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.bsesm.course import Course

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]


class Rays(NamedTuple):
    """Of D directions, K steps each.

    A step looks at a pixel and the one beside it; in between heights are linear.

    Attributes
    ----------
    row, column : int64 [D, K]
        Of the pixel, from where the ray begins.
    beside : int64 [D, 2]
        From that pixel to the one beside it, (row, column).
    share : float32 [D, K]
        How far towards the latter.
    per_nm : float32 [D, K]
        1 over the horizontal distance.
    cell : int64 [D, 4]
        Of the cell in which the ray leaves: to the pixel ahead (row, column) and the one aside (row, column).
    sideways : float32 [D]
        Pixels aside per step, 0 along axes.
    """

    row: I64
    column: I64
    beside: I64
    share: F32
    per_nm: F32
    cell: I64
    sideways: F32


def rays(courses: list[Course], steps: int) -> Rays:
    """Whole steps of each course: rows or columns, whichever are crossed faster."""
    count = np.arange(1, steps + 1)
    row, column = np.empty((2, len(courses), steps), np.int64)
    share, per_nm = np.empty((2, len(courses), steps), np.float32)
    beside, cell = np.zeros((len(courses), 2), np.int64), np.zeros((len(courses), 4), np.int64)
    drift = np.array([course.drift for course in courses], np.float32)
    for d, course in enumerate(courses):
        ahead = course.forward * count
        aside = np.floor(course.drift * count + 1e-9).astype(np.int64)
        share[d] = np.maximum(course.drift * count - aside, 0.0)
        share[d, share[d] < 1e-6] = 0.0
        row[d], column[d] = (ahead, aside) if course.transposed else (aside, ahead)
        beside[d] = (0, 1) if course.transposed else (1, 0)
        per_nm[d] = 1.0 / (count * course.step_nm)
        side = int(np.sign(course.drift))
        cell[d] = (course.forward, 0, 0, side) if course.transposed else (0, course.forward, side, 0)
    return Rays(row, column, beside, share, per_nm, cell, np.abs(drift))
