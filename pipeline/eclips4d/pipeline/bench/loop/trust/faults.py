"""What is planted: charging streaks, saturated patches, particles that emit otherwise; each at least 3 sigma strong.

Sigma is the noise of one segment in one pixel where the fault lies. A fault covers at least 50 pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.frame import RawArray
from eclips4d.physics.signal.counting import count_electrons
from eclips4d.physics.signal.digitiser import digitise
from eclips4d.pipeline.bench.loop.trust.specimens import ADU, PARTICLE, PIXEL_NM, SIDE, expected

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

SIGMA, FEWEST_PX, FAULTS = 3.0, 50, 3
"""Strength, size, and how many are planted in a frame."""
EXCESS_NOISE = 1.3
GAIN, DARK_ADU = (1.0, 1.1, 0.93, 1.04), 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Planted:
    """Expected electrons [n, y, x], where the faults lie [y, x], and the digitiser's end."""

    electrons: F64
    where: Mask
    saturation_adu: float = 65535.0

    def frame(self, random: np.random.Generator) -> RawArray:
        """Counted and written down with gains and dark levels that nobody is told."""
        n, rows, _ = self.electrons.shape
        counted = count_electrons(self.electrons.astype(np.float32), (EXCESS_NOISE,) * n, random)
        gain = np.repeat(ADU * np.array(GAIN[:n], np.float32)[:, None], rows, axis=1)
        level = np.full_like(gain, DARK_ADU)
        return digitise(counted, gain, level, 0.0, random, saturation_adu=self.saturation_adu)


def none(height: F64, segments: int, dose: float, random: np.random.Generator) -> Planted:
    """Nothing is planted."""
    return Planted(expected(height, segments, dose), np.zeros(height.shape, np.bool_))


def streak(height: F64, segments: int, dose: float, random: np.random.Generator) -> Planted:
    """Pieces of one to three rows that are all brighter or all darker, not by as much in every segment."""
    electrons, where = expected(height, segments, dose), np.zeros(height.shape, np.bool_)
    sigma = np.sqrt(EXCESS_NOISE * electrons)
    for _ in range(FAULTS):
        rows = int(random.integers(1, 4))
        length = int(random.integers(-(-FEWEST_PX // rows) + 10, 120))
        y, x = int(random.integers(4, SIDE - 8)), int(random.integers(0, SIDE - length))
        here = np.zeros_like(where)
        here[y : y + rows, x : x + length] = True
        strength = SIGMA * random.uniform(1.0, 1.6, segments) * random.choice([-1.0, 1.0])
        electrons = electrons + here * strength[:, None, None] * sigma
        where |= here
    return Planted(np.maximum(electrons, 0.0), where)


def saturated(height: F64, segments: int, dose: float, random: np.random.Generator) -> Planted:
    """Patches in which one segment or more would count at least 3 sigma more than its amplifier can tell.

    The end of the scale lies above all that the surface gives elsewhere, and below that of the digits.
    """
    electrons, where = expected(height, segments, dose), np.zeros(height.shape, np.bool_)
    highest = float(electrons.max())
    end = highest + 6.0 * np.sqrt(EXCESS_NOISE * highest) + 2.0
    for _ in range(FAULTS):
        here, _ = _disc(random)
        ends = random.permutation(segments)[: random.integers(1, segments + 1)]
        for k in ends:
            electrons[k][here] = (end + SIGMA * np.sqrt(EXCESS_NOISE * end)) * random.uniform(1.0, 1.5)
        where |= here
    # The end of the least amplified segment: the others reach it earlier.
    return Planted(electrons, where, float(np.floor(end * ADU * min(GAIN[:segments]) + DARK_ADU)))


def particle(height: F64, segments: int, dose: float, random: np.random.Generator) -> Planted:
    """Grains of another material on the surface: its lobe, and 3 sigma more or less of it than copper would give."""
    surface, where = height.copy(), np.zeros(height.shape, np.bool_)
    for _ in range(FAULTS):
        here, rise = _disc(random)
        surface = np.maximum(surface, height + PIXEL_NM * rise)
        where |= here
    copper, other = expected(surface, segments, dose), expected(surface, segments, dose, PARTICLE)
    relative = SIGMA * np.sqrt(EXCESS_NOISE / np.maximum(copper.min(axis=0), 1.0))
    sign = random.choice([-1.0, 1.0]) if relative[where].max() < 0.7 else 1.0
    grains = copper.sum(axis=0) * other / other.sum(axis=0) * (1.0 + sign * relative)
    return Planted(np.where(where, grains, copper), where)


def _disc(random: np.random.Generator) -> tuple[Mask, F64]:
    """A round patch of FEWEST_PX pixels or more, and the dome above it, pixels."""
    radius = random.uniform(4.2, 9.0)
    centre = random.uniform(15.0, SIDE - 15.0, 2)
    y, x = np.mgrid[:SIDE, :SIDE]
    square = (y - centre[0]) ** 2 + (x - centre[1]) ** 2
    return square <= radius**2, 0.6 * np.sqrt(np.maximum(radius**2 - square, 0.0))


KINDS: dict[str, Callable[[F64, int, float, np.random.Generator], Planted]] = {
    "charging streak": streak,
    "saturated patch": saturated,
    "particle": particle,
}
