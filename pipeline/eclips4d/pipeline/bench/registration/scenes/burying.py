"""Terraces whose roughness is buried when a riser passes, with particles on them that stay where they are.

Every terrace has a roughness of its own, fixed to the specimen; where a riser has passed, that of the next terrace
shows. Particles lie on all of them and are not moved by anything. So what a place looks like holds for as long as no
riser comes by, but for the particles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.special import ndtr

from eclips4d.pipeline.bench.registration.scenes.evolving import RISER_PX, Risers, risers
from eclips4d.pipeline.bench.registration.scenes.still import BEAM_PX, particles
from eclips4d.pipeline.bench.registration.scenes.waves import Waves, relief

F64 = NDArray[np.float64]
Shift = tuple[float, float]
FIELDS = 8
"""Different roughnesses; the terrace after so many shows the first one again."""
FINE_PX, YIELD = 1.2, 0.3
"""Width of the roughness, and how much brighter a unit of it is, in units of its height over a pixel."""
PARTICLE_SLOPE = 3.0
"""Of the steepest flank of a particle, over the rms of the roughness."""


@dataclass(frozen=True, slots=True)
class Burying:
    """Risers, what lies on the terraces between them, and what lies on everything."""

    risers: Risers
    fields: tuple[Waves, ...]
    particles: Waves

    def still(self, drift: Shift, advance: float, size: int) -> F64:
        """Planes [3, y, x] of what does not flow: the roughness of the terrace that a place is on, and particles."""
        borders = self._borders(drift, advance, size)
        planes = self.particles.at(drift, size)
        for k, field in enumerate(self.fields):
            shown = sum(
                (borders[n] - borders[n + 1] for n in range(k, len(borders) - 1, len(self.fields))), np.zeros(())
            )
            planes += shown * field.at(drift, size)
        return planes

    def _borders(self, drift: Shift, advance: float, size: int) -> F64:
        """How far each place lies beyond each riser, 0 to 1, [risers + 2, y, x]; of all and of none first and last."""
        y, x = np.arange(size)[:, None] - drift[0], np.arange(size)[None, :] - drift[1]
        beyond = [ndtr((x - here) / RISER_PX) for here in self.risers.places(y, advance)]
        return np.stack([np.ones((size, size)), *beyond, np.zeros((size, size))])


def burying(size: int, grid: int, seed: int) -> Burying:
    """Roughness and particles whose slopes have an rms of 1 and `PARTICLE_SLOPE`."""
    random = np.random.default_rng((seed, 5))
    fields = []
    for _ in range(FIELDS):
        height, bright = (gaussian_filter(random.normal(size=(grid, grid)), FINE_PX, mode="wrap") for _ in range(2))
        rough = relief(height, YIELD * bright, BEAM_PX)
        fields.append(rough.scaled(1.0 / float(rough.at()[:2].std())))
    bumps = particles(grid, random)
    lying = relief(bumps, YIELD * bumps, BEAM_PX)
    return Burying(
        risers(size, seed), tuple(fields), lying.scaled(PARTICLE_SLOPE / float(np.abs(lying.at()[:2]).max()))
    )
