"""What is measured: lines with a width, and areas. Places are (x, y) in nm on the registered grid, y downwards."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from eclips4d.metrology.profiles.path import Line

Point: TypeAlias = tuple[float, float]
Field: TypeAlias = tuple[float, float, float, float]
"""Left, top, width, height of all that can be measured, nm."""


@dataclass(frozen=True, slots=True)
class LineShape:
    """From end to end; read as the mean over `width_nm` across it (0: along the line alone)."""

    ends: Line
    width_nm: float = 0.0

    @property
    def vertices(self) -> tuple[Point, ...]:
        """Both ends."""
        return self.ends

    @property
    def length_nm(self) -> float:
        """From end to end."""
        return math.dist(*self.ends)

    def moved(self, by: Point) -> LineShape:
        """Somewhere else."""
        a, b = (_plus(end, by) for end in self.ends)
        return replace(self, ends=(a, b))

    def with_vertex(self, k: int, at: Point) -> LineShape:
        """With an end somewhere else."""
        a, b = (at if i == k else end for i, end in enumerate(self.ends))
        return replace(self, ends=(a, b))

    def band(self) -> tuple[Point, ...]:
        """Corners of what is averaged over; none for a line without width."""
        length = self.length_nm
        if not (self.width_nm > 0 and length > 0):
            return ()
        (ax, ay), (bx, by) = self.ends
        half = 0.5 * self.width_nm / length
        x, y = -(by - ay) * half, (bx - ax) * half
        return (ax + x, ay + y), (bx + x, by + y), (bx - x, by - y), (ax - x, ay - y)


@dataclass(frozen=True, slots=True)
class AreaShape:
    """A polygon without crossings; one that is `upright` stays a rectangle along the axes when a corner is moved."""

    vertices: tuple[Point, ...]
    upright: bool = False

    def moved(self, by: Point) -> AreaShape:
        """Somewhere else."""
        return replace(self, vertices=tuple(_plus(vertex, by) for vertex in self.vertices))

    def with_vertex(self, k: int, at: Point) -> AreaShape:
        """With a corner somewhere else."""
        if self.upright:
            return rectangle(self.vertices[(k + 2) % 4], at, first=(k + 2) % 4)
        return replace(self, vertices=tuple(at if i == k else vertex for i, vertex in enumerate(self.vertices)))

    @property
    def area_nm2(self) -> float:
        """Enclosed."""
        return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in _legs(self.vertices))) / 2.0

    @property
    def middle(self) -> Point:
        """Mean of the corners."""
        n = len(self.vertices)
        return sum(x for x, _ in self.vertices) / n, sum(y for _, y in self.vertices) / n


Shape: TypeAlias = LineShape | AreaShape

LEAST_NM: Final = 1e-6
"""Shorter lines are none."""


def rectangle(corner: Point, opposite: Point, first: int = 0) -> AreaShape:
    """Along the axes; `first` is the number that `corner` keeps among the corners."""
    (ax, ay), (bx, by) = corner, opposite
    # Every other corner shares its x with the one before on one side of the diagonal, its y on the other.
    around = ((ax, ay), (bx, ay), (bx, by), (ax, by)) if first % 2 == 0 else ((ax, ay), (ax, by), (bx, by), (bx, ay))
    return AreaShape(around[-first % 4 :] + around[: -first % 4], upright=True)


def outline(shape: Shape) -> list[tuple[Point, Point]]:
    """Straight pieces of which it is drawn."""
    return [shape.ends] if isinstance(shape, LineShape) else _legs(shape.vertices)


def distance_nm(shape: Shape, at: Point) -> float:
    """From a place to the nearest point of what is drawn."""
    return min(_to_piece(at, piece) for piece in outline(shape))


def encloses(shape: Shape, at: Point) -> bool:
    """Whether a place lies within an area (even-odd rule)."""
    if isinstance(shape, LineShape):
        return False
    x, y = at
    crossings = sum(
        (ay > y) != (by > y) and ((x - ax) * (by - ay) < (y - ay) * (bx - ax)) == (by > ay)
        for (ax, ay), (bx, by) in _legs(shape.vertices)
    )
    return crossings % 2 == 1


def worth_measuring(shape: Shape, least_nm: float) -> bool:
    """Whether it is larger than a slip of the mouse: this long, or this wide and high."""
    if isinstance(shape, LineShape):
        return shape.length_nm >= least_nm
    xs, ys = zip(*shape.vertices, strict=True)
    return len(shape.vertices) > 2 and min(max(xs) - min(xs), max(ys) - min(ys)) >= least_nm


def inside(at: Point, field: Field) -> Point:
    """The nearest place within the field."""
    left, top, width, height = field
    return min(max(at[0], left), left + width), min(max(at[1], top), top + height)


def kept_inside(shape: Shape, by: Point, field: Field) -> Point:
    """As much of a displacement as leaves the whole shape within the field, as far as it is there now."""
    left, top, width, height = field
    spans = ((left, left + width), (top, top + height))
    moved = []
    for k, (low, high) in enumerate(spans):
        values = [vertex[k] for vertex in shape.vertices]
        moved.append(max(min(by[k], max(high - max(values), 0.0)), min(low - min(values), 0.0)))
    return moved[0], moved[1]


def _plus(a: Point, b: Point) -> Point:
    return a[0] + b[0], a[1] + b[1]


def _legs(vertices: Sequence[Point]) -> list[tuple[Point, Point]]:
    return list(zip(vertices, (*vertices[1:], vertices[0]), strict=True))


def _to_piece(at: Point, piece: tuple[Point, Point]) -> float:
    (ax, ay), (bx, by) = piece
    square = (bx - ax) ** 2 + (by - ay) ** 2
    share = 0.0 if square == 0 else ((at[0] - ax) * (bx - ax) + (at[1] - ay) * (by - ay)) / square
    share = min(max(share, 0.0), 1.0)
    return math.dist(at, (ax + share * (bx - ax), ay + share * (by - ay)))
