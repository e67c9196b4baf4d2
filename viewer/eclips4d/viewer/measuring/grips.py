"""Where the mouse takes hold of what is drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass

from eclips4d.viewer.measuring.shapes import Field, Point, Shape, distance_nm, encloses, inside, kept_inside
from eclips4d.viewer.measuring.sheet import Measurement, Sheet


@dataclass(frozen=True, slots=True)
class Grip:
    """One vertex of a measurement, or the whole of it (`vertex` None)."""

    identity: int
    vertex: int | None


def grip_at(sheet: Sheet, at: Point, reach_nm: float) -> Grip | None:
    """What is taken hold of at a place: a vertex before an outline, the selected measurement before the others.

    The inside of an area is not taken hold of, so that the image can still be moved there.
    """
    ordered = sorted(sheet.measurements, key=lambda m: m.identity != sheet.selected)
    for measurement in ordered:
        near = [(math.dist(vertex, at), k) for k, vertex in enumerate(measurement.shape.vertices)]
        distance, vertex = min(near)
        if distance <= reach_nm:
            return Grip(measurement.identity, vertex)
    for measurement in ordered:
        if distance_nm(measurement.shape, at) <= reach_nm:
            return Grip(measurement.identity, None)
    return None


def picked(sheet: Sheet, at: Point, reach_nm: float) -> int | None:
    """Identity of what a click chooses: what it touches, else the smallest area around it."""
    grip = grip_at(sheet, at, reach_nm)
    if grip is not None:
        return grip.identity
    around = [(area.area_nm2, m.identity) for m, area in sheet.all_areas() if encloses(area, at)]
    return min(around)[1] if around else None


def dragged(before: Measurement, grip: Grip, start: Point, to: Point, field: Field) -> Shape:
    """The shape when the mouse has gone from `start` to `to` since it took hold, within the field."""
    shape = before.shape
    by = to[0] - start[0], to[1] - start[1]
    if grip.vertex is None:
        return shape.moved(kept_inside(shape, by, field))
    x, y = shape.vertices[grip.vertex]
    return shape.with_vertex(grip.vertex, inside((x + by[0], y + by[1]), field))
