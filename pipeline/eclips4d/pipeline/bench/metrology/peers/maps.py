"""Height maps through the simulated microscope and the chain, with their true levels, and what we read off them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.movie import Grid, SurfaceFrame
from eclips4d.metrology.terraces.levels import levels_of
from eclips4d.metrology.terraces.segmentation import segment
from eclips4d.pipeline.bench.metrology.terraces.films import PIXEL_NM, film, standing
from eclips4d.pipeline.bench.metrology.terraces.round_islands import round_islands

F64 = NDArray[np.float64]

STEP_SIZE = 160


def many_terraces(seed: int, dose: int, step_nm: float) -> tuple[SurfaceFrame, Grid, F64]:
    """Islands and pits on a base: levels at minus one step, 0 and one step."""
    scene, movie = standing(seed, dose, step_nm)
    return movie.read(0), movie.grid, np.asarray(step_nm * np.unique([*scene.up, 0.0]))


@lru_cache(maxsize=4)
def one_step(seed: int, dose: int, step_nm: float) -> tuple[SurfaceFrame, Grid]:
    """One large round pit, a quarter of the image, the surface around it being what one levels on."""
    field_nm = STEP_SIZE * PIXEL_NM
    scene = round_islands(
        (0.3 * field_nm, 0.3 * field_nm),
        seed,
        v_inf_nm_s=1e-6,
        critical_nm=60.0,
        last_s=2.0,
        radii_nm=(0.28 * field_nm, 0.28 * field_nm),
        count=1,
        step_nm=-step_nm,
        roughness_nm=1e-6,
        pits=False,
    )
    movie = film(scene, f"size={STEP_SIZE}&dose={dose}&seed={seed}&pixel_nm={PIXEL_NM}&drift_px=0&supersample=2", 1)
    return movie.read(0), movie.grid


def our_levels(frame: SurfaceFrame, grid: Grid) -> F64:
    """Heights of the levels we find, lowest first, nm."""
    return np.asarray(levels_of(segment(frame, grid), frame, grid).table["height_nm"], np.float64)
