"""How far pixels of one kind scatter in a frame: what a deviation has to exceed before it says anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.trust.usual import EVERY, KINDS

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
I64 = NDArray[np.int64]

_QUANTILE, _NORMAL = 0.9, 1.645
"""Of deviations, and what it is for noise alone."""
_PARTS: Final = 8
"""Along a side of the frame."""
_FEW_PARTS, _FEW = 13, 4
"""Parts, of all of them, that must have some of a kind; samples that are some."""
_SHORT: Final = 32
"""Largest values that are put in order one by one; of more, all values are divided."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Some of a frame's pixels, sorted by the part of the frame that they are in and then by their kind.

    Attributes
    ----------
    pixel : int64 [sample]
        Index into the flat image.
    start : int64 [parts · KINDS + 1]
        Where each kind of each part begins.
    """

    pixel: I64
    start: I64


def samples_of(kind: U8) -> Samples:
    """One pixel in EVERY rows and columns of a frame whose pixels are of these kinds, [y, x]."""
    rows, columns = kind.shape
    count = (-(-rows // EVERY)) * (-(-columns // EVERY))
    pixel, start = np.empty(count, np.int64), np.zeros(_PARTS * _PARTS * KINDS + 1, np.int64)
    _sort(kind, pixel, start)
    return Samples(pixel, start)


def per_scatter(deviation: F32, samples: Samples) -> F32:
    """One over what deviations of each kind are in units of noise, at most 1, [KINDS].

    What is usual is so all over the frame, a fault is not: a kind is excused by the deviations that it has in half of
    all parts of the frame where there is any of it. Kinds that are in few parts are taken together, and not excused at
    all where even together they are in few.
    """
    found = np.zeros(KINDS)
    _scatters(np.abs(np.ascontiguousarray(deviation).ravel()[samples.pixel]), samples.start, found)
    return np.asarray(1.0 / found, dtype=np.float32)


@_compiled  # type: ignore[untyped-decorator]
def _group(kind: U8, y: int, x: int) -> int:
    rows, columns = kind.shape
    part = (y * _PARTS // rows) * _PARTS + x * _PARTS // columns
    group: int = part * KINDS + int(kind[y, x])
    return group


@_compiled  # type: ignore[untyped-decorator]
def _sort(kind: U8, pixel: I64, start: I64) -> None:
    rows, columns = kind.shape
    for y in range(0, rows, EVERY):
        for x in range(0, columns, EVERY):
            start[_group(kind, y, x) + 1] += 1
    for k in range(start.size - 1):
        start[k + 1] += start[k]
    place = start.copy()
    for y in range(0, rows, EVERY):
        for x in range(0, columns, EVERY):
            group = _group(kind, y, x)
            pixel[place[group]] = y * columns + x
            place[group] += 1


@_compiled  # type: ignore[untyped-decorator]
def _scatters(size: F32, start: I64, found: NDArray[np.float64]) -> None:
    """Of each kind by itself, then of those together that are in too few parts."""
    room, chosen = np.empty(size.size, np.float32), np.ones(KINDS, np.bool_)
    for kind in range(KINDS):
        found[kind] = _of_kinds(size, start, chosen, kind, kind + 1, room)
    for kind in range(KINDS):
        chosen[kind] = found[kind] == 0.0
    together = _of_kinds(size, start, chosen, 0, KINDS, room)
    for kind in range(KINDS):
        if chosen[kind]:
            found[kind] = together if together > 0.0 else 1.0


@_compiled  # type: ignore[untyped-decorator]
def _of_kinds(size: F32, start: I64, chosen: NDArray[np.bool_], first: int, last: int, room: F32) -> float:
    """Of those chosen from `first` to `last`: median over the parts of the quantile of their sizes, over that of noise.

    0 where too few parts have any.
    """
    scatter, parts = np.empty(_PARTS * _PARTS, np.float64), 0
    for part in range(_PARTS * _PARTS):
        count = 0
        for kind in range(first, last):
            if chosen[kind]:
                for k in range(start[part * KINDS + kind], start[part * KINDS + kind + 1]):
                    room[count] = size[k] if size[k] == size[k] else np.float32(np.inf)  # NaN alone differs from itself
                    count += 1
        if count >= _FEW:
            scatter[parts] = _quantile(room[:count])
            parts += 1
    if parts < _FEW_PARTS:
        return 0.0
    return max(float(np.median(scatter[:parts])) / _NORMAL, 1.0)


@_compiled  # type: ignore[untyped-decorator]
def _quantile(sizes: F32) -> float:
    """Linear between the two of them around its place; as much is put in order as that takes."""
    place = _QUANTILE * (sizes.size - 1)
    above = min(int(place) + 1, sizes.size - 1)
    if sizes.size - above < _SHORT:
        wanted = sizes.size - max(above - 1, 0)
        _largest_first(sizes, wanted)
        upper, below = float(sizes[max(wanted - 2, 0)]), float(sizes[wanted - 1])
    else:
        split = np.partition(sizes, above)
        upper, below = float(split[above]), float(split[:above].max())
    return below + (place - int(place)) * (upper - below)


@_compiled  # type: ignore[untyped-decorator]
def _largest_first(sizes: F32, wanted: int) -> None:
    """Puts so many of the largest in front, falling, where they overwrite others: most values are only looked at."""
    for k in range(1, sizes.size):
        value = sizes[k]
        i = min(k, wanted - 1)
        if k >= wanted and not value > sizes[i]:
            continue
        while i > 0 and sizes[i - 1] < value:
            sizes[i] = sizes[i - 1]
            i -= 1
        sizes[i] = value
