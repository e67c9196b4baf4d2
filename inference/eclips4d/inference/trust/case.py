"""What a surface is judged by, and what is said of it, as one pass over the rows takes and leaves it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.trust.misfit import Reading
from eclips4d.inference.trust.usual import EVERY, Between

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]


class Given(NamedTuple):
    """A surface and the frame it was made of; float32 unless said.

    Attributes
    ----------
    raw : uint16 [n, y, x]
    rendered : [n, y, x]
    slope, slope_sd : [2, y, x], [y, x]
        Of the surface.
    measured, measured_sd : [2, y, x], [y, x]
        Slopes before a network filtered them.
    believed : bool [y, x]
        False where nothing is to be trusted whatever the frame says.
    """

    raw: NDArray[np.uint16]
    rendered: F32
    slope: F32
    slope_sd: F32
    measured: F32
    measured_sd: F32
    believed: NDArray[np.bool_]


class Expected(NamedTuple):
    """By what deviations are told.

    Attributes
    ----------
    reading : Reading
    per_yield : float32 [powers]
        Of `Usual`.
    level : float32 [blocks, x]
        How bright surroundings are, in rows through the middles of blocks.
    down : Between
        Where rows lie among these.
    steps : tuple of float32
        Of `steps_per_sd`.
    """

    reading: Reading
    per_yield: F32
    level: F32
    down: Between
    steps: tuple[np.float32, np.float32]


class Said(NamedTuple):
    """What becomes of it.

    Attributes
    ----------
    residual : float32 [y, x]
    trust : uint8 [y, x]
        As if no deviation were too large.
    some, kind : float32 [deviations, y/EVERY, x/EVERY], uint8 [y/EVERY, x/EVERY]
        Deviations and kinds of one pixel in EVERY rows and columns.
    pixel, pixel_kind, large : int64 [pixels], uint8 [pixels], float32 [pixels, deviations]
        Where believed pixels deviate by more than TRUSTED, of what kind they are and by how much. There is room for
        every pixel; what is not needed stays untouched.
    """

    residual: F32
    trust: U8
    some: F32
    kind: U8
    pixel: NDArray[np.int64]
    pixel_kind: U8
    large: F32


def room_for(shape: tuple[int, int], segments: int) -> Said:
    """To be filled by `judged_rows`."""
    rows, columns = shape
    beside = max(segments - 3, 0)
    count = 2 * (1 + beside) + (1 if beside else 0) + 1
    sampled = (-(-rows // EVERY), -(-columns // EVERY))
    return Said(
        residual=np.empty(shape, np.float32),
        trust=np.empty(shape, np.uint8),
        some=np.empty((count, *sampled), np.float32),
        kind=np.empty(sampled, np.uint8),
        pixel=np.empty(rows * columns, np.int64),
        pixel_kind=np.empty(rows * columns, np.uint8),
        large=np.empty((rows * columns, count), np.float32),
    )
