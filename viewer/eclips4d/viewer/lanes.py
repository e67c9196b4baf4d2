"""Where words go that belong to places on an axis, so that none covers another; knows no Qt."""

from __future__ import annotations

from collections.abc import Sequence

GAP = 8.0


def within(place: float, width: float, room: float) -> float:
    """Where words begin: if they would be cut off at the edge, so that they end there; unless their place is beyond."""
    return min(place, max(0.0, room - width)) if place <= room else place


def lanes(places: Sequence[float], widths: Sequence[float], count: int) -> list[int | None]:
    """A lane for each, the newest first asked: words begin at their place, and some find no room.

    Parameters
    ----------
    places : sequence of float
        Where words begin, screen pixels, oldest first.
    widths : sequence of float
        How long they are.
    count : int
        Lanes there are.

    Returns
    -------
    list of int or None
        Lane 0, 1, …; None where words would cover others.
    """
    found: list[int | None] = [None] * len(places)
    taken: list[list[tuple[float, float]]] = [[] for _ in range(count)]
    for k in reversed(range(len(places))):
        start, end = places[k], places[k] + widths[k] + GAP
        free = [n for n, lane in enumerate(taken) if all(end <= left or right <= start for left, right in lane)]
        if free:
            found[k] = free[0]
            taken[free[0]].append((start, end))
    return found
