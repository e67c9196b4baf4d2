"""How far steps on a line have moved since they were first seen, or since it was told last; pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from eclips4d.metrology.steps.edge import Edge

SURE_SD: Final = 5.0
"""What noise alone can do does not count."""
MISSED: Final = 5
"""Frames for which a step that is not found is waited for."""
FURTHEST_SD: Final = 10.0
"""Widths of its riser, as standard deviations, by which a step moves from frame to frame at most."""


@dataclass(slots=True)
class _Known:
    begun: Edge
    last: Edge
    missed: int = 0


class MovedSteps:
    """The steps of one line, frame after frame: each is the nearest one of the same sense as before.

    A step that moves by more than half the distance to its neighbour from frame to frame is mistaken for that one; one
    that moves by more than `FURTHEST_SD` counts as new.
    """

    def __init__(self) -> None:
        self._known: list[_Known] = []

    def take(self, edges: Sequence[Edge], place_sd_nm: float) -> float:
        """The furthest way of any step, nm: 0 within what noise can do, NaN when none that was known is seen.

        Parameters
        ----------
        edges
            Steps of the frame on the line.
        place_sd_nm
            How sure the frame's own place is.
        """
        pairs, new = _paired(self._known, edges)
        for known in self._known:
            known.missed += 1
        for known, edge in pairs:
            known.last, known.missed = edge, 0
        ways = [_way(known, place_sd_nm) for known, _ in pairs]
        self._known = [known for known in self._known if known.missed <= MISSED]
        self._known += [_Known(edge, edge) for edge in new]
        return max(ways, default=math.nan)

    def begin_anew(self) -> None:
        """Ways count from here on."""
        for known in self._known:
            known.begun = known.last


def _paired(known: Sequence[_Known], edges: Sequence[Edge]) -> tuple[list[tuple[_Known, Edge]], list[Edge]]:
    """Nearest ones first, each once; those of the frame that are left over are new."""
    pairs: list[tuple[_Known, Edge]] = []
    near = sorted(
        (abs(k.last.position_nm - e.position_nm), i, j)
        for i, k in enumerate(known)
        for j, e in enumerate(edges)
        if k.last.rises == e.rises and abs(k.last.position_nm - e.position_nm) < _reach(i, known)
    )
    taken_i, taken_j = set[int](), set[int]()
    for _, i, j in near:
        if i not in taken_i and j not in taken_j:
            taken_i.add(i)
            taken_j.add(j)
            pairs.append((known[i], edges[j]))
    return pairs, [edge for j, edge in enumerate(edges) if j not in taken_j]


def _reach(i: int, known: Sequence[_Known]) -> float:
    """Half the way to the nearest other one of the same sense, but no further than a step goes."""
    one = known[i].last
    others = (
        abs(k.last.position_nm - one.position_nm) for j, k in enumerate(known) if j != i and k.last.rises == one.rises
    )
    return min(0.5 * min(others, default=math.inf), FURTHEST_SD * one.sd_nm)


def _way(known: _Known, place_sd_nm: float) -> float:
    way = abs(known.last.position_nm - known.begun.position_nm)
    sd = math.hypot(known.last.whole_u_nm, known.begun.whole_u_nm, place_sd_nm)
    return way if way > SURE_SD * sd else 0.0
