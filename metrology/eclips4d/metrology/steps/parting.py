"""Which step is which when several that could not be told apart part again."""

from __future__ import annotations

import numpy as np

from eclips4d.metrology.steps.edge import Edge
from eclips4d.metrology.steps.live import Live

EVIDENCE = 16.0
"""By how much less chi² heights must fit the crossed order: steps keep theirs, particles are passed over."""
SHARE = 0.15
"""By which the height of a step may vary beside its uncertainty."""


def parted(leaves: tuple[Live, ...], into: list[Edge]) -> list[tuple[Live, ...]]:
    """The steps that go into each of two found ones; empty groups where nothing is known.

    Steps keep their order, and are shared out where the sums of heights fit best. Only when the heights say clearly
    that the order is the other one, as when a step has passed over a particle, is it crossed.

    Parameters
    ----------
    leaves : tuple of Live
        In the order of their places before they came together.
    into : list of Edge
        Two, in the order of their places.
    """
    if len(leaves) < 2:
        return [leaves, ()] if leaves else [(), ()]
    cuts = range(1, len(leaves))
    kept = min(cuts, key=lambda n: _misfit(leaves[:n], into[0]) + _misfit(leaves[n:], into[1]))
    crossed = min(cuts, key=lambda n: _misfit(leaves[n:], into[0]) + _misfit(leaves[:n], into[1]))
    straight = _misfit(leaves[:kept], into[0]) + _misfit(leaves[kept:], into[1])
    across = _misfit(leaves[crossed:], into[0]) + _misfit(leaves[:crossed], into[1])
    if across + EVIDENCE < straight:
        return [leaves[crossed:], leaves[:crossed]]
    return [leaves[:kept], leaves[kept:]]


def _misfit(leaves: tuple[Live, ...], edge: Edge) -> float:
    total = sum(leaf.height() for leaf in leaves)
    u = np.hypot(edge.height_u_nm, SHARE * min(abs(total), abs(edge.height_nm)))
    return float((edge.height_nm - total) ** 2 / u**2)
