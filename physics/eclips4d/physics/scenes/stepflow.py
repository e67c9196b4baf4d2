"""Step flow on a vicinal surface in closed form: steps of given velocity that bunch, meander and bury.

Step k is, along the flow, at

    s_k = L·k + v·t + A·sin(2 pi·k/N + Omega·t) + meander(across, k),

so that every step's velocity v + A·Omega·cos(2 pi·k/N + Omega·t) and the bunches' velocity v − L·N·Omega/(2 pi) are
known; steps run into a bunch and leave it at its front. The order of steps is kept for A < L·N/(2 pi) less what the
meander takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from pydantic import Field, NonNegativeFloat, PositiveFloat

from eclips4d.core.settings import Settings
from eclips4d.physics.scenes.features import add_particles, add_patches
from eclips4d.physics.scenes.gas import GasProgram, gas_program
from eclips4d.physics.scenes.islands import OXIDE_YIELD
from eclips4d.physics.scenes.profile import step_label
from eclips4d.physics.scenes.scatter import particles, scattered
from eclips4d.physics.scenes.scene import FloatArray, Labels, Lines
from eclips4d.physics.scenes.stepflow_kernel import stepflow_lines
from eclips4d.physics.scenes.tile import fine_grain, rough_tile

_TILE = 512
_TILE_STEP_NM = 5.0
_OXIDE_NM = 1.5
_OXIDE_EDGE_NM = 4.0
_MEANDER_PHASE = 0.35


class StepflowOptions(Settings):
    """What can be chosen of `stepflow`."""

    step_height_nm: PositiveFloat = Field(8.0, description="of every step; 0.2087 is elementary on Cu {111}")
    spacing_nm: PositiveFloat = Field(120.0, description="mean distance of steps")
    velocity_nm_s: float = Field(3.0, description="mean velocity of steps, downhill")
    flow_deg: float = Field(28.0, description="direction of flow on the screen, counter-clockwise from right")
    bunching: float = Field(0.55, ge=0.0, le=0.85, description="0 evenly spaced; 0.85: 1/6.7 of the spacing in bunches")
    steps_per_bunch: float = Field(6.0, ge=2.0, le=1000.0, description="steps from bunch to bunch")
    wave_s: PositiveFloat = Field(480.0, description="time in which a bunch falls back by one bunch among the steps")
    meander_nm: NonNegativeFloat = Field(16.0, description="amplitude of the steps' edges")
    meander_length_nm: PositiveFloat = Field(600.0, description="its wavelength")
    riser_nm: PositiveFloat = Field(6.0, description="standard deviation of the riser's profile across the step")
    roughness_nm: NonNegativeFloat = Field(0.5, description="rms on terraces; a passing step buries it under its own")
    particles_per_um2: NonNegativeFloat = Field(20.0, description="particles that stay put")
    patches_per_um2: NonNegativeFloat = Field(2.0, description="oxide patches of lower yield that grow in oxygen")
    patch_nm: PositiveFloat = Field(110.0, description="radius of a patch when the oxide is complete")
    levelled: bool = Field(True, description="whether the mean plane of the staircase is taken out")
    gas_driven: bool = Field(False, description="whether the steps' rate follows the gas")


@dataclass(frozen=True, slots=True)
class Stepflow:
    """The scene; build it with `stepflow`.

    Attributes
    ----------
    train : float64 [8]
        As `stepflow_kernel.step_number` wants it.
    flow : float64 [3]
        Direction on the array axes and slope of the plane that is added.
    particles, patches
        As `features` wants them.
    tile
        Roughness.
    """

    options: StepflowOptions
    gas: GasProgram
    train: FloatArray
    flow: FloatArray
    particles: FloatArray
    patches: FloatArray
    tile: FloatArray

    @property
    def side_units(self) -> Mapping[str, str]:
        """Units of the side values."""
        return self.gas.units

    def side(self, t_s: float) -> dict[str, float]:
        """Temperature and pressures at a moment."""
        return self.gas.side(t_s)

    def running_s(self, t_s: FloatArray) -> FloatArray:
        """How long steps have been running at their velocity."""
        return self.gas.advanced_s(t_s) if self.options.gas_driven else np.asarray(t_s, dtype=np.float64)

    def lines(self, x0_nm: FloatArray, step_nm: float, count: int, y_nm: FloatArray, t_s: FloatArray) -> Lines:
        """The surface on horizontal lines; see `Scene.lines`."""
        height, relative_yield = np.empty((len(y_nm), count)), np.ones((len(y_nm), count))
        x0, y = (np.asarray(values, dtype=np.float64) for values in (x0_nm, y_nm))
        running, step = self.running_s(t_s), float(step_nm)
        advance, wave = self.options.velocity_nm_s * running, -2.0 * np.pi / self.options.wave_s * running
        profile = np.array([self.options.step_height_nm, self.options.riser_nm])
        stepflow_lines(x0, step, y, advance, wave, self.train, self.flow, profile, _TILE_STEP_NM, self.tile, height)
        add_particles(x0, step, y, self.particles, height)
        oxide = np.array([OXIDE_YIELD, _OXIDE_NM, _OXIDE_EDGE_NM])
        add_patches(x0, step, y, np.sqrt(self.gas.coverage(t_s)), self.patches, oxide, height, relative_yield)
        return Lines(height, relative_yield, np.zeros(height.shape, np.int16))

    def labels(self) -> Labels:
        """What a perfect measurement would find; with `gas_driven` velocities are those in hydrogen."""
        o = self.options
        spread = self.train[1] * 2.0 * np.pi / o.wave_s
        return {
            "step_height_nm": o.step_height_nm,
            "step": step_label(o.step_height_nm),
            "spacing_nm": o.spacing_nm,
            "velocity_nm_s": o.velocity_nm_s,
            "velocity_least_nm_s": o.velocity_nm_s - spread,
            "velocity_most_nm_s": o.velocity_nm_s + spread,
            "bunch_velocity_nm_s": o.velocity_nm_s - o.spacing_nm * o.steps_per_bunch / o.wave_s,
            "flow_deg": o.flow_deg,
            "growth_nm_s": o.step_height_nm * o.velocity_nm_s / o.spacing_nm,
            "particles": self.particles,
            "patches": self.patches[:, :3],
        }


def stepflow(field_nm: tuple[float, float], seed: int, switch_s: float, options: StepflowOptions) -> Stepflow:
    """Lay the scene out over a field, from a seed."""
    random = np.random.default_rng([seed, 0x57E9])
    per_step = 2.0 * np.pi / options.steps_per_bunch
    meander_phase = min(_MEANDER_PHASE, 0.1 * options.spacing_nm / max(options.meander_nm, 1e-9))
    across = 2.0 * np.pi / options.meander_length_nm
    train = [options.spacing_nm, options.bunching * options.spacing_nm / per_step, per_step]
    train += [options.meander_nm, across, meander_phase, 0.5 * options.meander_nm, 2.3 * across]
    angle = np.radians(options.flow_deg)
    slope = options.step_height_nm / options.spacing_nm if options.levelled else 0.0
    return Stepflow(
        options,
        gas_program(switch_s),
        np.array(train),
        np.array([np.cos(angle), -np.sin(angle), slope]),
        particles(field_nm, options.particles_per_um2, (7.0, 14.0), random)
        if options.particles_per_um2
        else np.zeros((0, 4)),
        _patches(field_nm, options, random),
        rough_tile(_TILE, _TILE_STEP_NM, options.roughness_nm, fine_grain(25.0), random),
    )


def _patches(field_nm: tuple[float, float], options: StepflowOptions, random: np.random.Generator) -> FloatArray:
    if not options.patches_per_um2:
        return np.zeros((0, 5))
    x, y = scattered(field_nm, options.patches_per_um2, 2.4 * options.patch_nm, random)
    radius = options.patch_nm * random.uniform(0.6, 1.0, len(x))
    return np.column_stack([x, y, radius, random.uniform(0.0, 2.0 * np.pi, (len(x), 2))])
