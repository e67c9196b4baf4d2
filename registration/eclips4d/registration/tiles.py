"""Where one looks between the steps: at all of a small frame, at tiles of a large one.

Roughness does not survive binning, so what lies between the steps is looked at in full resolution; and what a large
frame shows there is far more than a shift needs. A few tiles spread over the rows of the scan, because the drift's rate
needs both of its ends, and over its columns, because what stays may lie anywhere, say enough on most scenes. Where
they do not, there are more.
"""

from __future__ import annotations

from dataclasses import dataclass

from eclips4d.registration.robust import BLOCK_PX

WHOLE_PX = 320 * 320
"""Frames of no more pixels are looked at as a whole."""
TILE_PX, MOST_ASIDE = 96, 4
"""Side of a tile, and how many lie beside and below each other at most."""
FEW = 4
"""So many tiles are looked at first."""
ASIDE = (1, 3, 0, 2)
"""Which column the tile of each row of tiles lies in first: no two in one, and not one further right with every row."""
MARGIN_PX = 12
"""A frame is read so much further around a tile: for the samples between pixels, and for a place nearby."""
STEP_PX = 8
"""Places at which tiles are read are so far apart."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a frame, in pixels of the detail.

    Attributes
    ----------
    first : tuple of int
        Its first row and column.
    shape : tuple of int
    margin : int
        How much further the frame is read around it; none where it is the whole frame.
    """

    first: tuple[int, int]
    shape: tuple[int, int]
    margin: int = MARGIN_PX

    @property
    def blocks(self) -> tuple[int, int]:
        """How many blocks it has, down and across."""
        return -(-self.shape[0] // BLOCK_PX), -(-self.shape[1] // BLOCK_PX)

    def read_at(self, shift: tuple[int, int]) -> tuple[int, int]:
        """The place, near a shift, at which it is read."""
        if not self.margin:
            return 0, 0
        row, column = (round(s / STEP_PX) * STEP_PX for s in shift)
        return row, column

    def around(self, place: tuple[int, int], shape: tuple[int, int]) -> tuple[slice, slice]:
        """Rows and columns of a frame of this shape that are read there; none where that is outside."""
        begin = [min(max(f + p - self.margin, 0), n) for f, p, n in zip(self.first, place, shape, strict=True)]
        end = [
            min(max(f + s + p + self.margin, b), n)
            for f, s, p, b, n in zip(self.first, self.shape, place, begin, shape, strict=True)
        ]
        return slice(begin[0], end[0]), slice(begin[1], end[1])


def tiles_of(shape: tuple[int, int]) -> tuple[Tile, ...]:
    """All tiles of a frame, those that are looked at first before the others."""
    if shape[0] * shape[1] <= WHOLE_PX:
        return (Tile((0, 0), shape, 0),)
    down, right = (_begins(n) for n in shape)
    size = min(TILE_PX, shape[0]), min(TILE_PX, shape[1])
    order = [a for a in ASIDE if a < len(right)]
    turns = [divmod(k, len(down)) for k in range(len(down) * len(right))]
    places = [(y, (order[y % len(order)] + turn) % len(right)) for turn, y in turns]
    return tuple(Tile((down[y], right[x]), size) for y, x in places)


def _begins(length: int) -> list[int]:
    """Where tiles begin along one side: evenly from end to end, with a block each."""
    count = min(max(length // TILE_PX, 1), MOST_ASIDE)
    last = max(length - TILE_PX, 0)
    return [round(last * k / max(count - 1, 1)) // BLOCK_PX * BLOCK_PX for k in range(count)]
