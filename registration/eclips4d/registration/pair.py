"""A reference and a frame that is compared with it, whole or in tiles: sums over blocks at any shift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eclips4d.registration.kernels import all_sums, masked, residual_sums, row_shifts, square_sums
from eclips4d.registration.robust import BLOCK_PX

Plane = NDArray[np.float32]
Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Instruments:
    """What a frame is compared by.

    Attributes
    ----------
    channels : float32 [c, y, x]
        Values of the reference.
    gradient : float32 [2, c, y, x]
        Rows then columns: what residuals are weighted with.
    place : float64 [y]
        Where the rows lie between the full frame's first (0) and last (1).
    across : float64 [x]
        Where the columns lie between the full frame's borders, -1 and 1.
    square : float64 [by, bx, 2, 2]
        Sums of gradient · gradient over blocks.
    block : int
        Rows and columns of a block.
    block_place, block_across : float64 [by], float64 [bx]
        Mean places of the blocks.
    """

    channels: Plane
    gradient: Plane
    place: Vector
    across: Vector
    square: Vector
    block: int
    block_place: Vector
    block_across: Vector

    def masked(self, mask: Plane, begin: tuple[int, int]) -> Instruments:
        """The same, weighted with gradients times a mask [y', x'] that begins so much above and left of them."""
        gradient, square = masked(self.gradient, mask, *begin, self.block)
        return replace(self, gradient=gradient, square=square)


def instruments(
    channels: Plane, gradient: Plane, place: Vector, across: Vector | None = None, block: int = BLOCK_PX
) -> Instruments:
    """Reference and gradients with their sums; `across` where these are not all columns there are."""
    if across is None:
        across = columns_of(channels.shape[2])
    channels, gradient = np.ascontiguousarray(channels), np.ascontiguousarray(gradient)
    means = _means(place, block), _means(across, block)
    return Instruments(channels, gradient, place, across, square_sums(gradient, block), block, *means)


def columns_of(count: int) -> Vector:
    """Where so many columns lie between the full frame's borders, -1 and 1."""
    return np.asarray((2.0 * np.arange(count) + 1.0) / count - 1.0)


def places(rows: int, first: float, last: float) -> Vector:
    """Where rows lie between the full frame's first and last row, which are `first` and `last` among them."""
    return np.asarray((np.arange(rows, dtype=np.float64) - first) / max(last - first, 1e-9))


@dataclass(frozen=True, slots=True)
class Patch:
    """A part of the reference, and where the frame shows it.

    Attributes
    ----------
    by : Instruments
        Of the part.
    frame : float32 [c, y, x]
        The frame there.
    origin : tuple of int
        Row and column of the frame at which that begins, less those at which the part begins.
    """

    by: Instruments
    frame: Plane
    origin: tuple[int, int] = (0, 0)

    def shifts(self, ends: Vector) -> Vector:
        """How much further each row's content lies in `frame`, [y, 2]."""
        return row_shifts(self.by.place, ends, *self.origin)


class Pair:
    """Parts of a reference, beside the same parts of a frame: their blocks, the parts one below the other.

    Parameters
    ----------
    patches : sequence of Patch or None
        All of one shape; None for a part that the frame does not show.
    blocks : tuple of int
        Of each part, down and across.

    Attributes
    ----------
    place : float64 [by]
        Mean place of the rows of each block.
    across : float64 [by, bx]
        Mean place of the columns.
    square : float64 [by, bx, 2, 2]
        Sums of gradient · gradient over blocks.
    count : float64 [by, bx]
        Values of each block.
    """

    def __init__(self, patches: Sequence[Patch | None], blocks: tuple[int, int]) -> None:
        down = blocks[0]
        self.patches = [(slice(k * down, (k + 1) * down), patch) for k, patch in enumerate(patches) if patch]
        self._shape = len(patches) * down, blocks[1]
        self.square, self.count = np.zeros((*self._shape, 2, 2)), np.zeros(self._shape)
        self.place, self.across = np.zeros(self._shape[0]), np.zeros(self._shape)
        for rows, patch in self.patches:
            block, (channels, height, width) = patch.by.block, patch.by.channels.shape
            self.square[rows], self.place[rows], self.across[rows] = (
                patch.by.square,
                patch.by.block_place,
                patch.by.block_across,
            )
            self.count[rows] = channels * _pixels(height, width, block)

    def sums(self, ends: Vector) -> tuple[Vector, Vector, Vector]:
        """Of all blocks at a shift [4]: gradient · residual, residual² with its count, gradient · slope of the frame.

        Returns
        -------
        float64 [by, bx, 2], float64 [by, bx, 2], float64 [by, bx, 2, 2]
        """
        moment, energy, cross = (np.zeros((*self._shape, *more)) for more in ((2,), (2,), (2, 2)))
        for rows, patch in self.patches:
            by = patch.by
            found = all_sums(patch.frame, by.channels, by.gradient, patch.shifts(ends), by.block)
            moment[rows], energy[rows], cross[rows] = found
        return moment, energy, cross

    def residuals(self, ends: Vector) -> tuple[Vector, Vector]:
        """The first two of `sums`."""
        moment, energy = np.zeros((*self._shape, 2)), np.zeros((*self._shape, 2))
        for rows, patch in self.patches:
            by = patch.by
            moment[rows], energy[rows] = residual_sums(
                patch.frame, by.channels, by.gradient, patch.shifts(ends), by.block
            )
        return moment, energy


def whole_pair(by: Instruments, frame: Plane) -> Pair:
    """All of a reference beside a frame of its shape."""
    down, right = by.square.shape[:2]
    return Pair((Patch(by, frame),), (down, right))


@lru_cache(maxsize=8)
def _pixels(height: int, width: int, block: int) -> NDArray[np.int64]:
    """Of each block of a plane of that shape, [by, bx]."""
    count = np.outer(_sides(height, block), _sides(width, block))
    count.flags.writeable = False
    return count


def _sides(length: int, block: int) -> NDArray[np.int64]:
    """Pixels of the blocks along one side."""
    return np.minimum(block, length - block * np.arange(-(-length // block)))


def _means(place: Vector, block: int) -> Vector:
    first = np.arange(0, len(place), block)
    return np.asarray(np.add.reduceat(place, first) / np.diff(first, append=len(place)))
