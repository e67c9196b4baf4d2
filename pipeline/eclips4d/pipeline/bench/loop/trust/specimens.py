"""Surfaces and detectors of the part, and what the exact simulator says of them: gentle, stepped and steep."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument
from eclips4d.physics.bsesm.render import ExactSimulator, exact_simulator
from eclips4d.physics.emission.choose import emission_law
from eclips4d.physics.emission.lambert import lambert_law
from eclips4d.physics.limits import surfaces
from eclips4d.pipeline.bench.physics.bsesm_surfaces import copper

F64 = NDArray[np.float64]

SIDE, PIXEL_NM, ADU = 256, 4.0, 2.0
COPPER_Z, PARTICLE = 29.0, "SiO2"
AZIMUTHS_DEG = {3: (90.0, 210.0, 330.0), 4: (45.0, 135.0, 225.0, 315.0)}

SCENES: dict[str, Callable[[int], F64]] = {
    "granular film, slope 0.15": lambda seed: surfaces.gaussian(SIDE, 16.0, 0.15, seed),
    "copper-redox": lambda seed: np.roll(copper(SIDE), (37 * seed, 53 * seed), (0, 1)),
    "granular film, slope 0.6": lambda seed: surfaces.gaussian(SIDE, 12.0, 0.6, seed),
    "islands, faces 54.7°": lambda seed: surfaces.islands(SIDE, 54.74, 12.0, 6, seed),
    "trenches 24 wide, 16 deep, walls 55°": lambda seed: surfaces.trenches(SIDE, 24.0, 16.0, 55.0, 3, seed),
}
"""Heights in pixels by seed."""


def instrument(
    segments: int, *, turn_deg: float = 0.0, gain: tuple[float, ...] | None = None, dark_adu: float | None = None
) -> Instrument:
    """A detector of so many segments; what is stated wrongly is given.

    Parameters
    ----------
    turn_deg
        By which the stated azimuths are too large.
    gain, dark_adu
        Stated gains, and the dark level of all; estimated from the frame when absent.
    """
    detector: dict[str, object] = {
        "distance_mm": 6.0,
        "inner_radius_mm": 1.75,
        "outer_radius_mm": 7.0,
        "gap_mm": 0.3,
        "azimuths_deg": tuple(angle + turn_deg for angle in AZIMUTHS_DEG[segments]),
    }
    if gain is not None:
        detector["gain"] = gain
    if dark_adu is not None:
        detector["offset_adu"] = (dark_adu,) * segments
    beam, scan = {"energy_kev": 10.0}, {"pixel_size_nm": PIXEL_NM}
    return Instrument.model_validate({"beam": beam, "scan": scan, "detector": detector})


@cache
def simulator(segments: int, material: str = "") -> ExactSimulator:
    """Copper by Lambert's cosine and its yield over tilt, or another material by its tables."""
    law = emission_law(material, 10.0) if material else lambert_law(COPPER_Z)
    return exact_simulator(instrument(segments), (SIDE, SIDE), law=law)


@cache
def flat_signal(segments: int) -> float:
    """Of a segment, mean over all, on flat copper."""
    return float(simulator(segments)(np.zeros((SIDE, SIDE))).mean())


def height_nm(scene: str, seed: int) -> F64:
    """One surface of a kind."""
    return np.asarray(SCENES[scene](seed) * PIXEL_NM, np.float64)


def expected(height: F64, segments: int, dose: float, material: str = "") -> F64:
    """Electrons per segment and pixel, `dose` on flat copper, [n, y, x]."""
    image = simulator(segments, material)(height)
    return np.asarray(image * (dose / flat_signal(segments)), np.float64)
