"""Steps of several heights and widths across one direction, with rough terraces."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import ndtr

from eclips4d.physics.scenes.scene import FloatArray
from eclips4d.physics.scenes.still import turned

WAVES = 40
ROUGH_NM = 0.4


def relief(size_nm: float, seed: int, angle_deg: float) -> Callable[[FloatArray, FloatArray], FloatArray]:
    """Height over x and y from the middle of the field, y down.

    Parameters
    ----------
    size_nm
        Side of the field.
    seed
        Of places, heights, widths and roughness.
    angle_deg
        Direction in which steps are crossed, on the screen, counter-clockwise from right.
    """
    random = np.random.default_rng([seed, 0x9E])
    count = 4
    place = ((np.arange(count) + 0.5) / count - 0.5) * 0.8 * size_nm + random.uniform(-6.0, 6.0, count)
    rise = random.uniform(4.0, 12.0, count) * np.where(random.random(count) < 0.5, -1.0, 1.0)
    width = random.uniform(5.0, 9.0, count)
    wave = random.normal(0.0, 2.0 * np.pi / 60.0, (2, WAVES))
    phase = random.uniform(0.0, 2.0 * np.pi, WAVES)

    def height(x: FloatArray, y: FloatArray) -> FloatArray:
        along, aside = turned(x, y, angle_deg)
        total = np.zeros(np.shape(x))
        for at, step, sd in zip(place, rise, width, strict=True):
            total += step * ndtr((along - at) / sd)
        for kx, ky, start in zip(*wave, phase, strict=True):
            total += ROUGH_NM * np.sqrt(2.0 / WAVES) * np.cos(kx * along + ky * aside + start)
        return total

    return height
