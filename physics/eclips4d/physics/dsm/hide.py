"""What horizons hide of the signals of facets, for a run of pixels in a row at once."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.dsm.hidden_table import FACETS, POWERS, TOGETHER, HiddenTables
from eclips4d.physics.dsm.near import WIDTH
from eclips4d.physics.dsm.vectors import wide_and_apart

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]

LONGEST: Final = 64
"""Pixels of a run at most: what is known of them stays in a processor's nearest cache."""

_1, _2, _3, _4, _5 = (np.uint32(i) for i in range(1, 6))
_NOUGHT, _ONE = np.float32(0.0), np.float32(1.0)

_FAST: Final[dict[str, Any]] = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"nnan", "nsz", "contract"},
}

_compiled: Any = numba.njit(**_FAST)
_inlined: Any = numba.njit(inline="always", **_FAST)  # a call keeps its caller counting the arrays it is given


class Looks(NamedTuple):
    """Directions that are looked up: M of them, among the D that rays follow.

    Attributes
    ----------
    before, after : int64 [M]
        The rays' directions on either side.
    share : float32 [M]
        How far from the one to the other; horizons are linear in between.
    toward : float32 [M, 2]
        A slope along a direction is `toward[0]·dh/dx + toward[1]·dh/dy`.
    """

    before: I64
    after: I64
    share: F32
    toward: F32


@_compiled  # type: ignore[untyped-decorator]
def hide(
    horizon: F32,
    p: F32,
    q: F32,
    width: int,
    looks: Looks,
    tables: HiddenTables,
    amplitude: F32,
    higher: F32,
    lower: F32,
    out: F32,
) -> None:
    """What the horizons of a run hide beyond what its facets hide themselves, added to `out`.

    Parameters
    ----------
    horizon : float32 [D·LONGEST]
        Row by row, as all that follow: rows taken out of arrays are counted, at which threads wait for each other.
    p, q : float32 [LONGEST]
        Slopes dh/dx, dh/dy.
    width
        Pixels of the run, a multiple of WIDTH.
    amplitude : float32 [C·LONGEST]
        Of the facets, see `facet_amplitudes`.
    higher, lower : float32 [WIDTH]
        Room for a number per pixel.
    out : float32 [n·LONGEST]
    """
    wide_and_apart()
    before, after, shares, toward = looks
    floors, scales, first, segment, coefficients, _ = tables
    groups = amplitude.size // (TOGETHER * LONGEST)
    for m in range(before.size):
        one, other, share = np.uint64(before[m] * LONGEST), np.uint64(after[m] * LONGEST), shares[m]
        by_p, by_q, floor, scale = toward[m, 0], toward[m, 1], floors[m], scales[m]
        for left in range(0, width, WIDTH):
            anything, begin = False, np.uint64(left)
            for n in range(WIDTH):
                x = begin + np.uint64(n)
                rise = (horizon[one + x] + share * (horizon[other + x] - horizon[one + x]) - floor) * scale
                itself = (by_p * p[x] + by_q * q[x] - floor) * scale
                itself = min(max(itself, _NOUGHT), _ONE)
                lower[np.uint64(n)] = itself
                higher[np.uint64(n)] = max(min(rise, _ONE), itself)
                anything |= rise > itself
            if anything:
                for e in range(first[m], first[m + 1]):
                    for group in range(groups):
                        at = (group * segment.size + e) * TOGETHER * POWERS
                        into, channel = segment[e] * LONGEST + left, group * TOGETHER * LONGEST + left
                        _add(higher, lower, amplitude, channel, coefficients, at, out, into)


@_inlined  # type: ignore[untyped-decorator]
def _add(higher: F32, lower: F32, amplitude: F32, channel: int, of: F32, at: int, out: F32, into: int) -> None:
    """Add the integrals of three channels between both horizons: four powers, of each pixel's own coefficients."""
    a1, a2, a3, a4 = of[at], of[at + 1], of[at + 2], of[at + 3]
    b1, b2, b3, b4 = of[at + 4], of[at + 5], of[at + 6], of[at + 7]
    c1, c2, c3, c4 = of[at + 8], of[at + 9], of[at + 10], of[at + 11]
    first, second, third = np.uint64(channel), np.uint64(channel + LONGEST), np.uint64(channel + 2 * LONGEST)
    begin = np.uint64(into)
    for n in range(WIDTH):
        x = np.uint64(n)
        h, o = higher[x], lower[x]
        a, b, c = amplitude[first + x], amplitude[second + x], amplitude[third + x]
        of_1 = a * a1 + b * b1 + c * c1
        of_2 = a * a2 + b * b2 + c * c2
        of_3 = a * a3 + b * b3 + c * c3
        of_4 = a * a4 + b * b4 + c * c4
        out[begin + x] += h * (of_1 + h * (of_2 + h * (of_3 + h * of_4))) - o * (
            of_1 + o * (of_2 + o * (of_3 + o * of_4))
        )


@_compiled  # type: ignore[untyped-decorator]
def facet_amplitudes(flat: F32, p: F32, q: F32, width: int, out: F32) -> None:
    """The amplitudes [C·LONGEST] of a run's facets, bilinear."""
    wide_and_apart()
    half, top = np.float32(0.5 * (FACETS - 1)), np.float32(FACETS - 1.001)
    row = FACETS * TOGETHER
    for group in range(out.size // (TOGETHER * LONGEST)):
        here = np.uint32(group * FACETS * row)
        for left in range(0, width, WIDTH):
            into = np.uint64(group * TOGETHER * LONGEST + left)
            for n in range(WIDTH):
                x, o = np.uint64(left) + np.uint64(n), into + np.uint64(n)
                per_slope = half / np.sqrt(_ONE + p[x] * p[x] + q[x] * q[x])
                a, b = min(max(half + p[x] * per_slope, _NOUGHT), top), min(max(half + q[x] * per_slope, _NOUGHT), top)
                i, j = np.int32(a), np.int32(b)
                f, g = a - np.float32(i), b - np.float32(j)
                at = np.uint32(here + np.uint32(j * np.int32(row) + i * np.int32(TOGETHER)))
                under = np.uint32(at + np.uint32(row))
                first = flat[at] + f * (flat[at + _3] - flat[at])
                second = flat[at + _1] + f * (flat[at + _4] - flat[at + _1])
                third = flat[at + _2] + f * (flat[at + _5] - flat[at + _2])
                below_first = flat[under] + f * (flat[under + _3] - flat[under])
                below_second = flat[under + _1] + f * (flat[under + _4] - flat[under + _1])
                below_third = flat[under + _2] + f * (flat[under + _5] - flat[under + _2])
                out[o] = first + g * (below_first - first)
                out[o + np.uint64(LONGEST)] = second + g * (below_second - second)
                out[o + np.uint64(2 * LONGEST)] = third + g * (below_third - third)
