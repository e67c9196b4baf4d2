"""Tables over all facets whose entries are four numbers of 16 bits: one access fetches what four tables would.

Entries are evenly spaced in the horizontal part of the normal; in between tables are bilinear.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.dsm.compiling import compiled, inlined
from eclips4d.physics.dsm.lanes import down, every, fetch, higher, load, lower, quarter, root, store

F32 = NDArray[np.float32]
U64 = NDArray[np.uint64]

FOUR: Final = 4
_LEVELS: Final = 65535

_NOUGHT, _ONE, _HALF = np.float32(0.0), np.float32(1.0), np.float32(0.5)


class Packed(NamedTuple):
    """G tables of four numbers an entry.

    Attributes
    ----------
    words : uint64 [G·points²]
    scale, least : float32 [4·G]
        A number is `least + scale·(what 16 bits say)`.
    points : int
        Entries along an axis.
    """

    words: U64
    scale: F32
    least: F32
    points: int


def packed(values: F32) -> Packed:
    """Of numbers [N, points, points], rounded to 1/65535 of their range; N is filled up to a multiple of four."""
    numbers, points = len(values), values.shape[1]
    flat = values.reshape(numbers, -1)
    least, size = flat.min(axis=1), np.ptp(flat, axis=1)
    scale = np.where(size > 0.0, size, 1.0).astype(np.float32) / np.float32(_LEVELS)
    words = np.zeros(-(-numbers // FOUR) * points * points, np.uint64)
    _pack(flat, least, scale, words)
    over = [(0, -numbers % FOUR)]
    return Packed(words, np.pad(scale, over), np.pad(least, over), points)


@compiled  # type: ignore[untyped-decorator]
def _pack(flat: F32, least: F32, scale: F32, words: U64) -> None:
    entries = flat.shape[1]
    for k in range(flat.shape[0]):
        begin, shift, per = k // FOUR * entries, np.uint64(16 * (k % FOUR)), _ONE / scale[k]
        for i in range(entries):
            words[begin + i] |= np.uint64(np.uint32((flat[k, i] - least[k]) * per + _HALF)) << shift


@compiled  # type: ignore[untyped-decorator]
def look_up(table: Packed, p: F32, q: F32, at: int, out: F32, into: int, apart: int) -> None:
    """All numbers of LANES facets.

    Parameters
    ----------
    p, q, at
        Slopes dh/dx, dh/dy, and where in them the facets begin.
    out, into, apart
        Where the first number goes, and how far behind it the next.
    """
    words, scale, least, points = table
    half, top, wide = every(_HALF * np.float32(points - 1)), every(np.float32(points - 1.001)), np.float32(points)
    one, nought, next_row = every(_ONE), every(_NOUGHT), every(wide)
    along, across = load(p, at), load(q, at)
    per_slope = half / root(one + along * along + across * across)
    a, b = (
        lower(higher(half + along * per_slope, nought), top),
        lower(higher(half + across * per_slope, nought), top),
    )
    i, j = down(a), down(b)
    f, g, place = a - i, b - j, j * next_row + i
    for four in range(0, scale.size, FOUR):
        here, to = place + every(np.float32(four // FOUR) * wide * wide), into + four * apart
        under = here + next_row
        corners = fetch(words, here), fetch(words, here + one), fetch(words, under), fetch(words, under + one)
        store(every(least[four]) + every(scale[four]) * _between(corners, f, g, 0), out, to)
        store(every(least[four + 1]) + every(scale[four + 1]) * _between(corners, f, g, 1), out, to + apart)
        store(every(least[four + 2]) + every(scale[four + 2]) * _between(corners, f, g, 2), out, to + 2 * apart)
        store(every(least[four + 3]) + every(scale[four + 3]) * _between(corners, f, g, 3), out, to + 3 * apart)


@inlined  # type: ignore[untyped-decorator]
def _between(corners: tuple[Any, Any, Any, Any], f: Any, g: Any, number: int) -> Any:
    """One of four numbers, bilinear between entries: here, to the right, below, and below to the right."""
    here, right = quarter(corners[0], number), quarter(corners[1], number)
    under, both = quarter(corners[2], number), quarter(corners[3], number)
    upper = here + f * (right - here)
    return upper + g * (under + f * (both - under) - upper)
