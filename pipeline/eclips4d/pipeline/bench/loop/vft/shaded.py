"""What is occluded of an image, how far images lie apart there, and the surfaces and detectors that are tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument
from eclips4d.physics.bsesm.render import ExactSimulator, exact_simulator
from eclips4d.physics.emission.law import EmissionLaw
from eclips4d.physics.limits import surfaces
from eclips4d.pipeline.bench.physics.dsm_detectors import DETECTORS, Detector

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

SIZE, PIXEL_NM = 256, 4.0
_SHADED = 1e-3
"""Of a flat spot's signal: what surroundings must take off a segment at a pixel for it to count as occluded."""

TRIED: dict[str, Detector] = {**DETECTORS, "4 quadrants, 45–75°, Au": Detector(4, 0.0, (45.0, 75.0), material="Au")}
"""By what they are. No training sees a detector."""


def spheres(size: int, seed: int) -> F64:
    """Half spheres of radii from 4 to 16 pixels on a plane."""
    random, place = np.random.default_rng(seed), np.arange(size)
    height = np.zeros((size, size))
    for _ in range(size * size // 1500):
        (x, y), radius = random.uniform(0.0, size, 2), random.uniform(4.0, 16.0)
        away = (place - x) ** 2 + (place[:, None] - y) ** 2
        height = np.maximum(height, np.sqrt(np.maximum(radius**2 - away, 0.0)))
    return height


SURFACES: dict[str, Callable[[int], F64]] = {
    "rough, self-affine H 0.8, slope 1.0": lambda seed: surfaces.self_affine(SIZE, 0.8, 1.0, seed),
    "rough, one length, slope 0.7": lambda seed: surfaces.gaussian(SIZE, 12.0, 0.7, seed),
    "islands, faces 54.7°": lambda seed: surfaces.islands(SIZE, 54.74, 12.0, 12, seed),
    "islands, faces 70.5°": lambda seed: surfaces.islands(SIZE, 70.53, 12.0, 12, seed),
    "trenches 16 wide, 16 deep, walls 70°": lambda seed: surfaces.trenches(SIZE, 16.0, 16.0, 70.0, 4, seed),
    "trenches 16 wide, 32 deep, walls 80°": lambda seed: surfaces.trenches(SIZE, 16.0, 32.0, 80.0, 4, seed),
    "step bunches 6 px high, faces 60°": lambda seed: surfaces.step_bunches(SIZE, 60.0, 6.0, 4, seed),
    "half spheres": lambda seed: spheres(SIZE, seed),
}
"""Heights in pixels, for a seed; none of them is a surface of the training."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Exact images of one surface.

    Attributes
    ----------
    exact : float32 [n, y, x]
    shaded : bool [n, y, x]
        Which segments surroundings hide something of.
    flat
        Mean signal of a flat spot.
    """

    exact: F32
    shaded: NDArray[np.bool_]
    flat: float

    @property
    def share(self) -> float:
        """Of pixels and segments that are occluded."""
        return float(self.shaded.mean())

    def error(self, image: F32) -> float:
        """Rms over occluded pixels and segments alone, in percent of the flat signal; NaN where there is none."""
        off = (image - self.exact)[self.shaded].astype(np.float64)
        return 100.0 * float(np.sqrt(np.mean(off**2))) / self.flat if off.size else float("nan")


@dataclass(frozen=True, slots=True)
class ExactPair:
    """The exact simulator with and without surroundings."""

    whole: ExactSimulator
    alone: ExactSimulator

    def beside(self, height_nm: F64) -> Beside:
        """Render a surface exactly."""
        exact, alone = self.whole(height_nm), self.alone(height_nm)
        flat = float(self.whole(np.zeros_like(height_nm)).mean())
        return Beside(exact, np.abs(exact - alone) > _SHADED * flat, flat)


def exact_pair(instrument: Instrument, shape: tuple[int, int], law: EmissionLaw | None = None) -> ExactPair:
    """Prepare both, on two threads."""
    whole, alone = (
        exact_simulator(instrument, shape, law=law, occlusion=occlusion, threads=2) for occlusion in (True, False)
    )
    return ExactPair(whole, alone)
