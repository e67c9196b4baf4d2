"""What horizons hide of the signals of facets, for two runs of pixels at once."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.dsm.compiling import compiled, inlined
from eclips4d.physics.dsm.ground import ROWS
from eclips4d.physics.dsm.hidden_table import POWERS, TOGETHER, HiddenTables
from eclips4d.physics.dsm.horizons import COURSES
from eclips4d.physics.dsm.lanes import LANES, any_positive, every, higher, load, lower, root, store
from eclips4d.physics.dsm.packed import FOUR, look_up

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]
Flags = NDArray[np.bool_]

TWO: Final = 2 * LANES
"""Pixels of two runs."""
_NOUGHT, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)


class Looks(NamedTuple):
    """Directions that are looked up: M of them, among the D that rays follow.

    Attributes
    ----------
    before, after : int64 [M]
        The rays' directions on either side.
    share : float32 [M]
        How far from the one to the other; measures of horizons are linear in between.
    toward : float32 [D, 2]
        A slope along a ray is `toward[0]·dh/dx + toward[1]·dh/dy`.
    """

    before: I64
    after: I64
    share: F32
    toward: F32


@compiled  # type: ignore[untyped-decorator]
def hide(
    horizon: F32, row: int, p: F32, q: F32, looks: Looks, tables: HiddenTables, hides: Flags, room: F32, out: F32
) -> bool:
    """What the horizons of two runs hide beyond what facets hide themselves; whether they hide anything.

    A facet loses `a·(w - v) + b·(w² - v²)` between its own horizon's measure v and the measure w of the one it sees.
    Differences w - v and sums w + v are those of rays, or lie between those of two of them.

    Parameters
    ----------
    horizon, row
        As of `horizons.horizons`, and the first run's row in it.
    p, q : float32 [TWO]
        Slopes dh/dx, dh/dy.
    hides, room : bool [COURSES] and float32 [2·COURSES·TWO + FOUR·G·TWO]
    out : float32 [n·TWO]
        Arbitrary where nothing is hidden.
    """
    before, after, shares, toward = looks
    _, lowest, highest, beginning, ending, ceiling, uneven, first, look, hidden, _, packed, of_normal = tables
    if not _any_hides(horizon, row, p, q, toward, np.float32(beginning), hides):
        return False
    ends = np.float32(beginning), np.float32(ending), np.float32(2.0 * ceiling)
    _fill_measures(horizon, row, p, q, toward, ends, hides, room)
    amplitude = 2 * COURSES * TWO
    for left in range(0, TWO, LANES):
        if of_normal:
            _fill_normals(p, q, left, room, amplitude + left)
        else:
            look_up(packed, p, q, left, room, amplitude + left, TWO)
    for group in range(packed.scale.size // FOUR):
        for segment in range(first.size - 1):
            a = b = c = other_a = other_b = other_c = every(_NOUGHT)
            for e in range(first[segment], first[segment + 1]):
                m, of = look[e], (group * look.size + e) * TOGETHER * POWERS
                if not (hides[before[m]] | hides[after[m]]):
                    continue
                here, there, share = 2 * before[m] * TWO, 2 * after[m] * TWO, every(shares[m])
                v, total = _measures(room, here, there, share)
                other_v, other_total = _measures(room, here + LANES, there + LANES, share)
                if uneven:
                    low, high = every(lowest[m]), every(highest[m])
                    v, total = _between(v, total, low, high)
                    other_v, other_total = _between(other_v, other_total, low, high)
                square, other_square = v * total, other_v * other_total
                by_v, by_square = every(hidden[of]), every(hidden[of + 1])
                a, other_a = a + by_v * v, other_a + by_v * other_v
                a, other_a = a + by_square * square, other_a + by_square * other_square
                by_v, by_square = every(hidden[of + 2]), every(hidden[of + 3])
                b, other_b = b + by_v * v, other_b + by_v * other_v
                b, other_b = b + by_square * square, other_b + by_square * other_square
                by_v, by_square = every(hidden[of + 4]), every(hidden[of + 5])
                c, other_c = c + by_v * v, other_c + by_v * other_v
                c, other_c = c + by_square * square, other_c + by_square * other_square
            of, into = amplitude + group * FOUR * TWO, segment * TWO
            _add_up(a, b, c, room, of, group > 0, out, into)
            _add_up(other_a, other_b, other_c, room, of + LANES, group > 0, out, into + LANES)
    return True


@inlined  # type: ignore[untyped-decorator]
def _any_hides(horizon: F32, row: int, p: F32, q: F32, toward: F32, lowest: np.float32, hides: Flags) -> bool:
    """Whether anything rises above a facet's own horizon, and in which directions."""
    along, across, other_along, other_across = load(p, 0), load(q, 0), load(p, LANES), load(q, LANES)
    least, anything = every(lowest), False
    for d in range(COURSES):
        right, below, begin = every(toward[d, 0]), every(toward[d, 1]), (d * ROWS + row) * LANES
        own, other_own = right * along + below * across, right * other_along + below * other_across
        above = load(horizon, begin) - higher(own, least)
        hides[d] = any_positive(higher(above, load(horizon, begin + LANES) - higher(other_own, least)))
        anything |= hides[d]
    return anything


@inlined  # type: ignore[untyped-decorator]
def _fill_measures(
    horizon: F32,
    row: int,
    p: F32,
    q: F32,
    toward: F32,
    ends: tuple[np.float32, np.float32, np.float32],
    hides: Flags,
    room: F32,
) -> None:
    """Differences and sums of the measures of what is seen and of the facets' own, [COURSES, 2, TWO].

    Parameters
    ----------
    ends
        The lowest and the highest tangent that counts, and twice the ceiling.
    """
    along, across, other_along, other_across = load(p, 0), load(q, 0), load(p, LANES), load(q, LANES)
    one, least, most, twice = every(_ONE), every(ends[0]), every(ends[1]), every(ends[2])
    for d in range(COURSES):
        if not (hides[d] | hides[(d + 1) % COURSES] | hides[(d + COURSES - 1) % COURSES]):
            continue
        right, below, begin, into = every(toward[d, 0]), every(toward[d, 1]), (d * ROWS + row) * LANES, 2 * d * TWO
        own = lower(higher(right * along + below * across, least), most)
        other_own = lower(higher(right * other_along + below * other_across, least), most)
        seen = lower(higher(load(horizon, begin), own), most)
        other_seen = lower(higher(load(horizon, begin + LANES), other_own), most)
        a, b, c, e = one + seen * seen, one + own * own, one + other_seen * other_seen, one + other_own * other_own
        ab, ce = a * b, c * e
        per_all = one / (ab * ce)  # divisions are slow: one for four
        per_ab, per_ce = ce * per_all, ab * per_all
        store((a - b) * per_ab, room, into)
        store((c - e) * per_ce, room, into + LANES)
        store(twice - (a + b) * per_ab, room, into + TWO)
        store(twice - (c + e) * per_ce, room, into + TWO + LANES)


@inlined  # type: ignore[untyped-decorator]
def _fill_normals(p: F32, q: F32, at: int, room: F32, into: int) -> None:
    """Components of the normals: out of the surface, along x and along y."""
    one, along, across = every(_ONE), load(p, at), load(q, at)
    outward = one / root(one + along * along + across * across)
    store(outward, room, into)
    store(outward * along, room, into + TWO)
    store(outward * across, room, into + 2 * TWO)


@inlined  # type: ignore[untyped-decorator]
def _add_up(a: Any, b: Any, c: Any, room: F32, of: int, more: bool, out: F32, into: int) -> None:
    """Three integrals times their channels' amplitudes."""
    taken = a * load(room, of) + b * load(room, of + TWO) + c * load(room, of + 2 * TWO)
    if more:
        taken = taken + load(out, into)
    store(taken, out, into)


@inlined  # type: ignore[untyped-decorator]
def _measures(room: F32, here: int, there: int, share: Any) -> Any:
    """Difference and sum of what is seen and the facet's own, between two rays."""
    v, total = load(room, here), load(room, here + TWO)
    return v + share * (load(room, there) - v), total + share * (load(room, there + TWO) - total)


@inlined  # type: ignore[untyped-decorator]
def _between(difference: Any, total: Any, low: Any, high: Any) -> Any:
    """The same with both between the lowest and the highest measure of a direction."""
    half = every(_HALF)
    seen, own = half * (total + difference), half * (total - difference)
    seen, own = lower(higher(seen, low), high), lower(higher(own, low), high)
    return seen - own, seen + own


def room_for(tables: HiddenTables) -> int:
    """Numbers that `hide` needs room for."""
    return (2 * COURSES + tables.packed.scale.size) * TWO
