"""Steep relief: sharp straight steps of any wall, and pits and trenches that hide part of the detector."""

from __future__ import annotations

import numpy as np
from pydantic import Field, NonNegativeFloat, PositiveFloat

from eclips4d.core.errors import InputError
from eclips4d.physics.scenes.gas import gas_program
from eclips4d.physics.scenes.profile import step_label
from eclips4d.physics.scenes.scatter import scattered
from eclips4d.physics.scenes.scene import FloatArray, Labels
from eclips4d.physics.scenes.still import Still, StillOptions, height_only, turned


class StepsOptions(StillOptions):
    """What can be chosen of `steps`."""

    step_height_nm: PositiveFloat = Field(8.0, description="height of every step")
    wall_nm: NonNegativeFloat = Field(4.0, description="width of the wall; wall_deg goes before it")
    wall_deg: float | None = Field(None, gt=0.0, lt=90.0, description="angle of the wall instead of its width")
    apart_nm: PositiveFloat = Field(160.0, description="distance of steps")
    orientation_deg: float = Field(8.0, description="of the way across the steps on the screen, counter-clockwise")
    staircase: bool = Field(False, description="all steps down, instead of up and down in turn")


class PitsOptions(StillOptions):
    """What can be chosen of `pits`."""

    shallowest_deg: float = Field(50.0, gt=0.0, lt=90.0, description="walls of the least steep one")
    steepest_deg: float = Field(80.0, gt=0.0, lt=90.0, description="walls of the steepest one")
    depth_nm: PositiveFloat = Field(60.0, description="of all")
    across_nm: PositiveFloat = Field(160.0, description="half width of a pit's mouth at most; of a trench's half of it")
    pits: int = Field(5, ge=0, le=200, description="how many square pits")
    trenches: int = Field(2, ge=0, le=50, description="how many straight trenches")


def steps(field_nm: tuple[float, float], seed: int, switch_s: float, options: StepsOptions) -> Still:
    """Straight steps with plane walls; with a wall of 2 to 8 nm and 4 nm pixels they are 0.5 to 2 pixels wide.

    Raises
    ------
    InputError
        Walls wider than the distance of the steps.
    """
    wall = options.wall_nm
    if options.wall_deg is not None:
        wall = options.step_height_nm / float(np.tan(np.radians(options.wall_deg)))
    if wall >= options.apart_nm:
        raise InputError(f"walls of {wall:.0f} nm do not fit", where="steps", cure="use a larger apart_nm")
    angle_deg = float(np.degrees(np.arctan2(options.step_height_nm, wall)))

    def height(x: FloatArray, y: FloatArray) -> FloatArray:
        q = turned(x, y, options.orientation_deg)[0] / options.apart_nm
        whole = np.rint(q)
        over = np.clip((q - whole) * options.apart_nm / max(wall, 1e-9), -0.5, 0.5)
        if options.staircase:
            return np.asarray(-options.step_height_nm * (whole + over))
        return np.asarray(options.step_height_nm * np.where(whole % 2 == 0, 0.5 + over, 0.5 - over))

    told: Labels = {
        "step_height_nm": options.step_height_nm,
        "step": step_label(options.step_height_nm),
        "wall_nm": wall,
        "wall_deg": angle_deg,
        "apart_nm": options.apart_nm,
        "orientation_deg": options.orientation_deg,
    }
    return Still(height_only(height), gas_program(switch_s) if options.in_gas else None, told)


def pits(field_nm: tuple[float, float], seed: int, switch_s: float, options: PitsOptions) -> Still:
    """Square pits and straight trenches with plane walls in a flat surface, their steepness spread evenly.

    Raises
    ------
    InputError
        The least steep walls are steeper than the steepest.
    """
    if options.shallowest_deg > options.steepest_deg:
        raise InputError("shallowest_deg is above steepest_deg", where="pits", cure="exchange them")
    features = _features(field_nm, np.random.default_rng([seed, 0x917]), options)

    def height(x: FloatArray, y: FloatArray) -> FloatArray:
        depth = np.zeros(x.shape)
        for at_x, at_y, half, aspect, angle_deg, wall_deg in features:
            along, aside = turned(x - at_x, y - at_y, angle_deg)
            inside = half - np.maximum(np.abs(along), np.abs(aside) / aspect)
            depth = np.maximum(depth, np.tan(np.radians(wall_deg)) * inside)
        return np.asarray(-np.minimum(depth, options.depth_nm))

    told: Labels = {"features": features, "depth_nm": options.depth_nm}
    return Still(height_only(height), gas_program(switch_s) if options.in_gas else None, told)


def _features(field_nm: tuple[float, float], random: np.random.Generator, options: PitsOptions) -> FloatArray:
    """x, y, half width, length over width (1 for a pit, without end for a trench), direction (deg), wall (deg)."""
    mouth = min(options.across_nm, 0.12 * min(field_nm))
    area_um2 = field_nm[0] * field_nm[1] * 1e-6
    x, y = scattered(field_nm, options.pits / area_um2, 2.3 * mouth, random) if options.pits else np.zeros((2, 0))
    count = len(x)
    wide = random.uniform(0.55, 1.0, count) * mouth
    square = np.column_stack([x, y, wide, np.ones(count), random.uniform(0.0, 90.0, count)])
    places = random.uniform(-0.4, 0.4, (options.trenches, 2)) * field_nm
    narrow = random.uniform(0.25, 0.5, options.trenches) * mouth
    long = np.column_stack(
        [places, narrow, np.full(options.trenches, np.inf), random.uniform(0.0, 180.0, options.trenches)]
    )
    features = np.concatenate([square, long])
    steepness = np.linspace(options.shallowest_deg, options.steepest_deg, max(len(features), 1))[: len(features)]
    return np.column_stack([features, random.permutation(steepness)])
