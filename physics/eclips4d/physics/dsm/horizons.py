"""Horizons that steps of rays show, for runs of pixels in a few rows at once.

Rays of all pixels of a run cross the rows at the same share of a cell, so that a step is subtractions and comparisons
of neighbours in memory; most steps meet pixels' centres and have nothing to interpolate. Up to four runs are looked at
together: what is known of a step serves all, they are done at once, which a processor can't foresee, and their heights
and horizons stay in registers over all steps.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.bsesm.rays import DEPARTURE
from eclips4d.physics.dsm.compiling import compiled, inlined
from eclips4d.physics.dsm.ground import ROWS
from eclips4d.physics.dsm.lanes import LANES, every, higher, load, store
from eclips4d.physics.dsm.rays import Rays

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]

COURSES: Final = 16
"""Directions that rays follow."""

_NOUGHT, _ONE, _TWIST = np.float32(0.0), np.float32(1.0), np.float32(DEPARTURE)


class Steps(NamedTuple):
    """Steps of D directions on one ground, by distance: K on places of it, L between two of them.

    Attributes
    ----------
    ahead, between : int64 [D, K] and [D, L]
        From a pixel to the place looked at, or the first one of two.
    aside : int64 [D]
        From the first one to the second.
    share : float32 [D, L]
        How far towards the latter.
    per_nm, between_per_nm : float32 [D, K] and [D, L]
        1 over the horizontal distance; 0 after the last step.
    leaving : int64 [D, 3]
        To the pixel ahead, the one aside and the one across of the cell in which rays leave.
    sideways, leaving_per_nm : float32 [D]
        Pixels aside per step, and 1 over a step's length.
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


def steps_of(rays: Rays, shape: tuple[int, int]) -> Steps:
    """The steps of rays on grounds of so many rows and columns."""
    columns, level = shape[1], shape[0] * shape[1]
    place, between = rays.level * level + rays.row * columns + rays.column, rays.share > 0.0
    ahead, per_nm_ahead = (_packed(values, ~between) for values in (place, rays.per_nm))
    first, per_nm_between, towards = (_packed(values, between) for values in (place, rays.per_nm, rays.share))
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
        leaving_per_nm=rays.per_nm[:, 0].copy(),
    )


def _packed(values: NDArray[Any], which: NDArray[np.bool_]) -> NDArray[Any]:
    """These of every row, in their order, and a zero at least behind them."""
    out = np.zeros((len(values), int(which.sum(axis=1).max()) + 1), values.dtype)
    for row, chosen, into in zip(values, which, out, strict=True):
        into[: chosen.sum()] = row[chosen]
    return out


@compiled  # type: ignore[untyped-decorator]
def horizons(flat: F32, places: I64, count: int, steps: Steps, away_nm: F32, at: int, floor: float, out: F32) -> None:
    """Fill the horizons of runs of LANES pixels, at least `floor`, that steps show as far as is looked.

    Parameters
    ----------
    places : int64 [ROWS]
        Of the first pixels of some runs in the same columns; behind the last one the last one again.
    count
        How many they are.
    away_nm, at
        How far they look in every direction, and where in it that begins.
    out : float32 [COURSES·ROWS·LANES]
    """
    # Arrays are taken out of their tuple once: taken out per step they would be counted per step.
    ahead, per_nm, between, asides, shares, between_per_nm, leaving, sideways, leaving_per_nm = steps
    lowest = every(np.float32(floor))
    one, two, three, four = places[0], places[1], places[2], places[3]
    level_1, level_2, level_3, level_4 = load(flat, one), load(flat, two), load(flat, three), load(flat, four)
    for d in range(COURSES):
        away, aside, begin = away_nm[at + d], asides[d], d * ROWS * LANES
        seen_1 = seen_2 = seen_3 = seen_4 = lowest
        if away > _NOUGHT:
            least, cell = _ONE / away, (leaving[d, 0], leaving[d, 1], leaving[d, 2])
            beside, rises = every(sideways[d]), every(leaving_per_nm[d])
            seen_1 = higher(_leaves(flat, one, cell, level_1, beside, rises), lowest)
            seen_2 = higher(_leaves(flat, two, cell, level_2, beside, rises), lowest)
            if count > 2:
                seen_3 = higher(_leaves(flat, three, cell, level_3, beside, rises), lowest)
                seen_4 = higher(_leaves(flat, four, cell, level_4, beside, rises), lowest)
                i = 0
                while per_nm[d, i] >= least:
                    step, rises = ahead[d, i], every(per_nm[d, i])
                    seen_1 = higher((load(flat, one + step) - level_1) * rises, seen_1)
                    seen_2 = higher((load(flat, two + step) - level_2) * rises, seen_2)
                    seen_3 = higher((load(flat, three + step) - level_3) * rises, seen_3)
                    seen_4 = higher((load(flat, four + step) - level_4) * rises, seen_4)
                    i += 1
                i = 0
                while between_per_nm[d, i] >= least:
                    step, share, rises = between[d, i], every(shares[d, i]), every(between_per_nm[d, i])
                    seen_1 = higher((_between(flat, one + step, aside, share) - level_1) * rises, seen_1)
                    seen_2 = higher((_between(flat, two + step, aside, share) - level_2) * rises, seen_2)
                    seen_3 = higher((_between(flat, three + step, aside, share) - level_3) * rises, seen_3)
                    seen_4 = higher((_between(flat, four + step, aside, share) - level_4) * rises, seen_4)
                    i += 1
            else:
                i = 0
                while per_nm[d, i] >= least:
                    step, rises = ahead[d, i], every(per_nm[d, i])
                    seen_1 = higher((load(flat, one + step) - level_1) * rises, seen_1)
                    seen_2 = higher((load(flat, two + step) - level_2) * rises, seen_2)
                    i += 1
                i = 0
                while between_per_nm[d, i] >= least:
                    step, share, rises = between[d, i], every(shares[d, i]), every(between_per_nm[d, i])
                    seen_1 = higher((_between(flat, one + step, aside, share) - level_1) * rises, seen_1)
                    seen_2 = higher((_between(flat, two + step, aside, share) - level_2) * rises, seen_2)
                    i += 1
        store(seen_1, out, begin)
        store(seen_2, out, begin + LANES)
        if count > 2:
            store(seen_3, out, begin + 2 * LANES)
            store(seen_4, out, begin + 3 * LANES)


@inlined  # type: ignore[untyped-decorator]
def _leaves(flat: F32, own: int, cell: tuple[int, int, int], level: Any, beside: Any, rises: Any) -> Any:
    """The slope on which rays leave their pixels, as the exact simulator takes it."""
    along, up = load(flat, own + cell[0]) - level, load(flat, own + cell[1]) - level
    return (along + beside * (up + every(_TWIST) * (load(flat, own + cell[2]) - level - along - up))) * rises


@inlined  # type: ignore[untyped-decorator]
def _between(flat: F32, at: int, aside: int, share: Any) -> Any:
    first = load(flat, at)
    return first + share * (load(flat, at + aside) - first)
