"""The ways along which a pixel looks around itself, and the rings into which what it sees there is gathered."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.bsesm.course import Course

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]

LAST_STEPS: Final = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
"""Last step of every ring but the first, which is the slope on which a ray leaves its pixel. The last of all is the
radius of the vision field, in steps: beyond it nothing hides anything, says the attention."""
RINGS: Final = len(LAST_STEPS) + 1
RADIUS: Final = LAST_STEPS[-1]
GEOMETRY: Final = 3
"""Angles that tell where the neighbouring ways and the look in between lie."""


class Ways(NamedTuple):
    """Of D directions, `RADIUS` steps each: whole rows or columns, whichever are crossed faster.

    A step looks at a pixel and the one beside it; in between heights are linear.

    Attributes
    ----------
    row, column : int64 [D, steps]
        Of the pixel, from where the way begins.
    beside : int64 [D, 2]
        From that pixel to the one beside it, (row, column).
    share : float32 [D, steps]
        How far towards the latter.
    per_nm : float32 [D, steps]
        1 over the horizontal distance.
    cell : int64 [D, 4]
        Of the cell in which the way leaves: to the pixel ahead (row, column) and the one aside (row, column).
    sideways : float32 [D]
        Pixels aside per step, 0 along axes.
    ring : int64 [steps]
        Into which a step is gathered.
    geometry : float32 [D, GEOMETRY]
        Angles from a way to the ways before and after it and to the look between it and the next, over what they
        are with evenly spaced directions, less 1.
    """

    row: I64
    column: I64
    beside: I64
    share: F32
    per_nm: F32
    cell: I64
    sideways: F32
    ring: I64
    geometry: F32


def ways(looks: list[Course]) -> Ways:
    """Ways along every second one of an even number of directions; the others lie between two of them."""
    courses, count = looks[::2], np.arange(1, RADIUS + 1)
    row, column = np.empty((2, len(courses), RADIUS), np.int64)
    share, per_nm = np.empty((2, len(courses), RADIUS), np.float32)
    beside, cell = np.zeros((len(courses), 2), np.int64), np.zeros((len(courses), 4), np.int64)
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
    sideways = np.abs(np.array([course.drift for course in courses], np.float32))
    ring = np.searchsorted(LAST_STEPS, count) + 1
    return Ways(row, column, beside, share, per_nm, cell, sideways, ring, _geometry(looks))


def _geometry(looks: list[Course]) -> F32:
    azimuth = np.array([course.azimuth for course in looks])
    even = 2.0 * np.pi / len(looks)
    after = np.mod(np.roll(azimuth, -1) - azimuth, 2.0 * np.pi)[::2]
    before = np.mod(azimuth - np.roll(azimuth, 2), 2.0 * np.pi)[::2]
    next_way = np.mod(np.roll(azimuth, -2) - azimuth, 2.0 * np.pi)[::2]
    angles = np.stack([before / (2.0 * even), next_way / (2.0 * even), after / even], axis=1) - 1.0
    return angles.astype(np.float32)
