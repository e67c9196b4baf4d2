"""Surfaces from elsewhere and surfaces of noise: a measured height map, self-affine roughness, a flat with grains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from pydantic import Field, NonNegativeFloat, PositiveFloat
from scipy.ndimage import map_coordinates, spline_filter
from scipy.spatial import KDTree

from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.physics.scenes.gas import GasProgram, gas_program
from eclips4d.physics.scenes.scene import FloatArray, Labels, Lines, of_one_material
from eclips4d.physics.scenes.still import Still, StillOptions, height_only, turned
from eclips4d.physics.scenes.tile import rough_tile, tile_lines

_TILE = 1024


class AfmOptions(StillOptions):
    """What can be chosen of `afm`."""

    path: str = Field("", description="file .npz with height_nm [y, x] and pixel_size_nm")
    magnify: PositiveFloat = Field(1.0, description="factor on its heights")


class RoughOptions(StillOptions):
    """What can be chosen of `rough`."""

    rms_nm: PositiveFloat = Field(5.0, description="standard deviation of the height")
    hurst: float = Field(0.8, ge=0.0, le=1.0, description="self-affine exponent")
    longest_nm: NonNegativeFloat = Field(0.0, description="wavelength of the roll-off; 0: a quarter of the field")
    shortest_nm: PositiveFloat = Field(16.0, description="wavelength below which there is nothing")


class FlatOptions(StillOptions):
    """What can be chosen of `flat`."""

    edge_yield: PositiveFloat = Field(1.0, description="relative yield beyond a straight edge through the middle")
    orientation_deg: float = Field(12.0, description="of the way across that edge on the screen, counter-clockwise")
    grains: int = Field(1, ge=1, le=1000, description="how many crystal grains")


@dataclass(frozen=True, slots=True)
class Rough:
    """A periodic tile of roughness; build it with `rough`."""

    tile: FloatArray
    tile_step_nm: float
    gas: GasProgram | None
    told: Labels

    @property
    def side_units(self) -> Mapping[str, str]:
        """Units of the side values."""
        return self.gas.units if self.gas else {}

    def side(self, t_s: float) -> dict[str, float]:
        """Side values at a moment."""
        return self.gas.side(t_s) if self.gas else {}

    def lines(self, x0_nm: FloatArray, step_nm: float, count: int, y_nm: FloatArray, t_s: FloatArray) -> Lines:
        """The surface on horizontal lines; see `Scene.lines`."""
        height = np.empty((len(y_nm), count))
        x0, y = (np.asarray(values, dtype=np.float64) for values in (x0_nm, y_nm))
        tile_lines(x0, float(step_nm), y, self.tile_step_nm, self.tile, height)
        return of_one_material(height)

    def labels(self) -> Labels:
        """See `Scene.labels`."""
        return self.told


def afm(field_nm: tuple[float, float], seed: int, switch_s: float, options: AfmOptions) -> Still:
    """A measured height map as a cubic spline, mirrored beyond its edges.

    Raises
    ------
    InputError
        No path, or not such a file.
    """
    height, pixel_nm = _height_map(options.path)
    coefficients = spline_filter(height * options.magnify, order=3, mode="mirror")
    middle = (np.array(height.shape)[:, None, None] - 1.0) / 2.0

    def at(x: FloatArray, y: FloatArray) -> FloatArray:
        place = np.stack([y, x]) / pixel_nm + middle
        return np.asarray(map_coordinates(coefficients, place, order=3, mode="mirror", prefilter=False))

    told = {"rms_nm": float(height.std() * options.magnify), "map_pixel_size_nm": pixel_nm}
    return Still(height_only(at), gas_program(switch_s) if options.in_gas else None, told)


def _height_map(path: str) -> tuple[FloatArray, float]:
    if not path:
        raise InputError("no height map is named", where="afm", cure="give path=FILE.npz")
    try:
        with np.load(Path(path), allow_pickle=False) as file:
            height, pixel_nm = np.asarray(file["height_nm"], dtype=np.float64), float(file["pixel_size_nm"])
    except FileNotFoundError as error:
        raise MissingInputError("no such file", where=path, cure="give the path of an .npz file") from error
    except IsADirectoryError as error:
        raise MissingInputError("a folder, no file", where=path, cure="give the path of an .npz file") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, BadZipFile) as error:
        cure = "store height_nm [y, x] and one pixel_size_nm with numpy.savez"
        raise InputError("not a height map", where=path, cure=cure) from error
    height = height[0] if height.ndim == 3 and len(height) == 1 else height
    if height.ndim != 2 or min(height.shape) < 4 or not np.isfinite(height).all() or not pixel_nm > 0.0:
        raise InputError("not a height map", where=path, cure="height_nm must be finite, [y, x], and pixel_size_nm > 0")
    return height, pixel_nm


def rough(field_nm: tuple[float, float], seed: int, switch_s: float, options: RoughOptions) -> Rough:
    """Self-affine roughness: power k^(−2−2·hurst) between two wavelengths, flat below the roll-off."""
    longest_nm = options.longest_nm or max(field_nm) / 4.0
    step_nm = max(options.shortest_nm / 3.0, 1.25 * max(field_nm) / _TILE)
    if longest_nm <= options.shortest_nm:
        cure = "choose longest_nm above shortest_nm"
        raise InputError(f"nothing between {options.shortest_nm:g} and {longest_nm:g} nm", where="rough", cure=cure)
    lowest, highest = 2.0 * np.pi / longest_nm, 2.0 * np.pi / max(options.shortest_nm, 3.0 * step_nm)

    def power(k: FloatArray) -> FloatArray:
        return np.where(k <= highest, np.maximum(k, lowest) ** (-2.0 - 2.0 * options.hurst), 0.0)

    tile = rough_tile(_TILE, step_nm, options.rms_nm, power, np.random.default_rng([seed, 0x2A]))
    told = {"rms_nm": options.rms_nm, "hurst": options.hurst, "longest_nm": longest_nm, "period_nm": _TILE * step_nm}
    return Rough(tile, step_nm, gas_program(switch_s) if options.in_gas else None, told)


def flat(field_nm: tuple[float, float], seed: int, switch_s: float, options: FlatOptions) -> Still:
    """No height at all, but an edge between two materials and grains that channel differently."""
    random = np.random.default_rng([seed, 0xF1A])
    seeds = random.uniform(-0.6, 0.6, (options.grains, 2)) * field_nm
    nearest = KDTree(seeds)

    def surface(x: FloatArray, y: FloatArray) -> Lines:
        beyond = turned(x, y, options.orientation_deg)[0] > 0.0
        grain = nearest.query(np.stack([x, y], axis=-1))[1] if options.grains > 1 else np.zeros(x.shape)
        return Lines(np.zeros(x.shape), np.where(beyond, options.edge_yield, 1.0), grain.astype(np.int16))

    told: Labels = {"edge_yield": options.edge_yield, "grains": float(options.grains), "grain_centres_nm": seeds}
    return Still(surface, gas_program(switch_s) if options.in_gas else None, told)
