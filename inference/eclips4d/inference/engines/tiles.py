"""Large images through a network in tiles that overlap by what an output can see: no seams, and memory of one tile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from eclips4d.inference.engines.network import F32, Blocks, Network, Precision

MOST_PIXELS: Final = 2048 * 2048
"""Of images that a network takes whole; its layers then need some 2 GB."""
CORE: Final = 1536
"""Most pixels along the side of what a tile gives."""
OVERLAP: Final = 224
"""Pixels beyond that on every side, a multiple of `ALIGNED`.

An output of the networks that come with eclips4d depends on inputs at most 218 px away: what each convolution reaches,
summed up, and blocks of 32 px.
"""
ALIGNED: Final = 32
"""Tiles begin at multiples of this, as do the blocks to which a network halves its image."""


@dataclass(frozen=True)
class TiledNetwork:
    """A `Network` whose images may have any size; see there."""

    whole: Network
    most_pixels: int = MOST_PIXELS
    core: int = CORE

    @property
    def engine(self) -> str:
        """What computes it."""
        return self.whole.engine

    @property
    def precision(self) -> Precision:
        """In what."""
        return self.whole.precision

    @property
    def channels(self) -> tuple[int, int]:
        """Planes in, planes out."""
        return self.whole.channels

    def blocks(self, shape: tuple[int, int]) -> Blocks | None:
        """As `Network`; None where there is more than one tile."""
        return self.whole.blocks(shape) if shape[0] * shape[1] <= self.most_pixels else None

    def __call__(self, planes: F32 | Blocks) -> F32:
        """As `Network`. Sides are multiples of `ALIGNED` where there is more than one tile."""
        if isinstance(planes, Blocks) or planes.ndim != 3 or planes.shape[1] * planes.shape[2] <= self.most_pixels:
            return self.whole(planes)
        rows, columns = (_tiles(side, self.core) for side in planes.shape[1:])
        found: F32 | None = None
        for down in rows:
            for across in columns:
                output = self.whole(np.ascontiguousarray(planes[:, down.seen, across.seen]))
                fold = (down.seen.stop - down.seen.start) // output.shape[1]
                if found is None:
                    found = np.empty((len(output), planes.shape[1] // fold, planes.shape[2] // fold), np.float32)
                found[:, down.into(fold), across.into(fold)] = output[:, down.out_of(fold), across.out_of(fold)]
        assert found is not None
        return found


@dataclass(frozen=True, slots=True)
class _Tile:
    """Along one side: pixels that are kept, and those that the network sees for it."""

    kept: slice
    seen: slice

    def into(self, fold: int) -> slice:
        """Where outputs of `fold` pixels are kept in the whole."""
        return slice(self.kept.start // fold, self.kept.stop // fold)

    def out_of(self, fold: int) -> slice:
        """Which of the tile's they are."""
        return slice((self.kept.start - self.seen.start) // fold, (self.kept.stop - self.seen.start) // fold)


def _tiles(side: int, core: int) -> list[_Tile]:
    """Tiles of one length, so that one program serves all of them."""
    count = -(-side // core)
    step = -(-side // (count * ALIGNED)) * ALIGNED
    length = min(step + 2 * OVERLAP, side)
    starts = range(0, side, step)
    seen = [min(max(start - OVERLAP, 0), side - length) for start in starts]
    return [
        _Tile(slice(start, min(start + step, side)), slice(first, first + length))
        for start, first in zip(starts, seen, strict=True)
    ]
