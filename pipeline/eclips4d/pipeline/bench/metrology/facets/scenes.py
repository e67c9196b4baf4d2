"""Frusta of known facets, decoys among them, and crossed steps that move: surfaces in closed form.

Heights are the lowest of some planes; the microscope that looks at them is the simulated one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.scenes.facets import Face, facets, inclination_deg
from eclips4d.physics.scenes.islands import on_screen
from eclips4d.physics.scenes.scene import Labels, Lines, of_one_material

F64 = NDArray[np.float64]

DECOY_DEG = 40.0
"""Inclination of the side that belongs to no plane of the crystal."""


@dataclass(frozen=True, slots=True, eq=False)
class Frusta:
    """Convex polyhedra on a flat; a `Scene` that does not change.

    Attributes
    ----------
    centres : float64 [n, 2]
        x, y, nm.
    planes : tuple of float64 [p, 4]
        Of each: outward unit normal on the array axes (x, y down, up) and distance from the centre of the base, nm.
    names : tuple of tuple of str
        The family of each plane; empty for one that belongs to none.
    """

    centres: F64
    planes: tuple[F64, ...]
    names: tuple[tuple[str, ...], ...]

    @property
    def side_units(self) -> Mapping[str, str]:
        """No side values."""
        return {}

    def side(self, t_s: float) -> dict[str, float]:
        """No side values."""
        return {}

    def labels(self) -> Labels:
        """Centres."""
        return {"centre_nm": self.centres}

    def lines(self, x0_nm: F64, step_nm: float, count: int, y_nm: F64, t_s: F64) -> Lines:
        """The surface on horizontal lines; see `Scene.lines`."""
        x = np.asarray(x0_nm)[:, None] + step_nm * np.arange(count)
        return of_one_material(self.lowest(x, np.broadcast_to(np.asarray(y_nm)[:, None], x.shape))[0])

    def lowest(self, x: F64, y: F64) -> tuple[F64, NDArray[np.int64]]:
        """Height and which plane is the surface: -1 for the flat, else 100 · frustum + plane."""
        height, which = np.zeros(x.shape), np.full(x.shape, -1)
        for k, ((cx, cy), planes) in enumerate(zip(self.centres, self.planes, strict=True)):
            own, plane = np.full(x.shape, np.inf), np.zeros(x.shape, int)
            for p, (nx, ny, nz, distance) in enumerate(planes):
                level = (distance - nx * (x - cx) - ny * (y - cy)) / nz
                lower = level < own
                own[lower], plane[lower] = level[lower], p
            above = own > height
            height[above], which[above] = own[above], 100 * k + plane[above]
        return height, which


@dataclass(frozen=True, slots=True)
class Sides:
    """Sides of one kind: unit normals (along, aside, up) for a crystal that is not turned, and what they are."""

    normals: F64
    name: str
    foot: float


def crystal(top: Face) -> list[Sides]:
    """The families' sides on a top, those up to 60°."""
    made = []
    faces: tuple[Face, ...] = ("100", "110", "111")
    for face in faces:
        normals = facets(top, face)
        normals = normals[inclination_deg(normals) < 60.0] if len(normals) else normals
        if len(normals):
            made.append(Sides(normals, face, 1.0))
    return made


def decoys() -> list[Sides]:
    """On a (100) top: {223} at 43.31° along <110>, and planes of 40° along <100> that are no planes of the crystal."""
    inclined = (float(np.degrees(np.arctan2(2.0 * np.sqrt(2.0), 3.0))), DECOY_DEG)
    return [
        Sides(_ring(inclined[0], 45.0), "", 1.0),
        Sides(_ring(inclined[1], 0.0), "", 1.0),
    ]


def frusta(
    kinds: list[list[Sides]], top: Face, orientation_deg: float, height_nm: float, foot_nm: float, pitch_nm: float
) -> Frusta:
    """Frusta of these kinds on a square grid, all tops of one family and all crystals turned alike."""
    columns = int(np.ceil(np.sqrt(len(kinds))))
    places = [(k % columns - (columns - 1) / 2, k // columns - (columns - 1) / 2) for k in range(len(kinds))]
    planes, names = [], []
    for sides in kinds:
        rows, told = [], []
        for side in sides:
            turned = on_screen(side.normals, np.radians(orientation_deg))
            reach = foot_nm * side.foot * np.hypot(turned[:, 0], turned[:, 1])
            rows.append(np.column_stack([turned, reach]))
            told += [side.name] * len(turned)
        planes.append(np.concatenate([*rows, [[0.0, 0.0, 1.0, height_nm]]]))
        names.append((*told, str(top)))
    return Frusta(np.asarray(places, np.float64) * pitch_nm, tuple(planes), tuple(names))


def _ring(inclination_deg: float, first_deg: float) -> F64:
    t, around = np.radians(inclination_deg), np.radians(first_deg + 90.0 * np.arange(4))
    return np.column_stack([np.sin(t) * np.cos(around), np.sin(t) * np.sin(around), np.full(4, np.cos(t))])
