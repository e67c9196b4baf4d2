"""Copper in hydrogen and oxygen: step bunches flow, growth spirals turn, facetted oxide islands come and go.

The surface is the upper envelope of crystal hillocks, as where growing hillocks meet: a vicinal train of bunched steps,
spirals around dislocations, and truncated oxide pyramids that grow in oxygen and shrink in hydrogen. Static particles
and a fine roughness lie on top. Risers are tanh profiles of height H and half width w, so their steepest slope is
H/2w exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import spline_filter

from eclips4d.core.settings import Settings
from eclips4d.physics.scenes.copper_redox_kernel import (
    RISER_HALF_WIDTH_NM,
    ROUGHNESS_STEP_NM,
    surface_lines,
    train_profile,
)
from eclips4d.physics.scenes.gas import SIDE_UNITS, GasProgram, gas_program
from eclips4d.physics.scenes.scene import Labels, Lines

FloatArray = NDArray[np.float64]


class CopperRedoxOptions(Settings):
    """What can be chosen of `copper-redox`: nothing yet."""


STEP_SPEED_NM_S = 6.0
"""Of every step in hydrogen."""
BUNCH_SPACING_NM = 190.0
BUNCH_HEIGHT_NM = 13.0
SPIRAL_SPACING_NM = 150.0
SPIRAL_HEIGHT_NM = 12.0
_BUNCHES = 64
_ROUGHNESS_TILE = 512
_ROUGHNESS_RMS_NM = 0.6
_FIELD_OF_LAYOUT_NM = 2000.0
_ISLANDS_PER_UM2 = 3.0
_PARTICLES_PER_UM2 = 22.0


@dataclass(frozen=True, slots=True)
class CopperRedox:
    """The scene; build it with `copper_redox`.

    Attributes
    ----------
    gas
        What drives it.
    bunches : float64 [N, 3]
        Position, height and height of all before it, over one period of `period_nm`.
    train_range : float64 [2]
        Lowest and highest point of the step train.
    hills : float64 [n, 8]
        Spirals: x, y, apex, riser height, spacing, sense, starting phase (turns), riser half width.
    islands : float64 [n, 7]
        x, y, level of the surface around it, half length of the top, height, cosine and sine of its orientation.
    particles : float64 [n, 4]
        x, y, height, radius (standard deviation).
    roughness : float64 [m, m]
        Cubic spline coefficients of a periodic tile.
    """

    gas: GasProgram
    bunches: FloatArray
    period_nm: float
    train_range: FloatArray
    hills: FloatArray
    islands: FloatArray
    particles: FloatArray
    roughness: FloatArray

    @property
    def side_units(self) -> Mapping[str, str]:
        """Units of the side values."""
        return SIDE_UNITS

    def side(self, t_s: float) -> dict[str, float]:
        """Temperature and pressures at a moment."""
        return self.gas.side(t_s)

    def labels(self) -> Labels:
        """See `Scene.labels`."""
        return {"particles": self.particles}

    def lines(self, x0_nm: FloatArray, step_nm: float, count: int, y_nm: FloatArray, t_s: FloatArray) -> Lines:
        """The surface on horizontal lines; see `Scene.lines`."""
        height = np.empty((len(y_nm), count))
        relative_yield = np.empty((len(y_nm), count))
        surface_lines(
            np.asarray(x0_nm, dtype=np.float64),
            float(step_nm),
            np.asarray(y_nm, dtype=np.float64),
            STEP_SPEED_NM_S * self.gas.advanced_s(t_s),
            self.gas.coverage(t_s),
            self.bunches,
            self.period_nm,
            self.train_range,
            self.hills,
            self.islands,
            self.particles,
            self.roughness,
            height,
            relative_yield,
        )
        return Lines(height, relative_yield, np.zeros(height.shape, np.int16))


def copper_redox(field_nm: tuple[float, float], seed: int, switch_s: float, options: CopperRedoxOptions) -> CopperRedox:
    """Lay the scene out over a field, from a seed."""
    random = np.random.default_rng([seed, 0xE4D])
    hills = _hills(field_nm)
    bunches, period_nm = _bunches(random), _BUNCHES * BUNCH_SPACING_NM
    profile = [train_profile(q, bunches, period_nm) for q in np.arange(0.0, period_nm, 1.0)]
    return CopperRedox(
        gas=gas_program(switch_s),
        bunches=bunches,
        period_nm=period_nm,
        train_range=np.array([min(profile), max(profile)]),
        hills=hills,
        islands=_islands(field_nm, hills, random),
        particles=_particles(field_nm, random),
        roughness=_roughness(random),
    )


def _bunches(random: np.random.Generator) -> FloatArray:
    jitter = random.uniform(-0.18, 0.18, _BUNCHES) * BUNCH_SPACING_NM
    position = (np.arange(_BUNCHES) + 0.5) * BUNCH_SPACING_NM + jitter
    height = BUNCH_HEIGHT_NM * random.uniform(0.75, 1.1, _BUNCHES)
    before = np.concatenate([[0.0], np.cumsum(height)[:-1]])
    return np.column_stack([position, height, before])


def _hills(field_nm: tuple[float, float]) -> FloatArray:
    """Two spirals of opposite sense; in small fields the first one sits in the middle."""
    scale = min(1.0, min(field_nm) / _FIELD_OF_LAYOUT_NM)
    return np.array(
        [
            [-330.0 * scale, 180.0 * scale, 62.0, SPIRAL_HEIGHT_NM, SPIRAL_SPACING_NM, 1.0, 0.15, RISER_HALF_WIDTH_NM],
            [620.0, -560.0, 40.0, SPIRAL_HEIGHT_NM, SPIRAL_SPACING_NM, -1.0, 0.55, RISER_HALF_WIDTH_NM],
        ]
    )


def _islands(field_nm: tuple[float, float], hills: FloatArray, random: np.random.Generator) -> FloatArray:
    x, y = _scattered(field_nm, _ISLANDS_PER_UM2, 260.0, random)
    away = np.min([np.hypot(x - h[0], y - h[1]) for h in hills], axis=0) > 230.0
    x, y = x[away], y[away]
    level = np.max([np.zeros_like(x), *(_cone(h, x, y) for h in hills)], axis=0)
    top = random.uniform(25.0, 75.0, len(x))
    height = random.uniform(18.0, 30.0, len(x))
    turn = np.radians(20.0 + 45.0 * (random.random(len(x)) < 0.25))
    return np.column_stack([x, y, level, top, height, np.cos(turn), np.sin(turn)])


def _cone(hill: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    return np.asarray(hill[2] - hill[3] / hill[4] * np.hypot(x - hill[0], y - hill[1]))


def _particles(field_nm: tuple[float, float], random: np.random.Generator) -> FloatArray:
    x, y = _scattered(field_nm, _PARTICLES_PER_UM2, 70.0, random)
    radius = random.uniform(7.0, 14.0, len(x))
    return np.column_stack([x, y, radius * random.uniform(0.35, 0.6, len(x)), radius])


def _scattered(
    field_nm: tuple[float, float], per_um2: float, apart_nm: float, random: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Places at random, but never two closer than `apart_nm`."""
    width, height = field_nm
    wanted = max(1, round(per_um2 * width * height * 1e-6))
    places: list[tuple[float, float]] = []
    for x, y in random.uniform(-0.5, 0.5, (8 * wanted, 2)) * (width, height):
        if len(places) < wanted and all(np.hypot(x - a, y - b) > apart_nm for a, b in places):
            places.append((x, y))
    array = np.array(places)
    return array[:, 0], array[:, 1]


def _roughness(random: np.random.Generator) -> FloatArray:
    """Spline coefficients of Gaussian noise whose spectrum falls off beyond 30 nm."""
    noise = random.standard_normal((_ROUGHNESS_TILE, _ROUGHNESS_TILE))
    k = 2.0 * np.pi * np.fft.fftfreq(_ROUGHNESS_TILE, ROUGHNESS_STEP_NM)
    k2 = k[:, None] ** 2 + k[None, :] ** 2
    shaped = np.fft.ifft2(np.fft.fft2(noise) / (1.0 + k2 * 25.0**2) ** 1.5).real
    shaped *= _ROUGHNESS_RMS_NM / shaped.std()
    return np.ascontiguousarray(spline_filter(shaped, order=3, mode="grid-wrap"))
