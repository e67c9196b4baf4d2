"""What can be wrong with outlines that somebody drew: corners twice, sides that cross, outlines that overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence

Point = tuple[float, float]
Outline = Sequence[Point]

_NUDGE = 1e-6


def outline_problem(outline: Outline) -> str | None:
    """What is wrong with one outline, as the rest of a sentence; None where nothing is."""
    if len(set(outline)) != len(outline):
        return "has one corner twice; the last joins the first by itself"
    sides = _sides(outline)
    for i, first in enumerate(sides):
        for second in sides[i + 1 :]:
            if _cross(*first, *second):
                return "crosses itself"
    if abs(signed_area(outline)) < 1e-12 * max(math.dist(a, b) for a, b in sides) ** 2:
        return "has no area"
    return None


def overlap(one: Outline, other: Outline) -> bool:
    """Whether two outlines without problems have area in common; sides and corners may touch."""
    if any(_cross(*a, *b) for a in _sides(one) for b in _sides(other)):
        return True
    return any(contains(b, p) for a, b in ((one, other), (other, one)) for p in _just_inside(a))


def contains(outline: Outline, point: Point) -> bool:
    """Whether a point lies inside: a line from it to the right meets the outline an odd number of times."""
    odd = False
    for (x0, y0), (x1, y1) in _sides(outline):
        if (y0 > point[1]) != (y1 > point[1]):
            odd ^= point[0] < x0 + (point[1] - y0) / (y1 - y0) * (x1 - x0)
    return odd


def centroid(outline: Outline) -> Point:
    """Centre of the area."""
    area = signed_area(outline)
    moments = [0.0, 0.0]
    for (x0, y0), (x1, y1) in _sides(outline):
        part = (x0 * y1 - x1 * y0) / (6.0 * area)
        moments[0] += part * (x0 + x1)
        moments[1] += part * (y0 + y1)
    return moments[0], moments[1]


def signed_area(outline: Outline) -> float:
    """Positive where the corners run anticlockwise."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in _sides(outline)) / 2.0


def _sides(outline: Outline) -> list[tuple[Point, Point]]:
    return list(zip(outline, [*outline[1:], outline[0]], strict=True))


def _just_inside(outline: Outline) -> list[Point]:
    left = math.copysign(_NUDGE, signed_area(outline))
    return [
        ((x0 + x1) / 2.0 - left * (y1 - y0), (y0 + y1) / 2.0 + left * (x1 - x0))
        for (x0, y0), (x1, y1) in _sides(outline)
    ]


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two sides cross, each between the other's ends."""
    return _turn(a, b, c) * _turn(a, b, d) < 0.0 and _turn(c, d, a) * _turn(c, d, b) < 0.0


def _turn(a: Point, b: Point, c: Point) -> float:
    """Twice the area of a triangle, 0 where rounding alone would give a sign."""
    area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return area if abs(area) > 1e-12 * math.dist(a, b) * max(math.dist(a, c), math.dist(b, c)) else 0.0
