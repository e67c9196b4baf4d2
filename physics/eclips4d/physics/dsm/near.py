"""Horizons that steps of rays show, for a run of pixels in a row at once.

Rays of all pixels of a run cross the rows at the same share of a cell, so that a step is additions and comparisons of
neighbours in memory; most steps meet pixels' centres and have nothing to interpolate. Around the surface lies ground so
low that no ray sees it: no ray asks whether it has left.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.bsesm.rays import DEPARTURE
from eclips4d.physics.dsm.rays import Rays
from eclips4d.physics.dsm.vectors import wide_and_apart

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]

WIDTH: Final = 16
"""Runs begin and end at multiples of so many pixels."""
COURSES: Final = 16
"""Directions that rays follow."""
TOGETHER: Final = 5
"""Steps that are looked at in one pass."""
BENEATH: Final = -1e20
"""Height of the ground around the surface, nm."""

_NOUGHT, _TWIST = np.float32(0.0), np.float32(DEPARTURE)

_FAST: Final[dict[str, Any]] = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"nnan", "nsz", "contract"},
}

_compiled: Any = numba.njit(**_FAST)
_inlined: Any = numba.njit(inline="always", **_FAST)


class Ground(NamedTuple):
    """A surface with ground beneath around it.

    Attributes
    ----------
    flat : float32
        Its rows, one after the other, nm.
    columns : int
        Of a row, margins counted.
    margin : int
        Pixels of ground on every side; on the right up to a run more.
    """

    flat: F32
    columns: int
    margin: int


class Steps(NamedTuple):
    """Steps of D directions on such a surface, by distance: K on pixels' centres, L between two of them.

    Attributes
    ----------
    ahead, between : int64 [D, K] and [D, L]
        From a pixel to the one looked at, or the first one of two.
    aside : int64 [D]
        From the first one to the second.
    share : float32 [D, L]
        How far towards the latter.
    per_nm, between_per_nm : float32 [D, K] and [D, L]
        1 over the horizontal distance; 0 after the last step.
    leaving : int64 [D, 3]
        To the pixel ahead, the one aside and the one across of the cell in which rays leave.
    sideways, leaving_per_nm : float32 [D]
        Pixels aside per step, and 1 over a step's length, 0 where the slope of departure is not looked at.
    """

    ahead: I64
    per_nm: F32
    between: I64
    aside: I64
    share: F32
    between_per_nm: F32
    leaving: I64
    sideways: F32
    leaving_per_nm: F32


def ground_of(height: F32, margin: int) -> Ground:
    """Of a surface [y, x]."""
    rows, columns = height.shape
    padded = np.full((rows + 2 * margin, columns + -columns % WIDTH + 2 * margin), BENEATH, np.float32)
    padded[margin : margin + rows, margin : margin + columns] = height
    return Ground(padded.ravel(), padded.shape[1], margin)


def steps_of(rays: Rays, columns: int, *, nearest: int = 0) -> Steps:
    """The steps from `nearest` on, from 0; where that is not 0, rays do not look at the slope of departure."""
    place = (rays.row * columns + rays.column)[:, nearest:]
    share, per_nm = rays.share[:, nearest:], rays.per_nm[:, nearest:]
    between = share > 0.0
    ahead, per_nm_ahead = (_packed(values, ~between) for values in (place, per_nm))
    first, per_nm_between, towards = (_packed(values, between) for values in (place, per_nm, share))
    cell = rays.cell
    on, aside = cell[:, 0] * columns + cell[:, 1], cell[:, 2] * columns + cell[:, 3]
    return Steps(
        ahead=ahead,
        per_nm=per_nm_ahead,
        between=first,
        aside=rays.beside[:, 0] * columns + rays.beside[:, 1],
        share=towards,
        between_per_nm=per_nm_between,
        leaving=np.stack([on, aside, on + aside], axis=1),
        sideways=rays.sideways,
        leaving_per_nm=rays.per_nm[:, 0].copy() if nearest == 0 else np.zeros_like(rays.sideways),
    )


def _packed(values: NDArray[Any], which: NDArray[np.bool_]) -> NDArray[Any]:
    """These of every row, in their order, and zeros up to a whole pass: a step on the pixel itself shows nothing."""
    longest = int(which.sum(axis=1).max())
    out = np.zeros((len(values), longest + -longest % TOGETHER), values.dtype)
    for row, chosen, into in zip(values, which, out, strict=True):
        into[: chosen.sum()] = row[chosen]
    return out


@_compiled  # type: ignore[untyped-decorator]
def horizons(
    ground: Ground,
    here: int,
    width: int,
    steps: Steps,
    away_nm: F32,
    place: int,
    floor: float,
    horizon: F32,
) -> None:
    """Fill the horizons of a run, at least `floor`, that steps show as far as is looked.

    Parameters
    ----------
    here, width
        Place of the run's first pixel, and pixels.
    away_nm, place
        How far WIDTH pixels after another look in every direction, and where in it they begin.
    horizon : float32 [COURSES·n]
        Direction by direction.
    """
    wide_and_apart()
    # Arrays are taken out of their tuples once, and nothing out of them: taken out per step they would be counted per
    # step, at which all threads wait for each other.
    ahead, per_nm, between, asides, share, between_per_nm, leaving, sideways, leaving_per_nm = steps
    flat, lowest, apart = ground.flat, np.float32(floor), horizon.size // COURSES
    for d in range(COURSES):
        beside, scale, aside = sideways[d], leaving_per_nm[d], np.uint64(asides[d])
        for left in range(0, width, WIDTH):
            own, row = np.uint64(here + left), np.uint64(d * apart + left)
            away = away_nm[place + left // WIDTH * COURSES + d]
            if away <= _NOUGHT:
                _begin(horizon, row, lowest)
                continue
            least = np.float32(1.0) / away
            on, up_to, across = (
                own + np.uint64(leaving[d, 0]),
                own + np.uint64(leaving[d, 1]),
                own + np.uint64(leaving[d, 2]),
            )
            for n in range(WIDTH):  # the slope on which rays leave their pixels, as the exact simulator takes it
                x = np.uint64(n)
                level = flat[own + x]
                along, up = flat[on + x] - level, flat[up_to + x] - level
                twisted = up + _TWIST * (flat[across + x] - level - along - up)
                horizon[row + x] = max((along + beside * twisted) * scale, lowest)
            for i in range(0, ahead.shape[1], TOGETHER):
                if per_nm[d, i] < least:
                    break
                _step(flat, own, ahead, per_nm, d, i, horizon, row)
            for i in range(0, between.shape[1], TOGETHER):
                if between_per_nm[d, i] < least:
                    break
                _step_between(flat, own, between, aside, share, between_per_nm, d, i, horizon, row)


@_inlined  # type: ignore[untyped-decorator]
def _begin(horizon: F32, row: int, lowest: float) -> None:
    for n in range(WIDTH):
        horizon[row + np.uint64(n)] = lowest


@_inlined  # type: ignore[untyped-decorator]
def _step(flat: F32, own: int, ahead: I64, per_nm: F32, d: int, i: int, horizon: F32, row: int) -> None:
    """Raise the horizons of pixels side by side to what five steps show, on pixels' centres."""
    a, b = own + np.uint64(ahead[d, i]), own + np.uint64(ahead[d, i + 1])
    c, e = own + np.uint64(ahead[d, i + 2]), own + np.uint64(ahead[d, i + 3])
    g, g_scale = own + np.uint64(ahead[d, i + 4]), per_nm[d, i + 4]
    a_scale, b_scale, c_scale, e_scale = per_nm[d, i], per_nm[d, i + 1], per_nm[d, i + 2], per_nm[d, i + 3]
    for n in range(WIDTH):
        x = np.uint64(n)
        level = flat[own + x]
        first = max((flat[a + x] - level) * a_scale, horizon[row + x])
        second = max((flat[b + x] - level) * b_scale, (flat[c + x] - level) * c_scale)
        third = max((flat[e + x] - level) * e_scale, (flat[g + x] - level) * g_scale)
        horizon[row + x] = max(first, max(second, third))


@_inlined  # type: ignore[untyped-decorator]
def _step_between(
    flat: F32, own: int, between: I64, aside: int, share: F32, per_nm: F32, d: int, i: int, horizon: F32, row: int
) -> None:
    """The same between two centres."""
    a, b = own + np.uint64(between[d, i]), own + np.uint64(between[d, i + 1])
    c, e = own + np.uint64(between[d, i + 2]), own + np.uint64(between[d, i + 3])
    g, g_share, g_scale = own + np.uint64(between[d, i + 4]), share[d, i + 4], per_nm[d, i + 4]
    a_share, b_share, c_share, e_share = share[d, i], share[d, i + 1], share[d, i + 2], share[d, i + 3]
    a_scale, b_scale, c_scale, e_scale = per_nm[d, i], per_nm[d, i + 1], per_nm[d, i + 2], per_nm[d, i + 3]
    for n in range(WIDTH):
        x = np.uint64(n)
        level = flat[own + x]
        of_a, of_b, of_c, of_e, of_g = flat[a + x], flat[b + x], flat[c + x], flat[e + x], flat[g + x]
        first = max((of_a + a_share * (flat[a + aside + x] - of_a) - level) * a_scale, horizon[row + x])
        second = (of_b + b_share * (flat[b + aside + x] - of_b) - level) * b_scale
        third = (of_c + c_share * (flat[c + aside + x] - of_c) - level) * c_scale
        fourth = (of_e + e_share * (flat[e + aside + x] - of_e) - level) * e_scale
        fifth = (of_g + g_share * (flat[g + aside + x] - of_g) - level) * g_scale
        horizon[row + x] = max(first, max(max(second, third), max(fourth, fifth)))
