"""How far edges went between the halves of a stack: local cross-correlation of their mean slopes where they differ.

Both components count together as one complex number, so only edges that face the same way match. What did not move is
left out, else it would hold the correlation at zero. The median over tiles, each with the weight of its edges.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, gaussian_filter

from eclips4d.metrology.stack.moving import BLOCK_PX, Mask

F64 = NDArray[np.float64]
C64 = NDArray[np.complex64]

TILE_PX = 64
MOST_TILES = 256
"""The tiles with most change; more of them would tell the same."""
LEAST_SHARE = 0.02
"""Of a tile's pixels that must have changed."""
LEAST_LIKENESS = 0.2
"""Correlation of the halves below which a tile says nothing."""
EXPLAINED = 0.1
"""Share of a tile's change that its shift must undo; else what did not move was matched, and what moved was not."""
_GROW_BLOCKS = 2
_SOFT_PX = 1.0


def edge_shift(older: F64, newer: F64, where: Mask, pixel_size_nm: tuple[float, float]) -> float:
    """Distance in nm between edges of both halves; NaN when nothing tells.

    Good to 15 % from 3 pixels on; shorter ones come out up to 30 % too short, those beyond ten pixels up to 20 %.
    Edges that went further than half a tile, or than half their distance, are matched with others or not at all.

    Parameters
    ----------
    older, newer : float64 [2, y, x]
        Mean slopes, NaN where not seen.
    where : bool [y // 3, x // 3]
        Blocks that changed.
    pixel_size_nm : (float, float)
        Along x and y.
    """
    mask = _soft(where, (older.shape[1], older.shape[2]))
    first, second = (_vectors(slope, mask) for slope in (older, newer))
    found = [_of_tile(first[tile], second[tile], pixel_size_nm) for tile in _tiles(mask)]
    lengths, weights = (np.array(part) for part in zip(*found, strict=True)) if found else (np.zeros(0), np.zeros(0))
    return _median(lengths, weights)


def _soft(where: Mask, shape: tuple[int, int]) -> F64:
    """[y, x] 1 where blocks changed and around them, falling off over a pixel."""
    wide = binary_dilation(where, iterations=_GROW_BLOCKS).astype(np.float64)
    mask = np.zeros(shape)
    rows, columns = (n * BLOCK_PX for n in where.shape)
    mask[:rows, :columns] = np.repeat(np.repeat(wide, BLOCK_PX, axis=0), BLOCK_PX, axis=1)
    return np.asarray(gaussian_filter(mask, _SOFT_PX))


def _vectors(slope: F64, mask: F64) -> C64:
    seen = np.nan_to_num(slope)
    return np.asarray((seen[0] + 1j * seen[1]) * mask, np.complex64)


def _tiles(mask: F64) -> Iterator[tuple[slice, slice]]:
    """Overlapping by half, those with most change first."""
    sides = [min(TILE_PX, n) for n in mask.shape]
    starts = [range(0, n - side + 1, max(side // 2, 1)) for n, side in zip(mask.shape, sides, strict=True)]
    tiles = [(slice(y, y + sides[0]), slice(x, x + sides[1])) for y in starts[0] for x in starts[1]]
    changed = [float(mask[tile].mean()) for tile in tiles]
    for k in np.argsort(changed)[::-1][:MOST_TILES]:
        if changed[k] >= LEAST_SHARE:
            yield tiles[k]


def _of_tile(first: C64, second: C64, pixel_size_nm: tuple[float, float]) -> tuple[float, float]:
    """Length of the shift, nm, and its weight."""
    window = np.outer(*(np.hanning(n + 2)[1:-1] for n in first.shape)).astype(np.float32)
    a, b = first * window, second * window
    padded = tuple(2 * n for n in first.shape)
    product = np.conj(scipy.fft.fft2(a, s=padded)) * scipy.fft.fft2(b, s=padded)
    likeness = scipy.fft.ifft2(product).real
    row, column = np.unravel_index(int(np.argmax(likeness)), padded)
    peak = float(likeness[row, column])
    power = float(np.sqrt((np.abs(a) ** 2).sum() * (np.abs(b) ** 2).sum()))
    down = _place(likeness[:, column], int(row))
    right = _place(likeness[row, :], int(column))
    gained = peak - float(likeness[0, 0])
    if not power > 0 or peak < LEAST_LIKENESS * power or gained < EXPLAINED * (power - float(likeness[0, 0])):
        return 0.0, 0.0
    return float(np.hypot(right * pixel_size_nm[0], down * pixel_size_nm[1])), peak


def _place(line: NDArray[np.floating], top: int) -> float:
    """Where a parabola through the highest of a periodic line and its neighbours peaks, from the middle of zero."""
    n = line.size
    before, here, after = (float(line[k % n]) for k in (top - 1, top, top + 1))
    bend = before - 2.0 * here + after
    place = top + (0.5 * (before - after) / bend if bend < 0 else 0.0)
    return place - n if place > n / 2 else place


def _median(values: F64, weights: F64) -> float:
    """The value that half of the weight lies below; NaN without weight."""
    if not weights.sum() > 0:
        return float("nan")
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, 0.5 * total[-1])])
