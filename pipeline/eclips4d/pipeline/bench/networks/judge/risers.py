"""Straight risers at known places, for everything that is measured across a step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.microscope.surface import Surface
from eclips4d.physics.scenes.still import Still, height_only, turned

F64 = NDArray[np.float64]

HEIGHT_PX, APART_PX = 0.35, 24.0
"""A riser half a pixel wide and as high as this slopes by 35 degrees, below a facet's own horizon."""
_TURNS_DEG = (8.0, 33.0, 57.0, 81.0, 112.0, 143.0, 167.0)
_REACH_PX = 400.0


@dataclass(frozen=True, slots=True)
class Risers:
    """Parallel steps of one kind, or pairs of them.

    Attributes
    ----------
    turn_deg
        Way across them on the screen, counter-clockwise.
    width_px, height_px
        Of the plane walls.
    pair_px
        Distance of the two steps of a pair; 0 for single steps.
    centre_px : float64 [m]
        Middle of every step or pair along the way across, from the image's middle; pixels.
    sign : float64 [m]
        +1 where it rises along the way across.
    """

    turn_deg: float
    width_px: float
    height_px: float
    pair_px: float
    centre_px: F64
    sign: F64

    def across(self, shape: tuple[int, int]) -> F64:
        """Place of every pixel along the way across, pixels, [y, x]."""
        y, x = (np.arange(n) - (n - 1) / 2.0 for n in shape)
        grid_x, grid_y = np.meshgrid(x, y)
        return turned(grid_x, grid_y, self.turn_deg)[0]

    def normal_slope(self, slope: NDArray[np.floating]) -> F64:
        """Slope along the way across, [y, x], of slopes [2, y, x]."""
        angle = np.radians(self.turn_deg)
        return np.asarray(slope[0] * np.cos(angle) - slope[1] * np.sin(angle), dtype=np.float64)

    def surface(self, pixel_nm: float) -> Surface:
        """As a scene."""
        half = self.pair_px / 2.0
        centre = np.stack([self.centre_px - half, self.centre_px + half], 1) if half else self.centre_px[:, None]
        rise = np.repeat(self.sign, centre.shape[1]) * self.height_px
        place = centre.ravel()
        corner = np.stack([place - self.width_px / 2.0, place + self.width_px / 2.0], axis=1).ravel()
        level = np.stack([np.cumsum(rise) - rise, np.cumsum(rise)], axis=1).ravel()
        return Still(
            height_only(lambda x, y: pixel_nm * np.interp(turned(x, y, self.turn_deg)[0] / pixel_nm, corner, level))
        )


def risers_of(width_px: float, height_px: float, pair_px: float, seed: int) -> Risers:
    """Steps up and down in turn, at an angle and with a start that the seed draws.

    Parameters
    ----------
    pair_px
        Distance of the two steps of a pair; 0 for single steps.
    """
    random = np.random.default_rng([seed, 0x815])
    turn = _TURNS_DEG[seed % len(_TURNS_DEG)] + float(random.uniform(-4.0, 4.0))
    apart = APART_PX + 2.0 * pair_px
    centre = np.arange(-_REACH_PX, _REACH_PX, apart) + float(random.uniform(0.0, apart))
    sign = np.where(np.arange(len(centre)) % 2 == 0, 1.0, -1.0)
    return Risers(turn, width_px, height_px, pair_px, centre, sign)


def named_risers(scene: str, seed: int) -> Risers:
    """Of a scene `risers:WIDTH` or `risers:WIDTH:HEIGHT`, or `pairs:WIDTH:APART`, all in pixels."""
    kind, *told = scene.split(":")
    sizes = [float(size) for size in told]
    if kind == "pairs":
        return risers_of(sizes[0], HEIGHT_PX, sizes[1], seed)
    return risers_of(sizes[0], sizes[1] if len(sizes) > 1 else HEIGHT_PX, 0.0, seed)
