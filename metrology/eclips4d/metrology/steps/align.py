"""Which found step is which expected one: the cheapest of all assignments that keep their order along the line.

Steps of one line cannot pass through each other, so the assignment is an alignment of two sequences, found exactly by
dynamic programming. Besides being found, missed or new, two neighbours may be found as one, and one as two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.steps.align_kernel import cheapest

F64 = NDArray[np.float64]

JOIN = 6.0
"""Cost of two steps becoming one to the eye, or one two, beyond misfit; all costs are like chi²."""
GATE = 30.0
"""Pairs that fit worse are not the same step."""
UNLIKE = 9.0
"""Most that unlike heights cost: one bad fit is no reason to lose a step."""
HEIGHT_SHARE = 0.2
"""By which the height of a step may vary beside its uncertainty."""


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """Steps of one sign in the order of their places; [n] each.

    Attributes
    ----------
    place, place_var, height, height_var, sd : float64 [n]
        nm, nm²; `sd` is that of the riser.
    alone : float64 [n]
        Cost of staying without a counterpart.
    """

    place: F64
    place_var: F64
    height: F64
    height_var: F64
    sd: F64
    alone: F64


@dataclass(frozen=True, slots=True)
class Pairing:
    """Cost of an alignment, and groups (expected, found) that belong together, by number."""

    cost: float
    groups: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]


def align(expected: Sequence, found: Sequence, common_nm: float = 0.0, *, joins: bool = True) -> Pairing:
    """The cheapest alignment.

    Parameters
    ----------
    expected, found : Sequence
    common_nm : float
        By which all that was found is displaced.
    joins : bool
        Whether two may be found as one, and one as two.
    """
    cost, how = cheapest(_MOVES if joins else _MOVES[:3], _costs(expected, found, common_nm, joins))
    return Pairing(float(cost), _traced(how, expected.place.size, found.place.size))


_MOVES = np.array([(1, 0), (0, 1), (1, 1), (2, 1), (1, 2)])


def _costs(a: Sequence, b: Sequence, common: float, joins: bool) -> F64:
    m, n = a.place.size, b.place.size
    cost = np.full((len(_MOVES) if joins else 3, m + 1, n + 1), np.inf)
    cost[0, :m], cost[1, :, :n] = a.alone[:, None], b.alone
    cost[2, :m, :n] = _gated(_misfit(a.place, a.place_var, a.height, a.height_var, b, common))
    if joins and m > 1:
        cost[3, : m - 1, :n] = _gated(_misfit(*_twos(a), b, common) + JOIN + _apart(a)[:, None])
    if joins and n > 1:
        place, place_var, height, height_var = _twos(b)
        two = Sequence(place, place_var, height, height_var, b.sd[:-1], b.alone[:-1])
        split = _misfit(a.place, a.place_var, a.height, a.height_var, two, common) + JOIN + _apart(b)
        cost[4, :m, : n - 1] = _gated(split)
    return cost


def _gated(cost: F64) -> F64:
    return np.where(cost < GATE, cost, np.inf)


def _misfit(place: F64, place_var: F64, height: F64, height_var: F64, b: Sequence, common: float) -> F64:
    off = b.place - common - place[:, None]
    higher = b.height - height[:, None]
    lower = np.minimum(np.abs(b.height), np.abs(height[:, None]))
    unlike = higher**2 / (height_var[:, None] + b.height_var + (HEIGHT_SHARE * lower) ** 2)
    return np.asarray(off**2 / (place_var[:, None] + b.place_var) + np.minimum(unlike, UNLIKE), np.float64)


def _twos(a: Sequence) -> tuple[F64, F64, F64, F64]:
    """Neighbours taken together: the middle by height, the sum of heights."""
    height = a.height[:-1] + a.height[1:]
    share = a.height[:-1] / height
    place = share * a.place[:-1] + (1.0 - share) * a.place[1:]
    place_var = share**2 * a.place_var[:-1] + (1.0 - share) ** 2 * a.place_var[1:]
    return place, place_var + (0.15 * np.diff(a.place)) ** 2, height, a.height_var[:-1] + a.height_var[1:]


def _apart(a: Sequence) -> F64:
    """Cost of two neighbours being taken for one although they are so far apart that they could be told apart."""
    sd = np.sqrt(a.place_var[:-1] + a.place_var[1:])
    beyond = np.maximum(np.diff(a.place) - _resolved(a), 0.0)
    return np.asarray((beyond / np.maximum(sd, 0.5 * a.sd[:-1])) ** 2, np.float64)


def _resolved(a: Sequence) -> F64:
    return 1.5 * (a.sd[:-1] + a.sd[1:])


def _traced(how: NDArray[np.int64], i: int, j: int) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    groups = []
    while i or j:
        di, dj = _MOVES[how[i, j]]
        groups.append((tuple(range(i - di, i)), tuple(range(j - dj, j))))
        i, j = i - di, j - dj
    return tuple(reversed(groups))
