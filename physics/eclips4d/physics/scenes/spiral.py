"""Growth spirals around screw dislocations, from the level-set model `bcf`: several cores, round to square.

The surface is h = H·(u/2pi − P(w/2pi)): u/2pi is the grown height in steps, w = u − theta is a whole turn on a step,
and the saw tooth P turns the sheets into flat helicoidal terraces with risers of a given width. Everything after the
first turn is that turn again, one step higher.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeFloat, PositiveFloat
from scipy.ndimage import spline_filter1d

from eclips4d.core.errors import InputError
from eclips4d.core.settings import Settings
from eclips4d.physics.scenes.bcf.turn import Turn, recorded_turn
from eclips4d.physics.scenes.gas import GasProgram, gas_program
from eclips4d.physics.scenes.profile import step_label
from eclips4d.physics.scenes.scene import FloatArray, Labels, Lines, of_one_material
from eclips4d.physics.scenes.spiral_kernel import spiral_lines

_CELL = 0.5
_COARSEST_CELL = 1.0
_MOST_CELLS = 440


class SpiralOptions(Settings):
    """What can be chosen of `spiral`."""

    spacing_nm: PositiveFloat = Field(240.0, description="distance of far turns, where steps run along an axis")
    step_height_nm: PositiveFloat = Field(12.0, description="height of the step; 0.2135 is elementary on Cu2O {100}")
    turn_s: PositiveFloat = Field(60.0, description="time in which a spiral of one step turns once")
    cores: int = Field(2, ge=1, le=12, description="how many dislocations")
    senses: Literal["alternate", "same"] = Field("alternate", description="whether neighbours turn the other way")
    steps_per_core: int = Field(1, ge=1, le=4, description="steps that start at each core")
    square: float = Field(0.0, ge=0.0, le=1.0, description="0 isotropic, 1 crystalline: straight steps along two axes")
    orientation_deg: float = Field(0.0, description="of the square's axes on the screen, counter-clockwise")
    riser_nm: PositiveFloat = Field(8.0, description="standard deviation of the riser's profile across the step")
    gas_driven: bool = Field(False, description="whether the rate follows the gas")
    apart_nm: NonNegativeFloat = Field(0.0, description="least distance of two cores; 0: two spacings")


@dataclass(frozen=True, slots=True)
class Spiral:
    """The scene; build it with `spiral`.

    Attributes
    ----------
    turn
        The recorded turn, in units of the critical radius.
    critical_nm
        Critical radius r_c.
    coefficients : float32 [levels, rows, columns]
        Of the turn's cubic spline in time and space.
    cores : float64 [m, 3]
        x, y in nm from the field's centre along the crystal's axes, and signed number of steps.
    """

    options: SpiralOptions
    gas: GasProgram
    turn: Turn
    critical_nm: float
    coefficients: NDArray[np.float32]
    cores: FloatArray

    @property
    def side_units(self) -> Mapping[str, str]:
        """Units of the side values."""
        return self.gas.units if self.options.gas_driven else {}

    def side(self, t_s: float) -> dict[str, float]:
        """Side values at a moment."""
        return self.gas.side(t_s) if self.options.gas_driven else {}

    def lines(self, x0_nm: FloatArray, step_nm: float, count: int, y_nm: FloatArray, t_s: FloatArray) -> Lines:
        """The surface on horizontal lines; see `Scene.lines`."""
        height = np.empty((len(y_nm), count))
        angle = np.radians(self.options.orientation_deg)
        cell_nm = (self.turn.x[1] - self.turn.x[0]) * self.critical_nm
        grid = [self.turn.x[0] * self.critical_nm, self.turn.y[0] * self.critical_nm, cell_nm]
        spiral_lines(
            np.asarray(x0_nm, dtype=np.float64),
            float(step_nm),
            np.asarray(y_nm, dtype=np.float64),
            np.asarray(self.gas.advanced_s(t_s) if self.options.gas_driven else t_s) / self._step_s,
            self.coefficients,
            np.array([*grid, np.cos(angle), -np.sin(angle)]),
            self.cores,
            np.array([self.options.step_height_nm, self.options.riser_nm]),
            height,
        )
        return of_one_material(height)

    def labels(self) -> Labels:
        """What a perfect measurement would find.

        `cores`: x, y (nm) and sense, +1 clockwise on the screen (array axes, y down), −1 counter-clockwise. With gas:
        rates are those in hydrogen.
        """
        angle = np.radians(self.options.orientation_deg)
        x, y, steps = self.cores.T
        on_screen = [x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle), np.sign(steps)]
        velocity = self.turn.period * self.critical_nm / self._step_s
        return {
            "cores": np.column_stack(on_screen),
            "steps_per_core": float(self.options.steps_per_core),
            "step_height_nm": self.options.step_height_nm,
            "step": step_label(self.options.step_height_nm),
            "spacing_nm": self.turn.period * self.critical_nm,
            "critical_radius_nm": self.critical_nm,
            "velocity_nm_s": velocity,
            "rotation_per_s": 1.0 / (self._step_s * self.options.steps_per_core),
            "growth_nm_s": self.options.step_height_nm / self._step_s,
            "slope_deg": float(np.degrees(np.arctan(self.options.step_height_nm / self.options.spacing_nm))),
            "periodicity_defect_rad": self.turn.defect_rad,
        }

    @property
    def _step_s(self) -> float:
        return self.options.turn_s / self.options.steps_per_core


def spiral(field_nm: tuple[float, float], seed: int, switch_s: float, options: SpiralOptions) -> Spiral:
    """Let spirals grow over a field until they repeat (seconds, for large fields with narrow spacing).

    Raises
    ------
    InputError
        More turns across the field than can be resolved.
    """
    critical_nm = options.spacing_nm / _far_spacing(options.square, options.steps_per_core)
    half = _half_extent(field_nm, options.orientation_deg)
    cell = max(_CELL, 2.0 * max(half) / critical_nm / _MOST_CELLS)
    if cell > _COARSEST_CELL:
        least = options.spacing_nm * cell / _COARSEST_CELL
        raise InputError(
            f"spacing_nm={options.spacing_nm:g} is too narrow for a field of {max(field_nm):g} nm",
            where="spiral",
            cure=f"use at least {least:.0f} or a smaller field",
        )
    cores = _cores(field_nm, seed, options, cell * critical_nm)
    in_radii = cores / np.array([critical_nm, critical_nm, 1.0])
    turn = recorded_turn((half[0] / critical_nm, half[1] / critical_nm), cell, in_radii, options.square)
    coefficients = spline_filter1d(turn.phase, axis=0, mode="grid-wrap")
    for axis in (1, 2):
        coefficients = spline_filter1d(coefficients, axis=axis, mode="mirror")
    return Spiral(options, gas_program(switch_s), turn, critical_nm, coefficients.astype(np.float32), cores)


@cache
def _far_spacing(square: float, steps: int) -> float:
    """Spacing over critical radius as the solver finds it for one core."""
    return recorded_turn((22.0, 22.0), _CELL, np.array([[0.0, 0.0, float(steps)]]), square).period


def _half_extent(field_nm: tuple[float, float], orientation_deg: float) -> tuple[float, float]:
    """Of the rectangle along the crystal's axes that holds the field."""
    c, s = abs(np.cos(np.radians(orientation_deg))), abs(np.sin(np.radians(orientation_deg)))
    width, height = field_nm
    return float(width * c + height * s) / 2.0, float(width * s + height * c) / 2.0


def _cores(field_nm: tuple[float, float], seed: int, options: SpiralOptions, cell_nm: float) -> FloatArray:
    """Around the centre, as far apart as asked if there is room; each in the corner of four cells."""
    random = np.random.default_rng([seed, 0x5B1])
    apart = options.apart_nm or 2.0 * options.spacing_nm
    reach = 0.3 * np.array(field_nm)
    places = [random.uniform(-0.12, 0.12, 2) * field_nm]
    while len(places) < options.cores:
        tries = random.uniform(-1.0, 1.0, (64, 2)) * reach
        distance = np.min([np.hypot(*(tries - place).T) for place in places], axis=0)
        fits = np.flatnonzero(distance >= apart)
        places.append(tries[fits[0]] if len(fits) else tries[np.argmax(distance)])
    c, s = np.cos(np.radians(options.orientation_deg)), np.sin(np.radians(options.orientation_deg))
    along = np.array(places) @ np.array([[c, s], [-s, c]])
    sign = np.where((np.arange(options.cores) % 2 == 1) & (options.senses == "alternate"), -1.0, 1.0)
    return np.column_stack([np.rint(along / cell_nm) * cell_nm, sign * options.steps_per_core])
