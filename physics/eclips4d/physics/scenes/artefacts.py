"""Calibration artefacts of known shape: pyramids and indents, spheres, gratings."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import BeforeValidator, Field, NonNegativeFloat, PositiveFloat

from eclips4d.core.errors import InputError
from eclips4d.physics.scenes.gas import gas_program
from eclips4d.physics.scenes.scene import FloatArray
from eclips4d.physics.scenes.still import Still, StillOptions, height_only, turned


def _listed(value: object) -> object:
    return tuple(value.split(",")) if isinstance(value, str) else (value,) if isinstance(value, (int, float)) else value


_Face = Annotated[float, Field(gt=0.0, lt=89.0)]


class PyramidOptions(StillOptions):
    """What can be chosen of `pyramid`."""

    face_deg: Annotated[tuple[_Face, ...], BeforeValidator(_listed), Field(min_length=1, max_length=16)] = Field(
        (22.0,), description="angle of the faces to the base; several, as 10,22,40, for as many pyramids"
    )
    half_base_nm: NonNegativeFloat = Field(0.0, description="half side of the base; 0: 0.36 of the room there is")
    orientation_deg: float = Field(0.0, description="of the base on the screen, counter-clockwise")
    indent: bool = Field(True, description="whether it goes down, as a hardness indent, or up")


class SphereOptions(StillOptions):
    """What can be chosen of `sphere`."""

    radius_nm: NonNegativeFloat = Field(0.0, description="of the sphere; 0: as large as the field")
    edge_deg: float = Field(35.0, gt=0.0, le=89.0, description="slope at the rim of the cap; flat beyond")
    hollow: bool = Field(False, description="a dent instead of a dome")


class GratingOptions(StillOptions):
    """What can be chosen of `grating`."""

    pitch_nm: PositiveFloat = Field(200.0, description="period")
    depth_nm: PositiveFloat = Field(20.0, description="of the grooves")
    wall_deg: float = Field(45.0, gt=0.0, lt=90.0, description="angle of the walls")
    duty: float = Field(0.5, gt=0.0, lt=1.0, description="share of the pitch above half depth")
    orientation_deg: float = Field(0.0, description="of the grating vector on the screen, counter-clockwise")
    crossed: bool = Field(True, description="grooves along both directions, for both scales and shear")


def pyramid(field_nm: tuple[float, float], seed: int, switch_s: float, options: PyramidOptions) -> Still:
    """Square pyramids side by side, each exactly four planes on a flat base."""
    faces = np.asarray(options.face_deg)
    across = int(np.ceil(np.sqrt(len(faces))))
    down = int(np.ceil(len(faces) / across))
    room = np.array([field_nm[0] / across, field_nm[1] / down])
    turn = abs(np.cos(np.radians(options.orientation_deg))) + abs(np.sin(np.radians(options.orientation_deg)))
    half = options.half_base_nm or 0.36 * float(room.min()) / turn
    index = np.arange(len(faces))
    centre = (np.column_stack([index % across, index // across]) + 0.5) * room - 0.5 * np.asarray(field_nm)
    rise = np.tan(np.radians(faces)) * (-1.0 if options.indent else 1.0)

    def height(x: FloatArray, y: FloatArray) -> FloatArray:
        total = np.zeros(x.shape)
        for (at_x, at_y), slope in zip(centre, rise, strict=True):
            along, aside = turned(x - at_x, y - at_y, options.orientation_deg)
            total += slope * np.maximum(half - np.maximum(np.abs(along), np.abs(aside)), 0.0)
        return total

    told = {
        "face_deg": faces,
        "centre_nm": centre,
        "half_base_nm": half,
        "depth_nm": half * np.abs(rise),
        "orientation_deg": options.orientation_deg,
    }
    return Still(height_only(height), gas_program(switch_s) if options.in_gas else None, told)


def sphere(field_nm: tuple[float, float], seed: int, switch_s: float, options: SphereOptions) -> Still:
    """A spherical cap on a flat base; its slope at a distance r from the axis is r/sqrt(R² − r²)."""
    steepest = np.radians(options.edge_deg)
    radius = options.radius_nm or 0.4 * min(field_nm) / float(np.sin(steepest))
    rim = radius * float(np.sin(steepest))
    sign = -1.0 if options.hollow else 1.0

    def height(x: FloatArray, y: FloatArray) -> FloatArray:
        inside = np.minimum(x * x + y * y, rim * rim)
        return np.asarray(sign * (np.sqrt(radius * radius - inside) - np.sqrt(radius * radius - rim * rim)))

    told = {"radius_nm": radius, "rim_nm": rim, "height_nm": sign * radius * (1.0 - float(np.cos(steepest)))}
    return Still(height_only(height), gas_program(switch_s) if options.in_gas else None, told)


def grating(field_nm: tuple[float, float], seed: int, switch_s: float, options: GratingOptions) -> Still:
    """Trapezoidal grooves.

    Raises
    ------
    InputError
        Walls that need more room than the pitch gives them.
    """
    steep = float(np.tan(np.radians(options.wall_deg)))
    wall = options.depth_nm / steep
    if wall > options.pitch_nm * min(options.duty, 1.0 - options.duty):
        cure = "use a smaller depth_nm, a larger pitch_nm or steeper walls"
        raise InputError(f"walls of {wall:.0f} nm leave no top or bottom", where="grating", cure=cure)

    def profile(q: FloatArray) -> FloatArray:
        from_ridge = np.abs(q - options.pitch_nm * np.rint(q / options.pitch_nm))
        beyond = from_ridge - 0.5 * options.duty * options.pitch_nm
        return np.asarray(np.clip(-beyond * steep - 0.5 * options.depth_nm, -options.depth_nm, 0.0))

    def height(x: FloatArray, y: FloatArray) -> FloatArray:
        along, aside = turned(x, y, options.orientation_deg)
        return np.minimum(profile(along), profile(aside)) if options.crossed else profile(along)

    told = {
        "pitch_nm": options.pitch_nm,
        "depth_nm": options.depth_nm,
        "wall_deg": options.wall_deg,
        "orientation_deg": options.orientation_deg,
    }
    return Still(height_only(height), gas_program(switch_s) if options.in_gas else None, told)
