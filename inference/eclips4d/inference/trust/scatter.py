"""How far pixels of one kind scatter in a frame: what a deviation has to exceed before it says anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.ranks import before, keys_of, ranked, value_of
from eclips4d.inference.trust.kinds import KINDS
from eclips4d.inference.trust.usual import EVERY

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

_QUANTILE, _NORMAL = 0.9, 1.645
"""Of deviations, and what it is for noise alone."""
_PARTS: Final = 8
"""Along a side of the frame."""
_SHORT: Final = 16
"""Largest values that are put in order one by one; of more, ranks are found by counting."""
_FEW_PARTS, _FEW = 13, 4
"""Parts, of all of them, that must have some of a kind; samples that are some."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Some of a frame's pixels, sorted by the part of the frame that they are in and then by their kind.

    Attributes
    ----------
    place : int64 [sample]
        Of each in the order in which they are given, row by row.
    start : int64 [parts · KINDS + 1]
        Where each kind of each part begins.
    """

    place: I64
    start: I64


def samples_of(kind: U8, shape: tuple[int, int]) -> Samples:
    """One pixel in EVERY rows and columns of a frame of that shape (y, x); their kinds, [y/EVERY, x/EVERY]."""
    place, start = np.empty(kind.size, np.int64), np.zeros(_PARTS * _PARTS * KINDS + 1, np.int64)
    _sort(kind, shape, place, start)
    return Samples(place, start)


def per_scatter(deviation: F32, samples: Samples) -> F32:
    """One over what deviations of each kind are in units of noise, at most 1, [KINDS].

    What is usual is so all over the frame, a fault is not: a kind is excused by the deviations that it has in half of
    all parts of the frame where there is any of it. Kinds that are in few parts are taken together, and not excused at
    all where even together they are in few.

    Parameters
    ----------
    deviation
        Of the pixels that are sorted in `samples`, [y, x].
    """
    found, sizes = np.zeros(KINDS), np.empty(deviation.size, np.int32)
    _sizes(np.ascontiguousarray(deviation).ravel(), samples.place, sizes)
    _scatters(sizes, samples.start, found)
    return np.asarray(1.0 / found, dtype=np.float32)


@_compiled  # type: ignore[untyped-decorator]
def _sizes(deviation: F32, place: I64, sizes: I32) -> None:
    """Keys of absolute values, sorted as samples are; what is no number counts as infinite."""
    absolute = np.empty(sizes.size, np.float32)
    for k in range(sizes.size):
        size = abs(deviation[k])
        absolute[place[k]] = size if size == size else np.float32(np.inf)
    keys_of(absolute, sizes)


@_compiled  # type: ignore[untyped-decorator]
def _sort(kind: U8, shape: tuple[int, int], place: I64, start: I64) -> None:
    rows, columns = kind.shape
    group = np.empty(kind.size, np.int64)
    for y in range(rows):
        for x in range(columns):
            part = (EVERY * y * _PARTS // shape[0]) * _PARTS + EVERY * x * _PARTS // shape[1]
            group[y * columns + x] = part * KINDS + np.int64(kind[y, x])
    for k in range(group.size):
        start[group[k] + 1] += 1
    for k in range(start.size - 1):
        start[k + 1] += start[k]
    following = start.copy()
    for k in range(group.size):
        place[k] = following[group[k]]
        following[group[k]] += 1


@_compiled  # type: ignore[untyped-decorator]
def _scatters(sizes: I32, start: I64, found: NDArray[np.float64]) -> None:
    """Of each kind by itself, then of those together that are in too few parts."""
    room, chosen = np.empty(sizes.size, np.int32), np.ones(KINDS, np.bool_)
    for kind in range(KINDS):
        found[kind] = _of_kinds(sizes, start, chosen, kind, kind + 1, room)
    for kind in range(KINDS):
        chosen[kind] = found[kind] == 0.0
    together = _of_kinds(sizes, start, chosen, 0, KINDS, room)
    for kind in range(KINDS):
        if chosen[kind]:
            found[kind] = together if together > 0.0 else 1.0


@_compiled  # type: ignore[untyped-decorator]
def _of_kinds(sizes: I32, start: I64, chosen: NDArray[np.bool_], first: int, last: int, room: I32) -> float:
    """Of those chosen from `first` to `last`: median over the parts of the quantile of their sizes, over that of noise.

    0 where too few parts have any.
    """
    scatter, parts = np.empty(_PARTS * _PARTS, np.float64), 0
    for part in range(_PARTS * _PARTS):
        count = 0
        for kind in range(first, last):
            if chosen[kind]:
                begins, ends = start[part * KINDS + kind], start[part * KINDS + kind + 1]
                room[count : count + ends - begins] = sizes[begins:ends]
                count += ends - begins
        if count >= _FEW:
            scatter[parts] = _quantile(room[:count])
            parts += 1
    if parts < _FEW_PARTS:
        return 0.0
    return max(float(np.median(scatter[:parts])) / _NORMAL, 1.0)


@_compiled  # type: ignore[untyped-decorator]
def _quantile(keys: I32) -> float:
    """Linear between the two of them around its place; keys lose their order."""
    place, room = _QUANTILE * (keys.size - 1), np.empty(1, np.float32)
    above = min(int(place) + 1, keys.size - 1)
    if keys.size - above < _SHORT:
        wanted = keys.size - max(above - 1, 0)
        _largest_first(keys, wanted)
        upper, below = keys[max(wanted - 2, 0)], keys[wanted - 1]
    else:
        upper = ranked(keys, above)
        below = before(keys, upper, above)
    low = float(value_of(below, room))
    return low + (place - int(place)) * (float(value_of(upper, room)) - low)


@_compiled  # type: ignore[untyped-decorator]
def _largest_first(keys: I32, wanted: int) -> None:
    """Puts so many of the largest in front, falling, where they overwrite others: most are only looked at."""
    for k in range(1, keys.size):
        key = keys[k]
        i = min(k, wanted - 1)
        if k >= wanted and not key > keys[i]:
            continue
        while i > 0 and keys[i - 1] < key:
            keys[i] = keys[i - 1]
            i -= 1
        keys[i] = key
