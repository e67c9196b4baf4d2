"""Copper in hydrogen and oxygen: step bunches flow, growth spirals turn, facetted oxide islands come and go.

The surface is the upper envelope of crystal hillocks, as where growing hillocks meet: a vicinal train of bunched
steps with elementary steps on its terraces, and spirals around bundles of dislocations in the steady rotation of
Burton, Cabrera and Frank. Every step that passes brings new roughness; particles stay. Oxide islands are convex
polyhedra of {111} and {110} sides with a (100) top; they grow in oxygen and shrink in hydrogen. Heights are those
about the mean of the growing crystal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from pydantic import Field, NonNegativeFloat, PositiveFloat

from eclips4d.core.settings import Settings
from eclips4d.physics.scenes.bcf.radial import phase_at, steady_spiral
from eclips4d.physics.scenes.copper_redox_kernel import (
    PHASE_STEP,
    RISER_SD_NM,
    ROUGHNESS_STEP_NM,
    crystal_lines,
    oxide_lines,
)
from eclips4d.physics.scenes.facets import facets, inclination_deg
from eclips4d.physics.scenes.features import add_particles
from eclips4d.physics.scenes.gas import GasProgram, gas_program
from eclips4d.physics.scenes.islands import OXIDE_YIELD, on_screen
from eclips4d.physics.scenes.profile import step_label
from eclips4d.physics.scenes.scatter import particles, scattered
from eclips4d.physics.scenes.scene import FloatArray, Labels, Lines
from eclips4d.physics.scenes.tile import fine_grain, rough_tile
from eclips4d.physics.scenes.train import ELEMENTARY_NM, Train, bunched_train

BUNCH_SPACING_NM = 190
BUNCH_HEIGHT_NM = 13.0
SPIRAL_SPACING_NM = 150.0
SPIRAL_HEIGHT_NM = 12.0
SUNK_NM = 12.0
"""How deep an island reaches into the surface; so far its top goes down when the oxide is gone."""
_BUNCHES = 64
_ROUGHNESS_TILE = 512
_FIELD_OF_LAYOUT_NM = 2000.0


class CopperRedoxOptions(Settings):
    """What can be chosen of `copper-redox`."""

    speed_nm_s: NonNegativeFloat = Field(6.0, description="of every step in hydrogen; a quarter of it in oxygen")
    islands_per_um2: NonNegativeFloat = Field(3.0, description="oxide islands")
    particles_per_um2: PositiveFloat = Field(34.0, description="particles that stay put")
    roughness_nm: NonNegativeFloat = Field(0.6, description="rms; a passing step buries it under its own")


@dataclass(frozen=True, slots=True)
class CopperRedox:
    """The scene; build it with `copper_redox`.

    Attributes
    ----------
    gas
        What drives it.
    train
        Bunched steps.
    train_range : float64 [2]
        Lowest and highest point of the step train.
    hills : float64 [n, 8]
        Spirals: x, y, apex, riser height, spacing, sense (+1 clockwise on the screen), critical radius, starting phase.
    phase : float64 [m]
        Of the steadily rotating spiral, at multiples of `PHASE_STEP` critical radii.
    islands : float64 [n, 4]
        x, y, level of their base, reach.
    planes : float64 [n, p, 4]
        Of each island: outward normals (x, y on the array axes, up) and distances, nm, the top last.
    particles : float64 [n, 4]
        x, y, height, radius (standard deviation).
    roughness : float64 [m, m]
        Cubic spline coefficients of a periodic tile.
    """

    options: CopperRedoxOptions
    gas: GasProgram
    train: Train
    train_range: FloatArray
    hills: FloatArray
    phase: FloatArray
    islands: FloatArray
    planes: FloatArray
    particles: FloatArray
    roughness: FloatArray

    @property
    def side_units(self) -> Mapping[str, str]:
        """Units of the side values."""
        return self.gas.units

    def side(self, t_s: float) -> dict[str, float]:
        """Temperature and pressures at a moment."""
        return self.gas.side(t_s)

    def lines(self, x0_nm: FloatArray, step_nm: float, count: int, y_nm: FloatArray, t_s: FloatArray) -> Lines:
        """The surface on horizontal lines; see `Scene.lines`."""
        height, grain = np.empty((len(y_nm), count)), np.zeros((len(y_nm), count), np.int16)
        x0, y, step = np.asarray(x0_nm, dtype=np.float64), np.asarray(y_nm, dtype=np.float64), float(step_nm)
        shift = self.options.speed_nm_s * self.gas.advanced_s(t_s)
        layout = (self.train.table, len(self.train.bunches), self.train_range, self.hills, self.phase, self.roughness)
        crystal_lines(x0, step, y, shift, *layout, height)
        oxide_lines(x0, step, y, np.sqrt(self.gas.coverage(t_s)), self.islands, self.planes, height, grain)
        add_particles(x0, step, y, self.particles, height)
        return Lines(height, np.where(grain > 0, OXIDE_YIELD, 1.0), grain)

    def labels(self) -> Labels:
        """What a perfect measurement would find; speeds are those in hydrogen."""
        return {
            "bunch": step_label(BUNCH_HEIGHT_NM),
            "bunch_height_nm": self.train.bunches[:, 1],
            "terrace_step": step_label(ELEMENTARY_NM),
            "velocity_nm_s": self.options.speed_nm_s,
            "cores": self.hills[:, [0, 1, 5]],
            "spiral": step_label(SPIRAL_HEIGHT_NM),
            "spiral_height_nm": SPIRAL_HEIGHT_NM,
            "spiral_spacing_nm": SPIRAL_SPACING_NM,
            "rotation_per_s": self.options.speed_nm_s / SPIRAL_SPACING_NM,
            "riser_nm": RISER_SD_NM,
            "islands": self.islands[:, :2],
            "facets_111_deg": np.unique(np.round(inclination_deg(facets("100", "111")), 6)),
            "facets_110_deg": np.unique(np.round(inclination_deg(facets("100", "110")), 6)),
            "particles": self.particles,
        }


def copper_redox(field_nm: tuple[float, float], seed: int, switch_s: float, options: CopperRedoxOptions) -> CopperRedox:
    """Lay the scene out over a field, from a seed."""
    random = np.random.default_rng([seed, 0xE4D])
    hills = _hills(field_nm)
    train = bunched_train(BUNCH_SPACING_NM, BUNCH_HEIGHT_NM, _BUNCHES, random)
    islands, planes = _islands(field_nm, hills, options.islands_per_um2, random)
    farthest = (2.0 * max(field_nm) + _FIELD_OF_LAYOUT_NM) / hills[0, 6]
    return CopperRedox(
        options=options,
        gas=gas_program(switch_s),
        train=train,
        train_range=train.table[:, 0].min() - 3.0 + np.array([0.0, np.ptp(train.table[:, 0]) + 6.0]),
        hills=hills,
        phase=phase_at(np.arange(0.0, farthest, PHASE_STEP)),
        islands=islands,
        planes=planes,
        particles=particles(field_nm, options.particles_per_um2, (7.0, 14.0), random),
        roughness=rough_tile(_ROUGHNESS_TILE, ROUGHNESS_STEP_NM, options.roughness_nm, fine_grain(25.0), random),
    )


def _hills(field_nm: tuple[float, float]) -> FloatArray:
    """Two spirals of opposite sense; in small fields the first one sits in the middle."""
    scale = min(1.0, min(field_nm) / _FIELD_OF_LAYOUT_NM)
    step = [SPIRAL_HEIGHT_NM, SPIRAL_SPACING_NM]
    critical_nm = SPIRAL_SPACING_NM / steady_spiral().spacing
    return np.array(
        [
            [-330.0 * scale, 180.0 * scale, 62.0, *step, 1.0, critical_nm, 0.15],
            [620.0, -560.0, 40.0, *step, -1.0, critical_nm, 0.55],
        ]
    )


def _islands(
    field_nm: tuple[float, float], hills: FloatArray, per_um2: float, random: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Not on the spirals' cores; each with its own share of {111} and {110} sides."""
    normals = np.concatenate([facets("100", "111"), facets("100", "110")])
    if not per_um2:
        return np.zeros((0, 4)), np.zeros((0, len(normals) + 1, 4))
    x, y = scattered(field_nm, per_um2, 260.0, random)
    away = np.min([np.hypot(x - h[0], y - h[1]) for h in hills], axis=0) > 230.0
    x, y = x[away], y[away]
    level = np.max([np.zeros_like(x), *(_cone(h, x, y) for h in hills)], axis=0) - SUNK_NM
    count = len(x)
    height = SUNK_NM + random.uniform(18.0, 30.0, count)
    turn = np.radians(20.0 + 45.0 * (random.random(count) < 0.25))
    half_top = random.uniform(30.0, 80.0, (count, 1)) * np.where(
        np.arange(len(normals)) < 4, 1.0, random.uniform(0.85, 1.25, (count, 1))
    )
    planes = np.empty((count, len(normals) + 1, 4))
    for k in range(count):
        planes[k, :-1, :3] = on_screen(normals, float(turn[k]))
        aside = np.hypot(planes[k, :-1, 0], planes[k, :-1, 1])
        planes[k, :-1, 3] = half_top[k] * aside + height[k] * planes[k, :-1, 2]
        planes[k, -1] = 0.0, 0.0, 1.0, height[k]
    reach = 1.45 * (half_top.max(axis=1) + height)
    return np.column_stack([x, y, level, reach]), planes


def _cone(hill: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    return np.asarray(hill[2] - hill[3] / hill[4] * np.hypot(x - hill[0], y - hill[1]))
