"""What the integrators are compared on: surfaces, and what a frame of them lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from eclips4d.physics.microscope.surface import Surface
from eclips4d.physics.scenes import build_scene
from eclips4d.pipeline.bench.networks.integration.faults import Fault, none, saturated, torn
from eclips4d.pipeline.bench.networks.judge import surfaces

Draw = Callable[[float, float, int], Surface]


@dataclass(frozen=True, slots=True)
class Scene:
    """A kind of surface and what its frames lack.

    Attributes
    ----------
    family
        What the issue of such surfaces is, for the tables.
    draw
        (field, pixel, seed) -> surface; nm.
    fault
        Which pixels say nothing.
    steps
        Whether the surface is made of steps, whose height is judged too.
    """

    family: str
    draw: Draw
    fault: Fault = none
    steps: bool = False


def shafts(field_nm: float, pixel_nm: float, seed: int) -> Surface:
    """Pits and trenches with walls of 80 to 89 degrees: less of their depth is seen than there is."""
    random = np.random.default_rng([seed, 0x5AF7])
    return build_scene(
        "pits",
        (field_nm, field_nm),
        seed,
        12.0,
        depth_nm=random.uniform(3.0, 8.0) * pixel_nm,
        across_nm=22.0 * pixel_nm,
        shallowest_deg=80.0,
        steepest_deg=89.0,
        pits=8,
        trenches=2,
    )


def screws(field_nm: float, pixel_nm: float, seed: int) -> Surface:
    """Spirals with steps of 2 to 5 pixels whose risers are too steep to be read, so that only the way round is."""
    random = np.random.default_rng([seed, 0x5C3])
    return build_scene(
        "spiral",
        (field_nm, field_nm),
        seed,
        12.0,
        spacing_nm=random.uniform(36.0, 60.0) * pixel_nm,
        step_height_nm=random.uniform(2.0, 5.0) * pixel_nm,
        cores=int(random.integers(1, 3)),
        riser_nm=random.uniform(0.15, 0.3) * pixel_nm,
    )


SCENES: Mapping[str, Scene] = {
    "sharp steps": Scene("flat steps", surfaces.sharp_steps, steps=True),
    "gentle steps": Scene("flat steps", surfaces.gentle_steps, steps=True),
    "facets": Scene("facets", surfaces.facets),
    "shafts": Scene("discontinuities", shafts, steps=True),
    "screws": Scene("discontinuities", screws, steps=True),
    "granular": Scene("granular", surfaces.granular),
    "torn steps": Scene("invalid regions", surfaces.sharp_steps, torn, steps=True),
    "dazzled steps": Scene("invalid regions", surfaces.sharp_steps, saturated, steps=True),
}
"""All by name."""
