"""Films of round islands through the simulated microscope and the chain, and what is measured on them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.core.frame import Frame
from eclips4d.metrology.movie import Movie
from eclips4d.metrology.terraces.series import TerraceSeries, terraces_over_time
from eclips4d.physics.scenes import Scene
from eclips4d.pipeline.bench.metrology.simulated import movie_from
from eclips4d.pipeline.bench.metrology.terraces.round_islands import RoundIslands, round_islands

DOSES = (300, 1000, 3000)
SIZE, PIXEL_NM, PERIOD_S, FRAMES = 256, 4.0, 2.0, 8
V_INF_NM_S, CRITICAL_NM = 2.0, 60.0


def film(scene: Scene, settings: str, frames: int) -> Movie:
    """So many frames of a scene as a movie of height.

    Parameters
    ----------
    scene
        Where it ends nothing is flat: it must reach beyond the image as far as the drift goes.
    settings
        Of the simulated microscope, as in an address: `size=256&dose=1000&fps=0.5`.
    """
    simulation = simulated_microscope(f"sim://flat?{settings}")
    taken = []
    for k in range(frames):
        random = np.random.default_rng([simulation.settings.seed, 3, k])
        data = simulation.microscope.expose(scene, simulation.exposure(k), random)
        taken.append(Frame(simulation.header(k), data))
    return movie_from(tuple(taken), simulation.instrument)


@lru_cache(maxsize=2)
def standing(seed: int, dose: int, step_nm: float = 8.0) -> tuple[RoundIslands, Movie]:
    """One frame of islands and pits that hardly move, on a smooth surface, without drift."""
    scene = round_islands(
        (SIZE * PIXEL_NM, SIZE * PIXEL_NM),
        seed,
        v_inf_nm_s=1e-6,
        critical_nm=CRITICAL_NM,
        last_s=PERIOD_S,
        radii_nm=(45.0, 130.0),
        step_nm=step_nm,
        roughness_nm=1e-6,
    )
    return scene, film(scene, _settings(seed, dose) + "&drift_px=0&supersample=2", 1)


@lru_cache(maxsize=16)
def growing(seed: int, dose: int) -> tuple[RoundIslands, TerraceSeries, Movie]:
    """Islands and pits that obey the law on a static rough surface, with drift."""
    scene = round_islands(
        (SIZE * PIXEL_NM, SIZE * PIXEL_NM),
        seed,
        v_inf_nm_s=V_INF_NM_S,
        critical_nm=CRITICAL_NM,
        last_s=FRAMES * PERIOD_S,
    )
    movie = film(scene, _settings(seed, dose), FRAMES)
    return scene, terraces_over_time(movie), movie


def _settings(seed: int, dose: int) -> str:
    return f"size={SIZE}&dose={dose}&fps={1 / PERIOD_S}&seed={seed}&pixel_nm={PIXEL_NM}"
