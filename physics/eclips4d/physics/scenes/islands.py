"""Cuprous oxide islands: convex polyhedra of {100}, {110} and {111} planes that grow and shrink with the gas.

On a (100) top the {110} sides slope at 45.00° and trace along <100>, the {111} sides at 54.74° along <110>, so that
traces cross at 45° and 135°. How much of either family shows follows from their distances from the centre, which
differ from island to island: which facets win depends on the oxygen potential, so that there is no one shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeFloat, PositiveFloat

from eclips4d.core.settings import Settings
from eclips4d.physics.scenes.facets import Face, facets, inclination_deg
from eclips4d.physics.scenes.gas import GasProgram, gas_program
from eclips4d.physics.scenes.scatter import scattered
from eclips4d.physics.scenes.scene import FloatArray, Labels, Lines

OXIDE_YIELD = 0.80
"""Backscatter yield of cuprous oxide over copper's: mean atomic numbers 24 and 29."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


class IslandsOptions(Settings):
    """What can be chosen of `islands`."""

    per_um2: PositiveFloat = Field(6.0, description="islands per µm²")
    height_nm: PositiveFloat = Field(80.0, description="of the highest, when the oxide covers everything")
    top: Face = Field("100", description="face that lies up: 100, 110 or 111")
    orientation_deg: float = Field(20.0, description="of [100] ([001], [1-10]) of the top on the screen")
    second_share: float = Field(0.25, ge=0.0, le=1.0, description="share of islands turned by a further 45°")
    least: float = Field(0.35, ge=0.0, le=1.0, description="size in hydrogen over size in full oxygen")
    oxide_yield: PositiveFloat = Field(OXIDE_YIELD, description="relative yield of the oxide")
    base_nm: NonNegativeFloat = Field(0.0, description="half width of the largest at its base; 0: from its height")


@dataclass(frozen=True, slots=True)
class Islands:
    """The scene; build it with `islands`.

    Attributes
    ----------
    centres : float64 [n, 4]
        x, y, radius of the circle that holds the island at full size, orientation (radians, counter-clockwise).
    planes : float64 [n, p, 4]
        Outward normal (x, y on the array axes, up) and distance at full size, nm; the last plane is the top.
    """

    options: IslandsOptions
    gas: GasProgram
    centres: FloatArray
    planes: FloatArray

    @property
    def side_units(self) -> Mapping[str, str]:
        """Units of the side values."""
        return self.gas.units

    def side(self, t_s: float) -> dict[str, float]:
        """Temperature and pressures at a moment."""
        return self.gas.side(t_s)

    def size(self, t_s: FloatArray) -> FloatArray:
        """Of every island over its full size: the cube root of the oxide, so that volume follows the gas."""
        return np.asarray(self.options.least + (1.0 - self.options.least) * np.cbrt(self.gas.coverage(t_s)))

    def lines(self, x0_nm: FloatArray, step_nm: float, count: int, y_nm: FloatArray, t_s: FloatArray) -> Lines:
        """The surface on horizontal lines; see `Scene.lines`."""
        height = np.zeros((len(y_nm), count))
        grain = np.zeros((len(y_nm), count), np.int16)
        x0, y = (np.asarray(values, dtype=np.float64) for values in (x0_nm, y_nm))
        island_lines(x0, float(step_nm), y, self.size(t_s), self.centres, self.planes, height, grain)
        return Lines(height, np.where(grain > 0, self.options.oxide_yield, 1.0), grain)

    def labels(self) -> Labels:
        """Centres (nm), orientations (deg), and for each family its facets' angle to the top."""
        told: dict[str, str | float | FloatArray] = {
            "centre_nm": self.centres[:, :2],
            "orientation_deg": np.degrees(self.centres[:, 3]),
            "top_height_nm": self.planes[:, -1, 3],
        }
        faces: tuple[Face, ...] = ("100", "110", "111")
        for face in faces:
            sides = facets(self.options.top, face)
            if len(sides):
                told[f"facets_{face}_deg"] = np.unique(np.round(inclination_deg(sides), 6))
        return told


def islands(field_nm: tuple[float, float], seed: int, switch_s: float, options: IslandsOptions) -> Islands:
    """Scatter islands over a field; none touches another."""
    random = np.random.default_rng([seed, 0x15A])
    largest = min(options.base_nm or 2.2 * options.height_nm, 0.2 * min(field_nm))
    shrink = largest / (options.base_nm or 2.2 * options.height_nm)
    x, y = scattered(field_nm, options.per_um2, 2.1 * largest, random)
    count = len(x)
    turn = np.radians(options.orientation_deg + 45.0 * (random.random(count) < options.second_share))
    planes = np.stack([_planes(options, angle, options.height_nm * shrink, largest, random) for angle in turn])
    return Islands(options, gas_program(switch_s), np.column_stack([x, y, np.full(count, largest), turn]), planes)


def _planes(
    options: IslandsOptions, angle: float, height_nm: float, reach_nm: float, random: np.random.Generator
) -> FloatArray:
    """Of one island: every family at a distance of its own, steep ones nearer so that they show."""
    height = height_nm * random.uniform(0.55, 1.0)
    faces: tuple[Face, ...] = ("100", "110", "111")
    sides = [facets(options.top, face) for face in faces]
    made = []
    for normals in sides:
        steepness = inclination_deg(normals).mean() if len(normals) else 0.0
        foot = reach_nm * random.uniform(0.85, 1.0) * (0.87 - 0.0055 * steepness)
        made.append(np.column_stack([on_screen(normals, angle), foot * np.hypot(normals[:, 0], normals[:, 1])]))
    return np.concatenate([*made, [[0.0, 0.0, 1.0, height]]])


def on_screen(normals: FloatArray, angle: float) -> FloatArray:
    """Normals (along, aside, up) of a crystal turned counter-clockwise on the screen, on the array axes (y down)."""
    cosine, sine = np.cos(angle), np.sin(angle)
    along, aside, up = normals.T
    return np.column_stack([along * cosine - aside * sine, -along * sine - aside * cosine, up])


@_compiled  # type: ignore[untyped-decorator]
def polyhedron(x: float, y: float, size: float, planes: FloatArray, k: int) -> float:
    """Height of a convex polyhedron over its base: the lowest of its planes, exact."""
    height = 1e30
    for p in range(planes.shape[1]):
        plane = (planes[k, p, 3] * size - planes[k, p, 0] * x - planes[k, p, 1] * y) / planes[k, p, 2]
        height = min(height, plane)
    return height


@_compiled  # type: ignore[untyped-decorator]
def island_lines(
    x0: FloatArray,
    step: float,
    ys: FloatArray,
    sizes: FloatArray,
    centres: FloatArray,
    planes: FloatArray,
    height: FloatArray,
    grain: NDArray[np.int16],
) -> None:
    """Raise islands out of a surface at height 0 and number them from 1."""
    for line in range(height.shape[0]):
        for k in range(centres.shape[0]):
            dy, reach = ys[line] - centres[k, 1], 1.5 * centres[k, 2]
            if abs(dy) > reach:
                continue
            first = max(0, int((centres[k, 0] - reach - x0[line]) / step))
            last = min(height.shape[1], int((centres[k, 0] + reach - x0[line]) / step) + 2)
            for column in range(first, last):
                oxide = polyhedron(x0[line] + step * column - centres[k, 0], dy, sizes[line], planes, k)
                if oxide > height[line, column]:
                    height[line, column] = oxide
                    grain[line, column] = k + 1
