"""Sequences in which risers bury the roughness that they pass, and particles stay, with known drift."""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from eclips4d.pipeline.bench.registration.moving.scenes import GRADIENT_RMS, GRID, SIZE, Movie, gradient_energy
from eclips4d.pipeline.bench.registration.scenes.burying import Burying, burying
from eclips4d.pipeline.bench.registration.scenes.exposing import change, exposed

F64 = NDArray[np.float64]
Shift = tuple[float, float]
FRAMES, DOSE, WALK_PX = 20, 1000.0, 1.0


@lru_cache(maxsize=16)
def movie(share: float, speed_px: float, seed: int) -> Movie:
    """Frames that drift as a random walk while risers with this share of the gradient energy advance.

    Parameters
    ----------
    share : float
        0 to 1.
    speed_px : float
        Of the risers, pixels per frame.
    seed : int
    """
    scene, random = burying(SIZE, GRID, seed), np.random.default_rng((seed, 78))
    still, moving = partial(_still, scene), partial(_moving, scene)
    rough, flowing = (
        GRADIENT_RMS * np.sqrt(part / gradient_energy(of)) for part, of in ((1.0 - share, still), (share, moving))
    )
    truth = np.vstack([np.zeros(2), np.cumsum(random.normal(0.0, WALK_PX, (FRAMES - 1, 2)), axis=0)])
    frames = []
    for k, (row, column) in enumerate(truth.tolist()):
        shown = rough * still((row, column), speed_px * k) + flowing * moving((row, column), speed_px * k)
        frames.append(exposed(1.0 + shown, DOSE, random))
    return Movie(frames, truth)


def _still(scene: Burying, drift: Shift, advance: float) -> F64:
    return change(scene.still(drift, advance, SIZE))


def _moving(scene: Burying, drift: Shift, advance: float) -> F64:
    return change(scene.risers.at(drift, advance, SIZE))
