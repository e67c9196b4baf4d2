"""Frames of a scene of our own through the simulated microscope and the chain."""

from __future__ import annotations

import numpy as np

from eclips4d.acquisition.simulated import SimulatedMicroscope, simulated_microscope
from eclips4d.core.frame import Frame
from eclips4d.metrology.movie import Movie
from eclips4d.physics.scenes.scene import Scene
from eclips4d.pipeline.bench.metrology.simulated import movie_from


def filmed(scene: Scene, frames: int, size: int, dose: float, seed: int, drift_px: float = 0.4) -> Movie:
    """So many frames of the scene as a movie of height; gains and dark levels are known, drift is not."""
    return movie_from(
        shot(scene, frames, size, dose, seed, drift_px), _microscope(size, dose, seed, drift_px).instrument
    )


def shot(scene: Scene, frames: int, size: int, dose: float, seed: int, drift_px: float = 0.4) -> tuple[Frame, ...]:
    """The same as recorded."""
    simulation = _microscope(size, dose, seed, drift_px)
    return tuple(
        Frame(
            simulation.header(k),
            simulation.microscope.expose(scene, simulation.exposure(k), np.random.default_rng([seed, 3, k])),
        )
        for k in range(frames)
    )


def _microscope(size: int, dose: float, seed: int, drift_px: float) -> SimulatedMicroscope:
    # The address's own scene is not looked at.
    return simulated_microscope(f"sim://islands?size={size}&dose={dose}&seed={seed}&drift_px={drift_px}&supersample=2")
