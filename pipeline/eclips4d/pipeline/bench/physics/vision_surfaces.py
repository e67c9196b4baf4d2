"""The surfaces of the Vision Field table, each from several seeds. Lengths and heights in pixels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.limits import surfaces

F64 = NDArray[np.float64]

STEPS = "step bunches 3 px high, faces 46°"
_SIZE, _SEEDS = 256, range(5)
_AFM = Path("../shared/data/recordings/granular_afm.truth.npz")
"""A granular film measured by atomic force microscopy, where a checkout has recordings beside it."""
_AFM_PIXEL_NM = 1.95312

_MADE: dict[str, Callable[[int], F64]] = {
    "self-affine H 0.8, slope 0.3": lambda seed: surfaces.self_affine(_SIZE, 0.8, 0.3, seed),
    "self-affine H 0.8, slope 0.7": lambda seed: surfaces.self_affine(_SIZE, 0.8, 0.7, seed),
    "self-affine H 0.8, slope 1.0": lambda seed: surfaces.self_affine(_SIZE, 0.8, 1.0, seed),
    "self-affine H 0.5, slope 0.7": lambda seed: surfaces.self_affine(_SIZE, 0.5, 0.7, seed),
    "self-affine H 0.3, slope 0.7": lambda seed: surfaces.self_affine(_SIZE, 0.3, 0.7, seed),
    "Gaussian, correlation 8 px, slope 0.7": lambda seed: surfaces.gaussian(_SIZE, 8.0, 0.7, seed),
    "Gaussian, correlation 16 px, slope 0.7": lambda seed: surfaces.gaussian(_SIZE, 16.0, 0.7, seed),
    "islands, faces 54.7°": lambda seed: surfaces.islands(_SIZE, 54.74, 12.0, 12, seed),
    "islands, faces 70.5°": lambda seed: surfaces.islands(_SIZE, 70.53, 12.0, 12, seed),
    "trenches 16 wide, 16 deep, walls 80°": lambda seed: surfaces.trenches(_SIZE, 16.0, 16.0, 80.0, 4, seed),
    "trenches 16 wide, 32 deep, walls 80°": lambda seed: surfaces.trenches(_SIZE, 16.0, 32.0, 80.0, 4, seed),
    STEPS: lambda seed: surfaces.step_bunches(_SIZE, 46.0, 3.0, 4, seed),
}


def made_surfaces() -> dict[str, list[F64]]:
    """Periodic surfaces by name; four quarters of the measured film, mirrored, instead of seeds."""
    found = {name: [make(seed) for seed in _SEEDS] for name, make in _MADE.items()}
    if _AFM.is_file():
        with np.load(_AFM) as file:
            film = file["height_nm"][0].astype(np.float64) / _AFM_PIXEL_NM
        found["granular film by AFM"] = _mirrored_quarters(film)
        found["granular film by AFM, heights × 3"] = [3.0 * quarter for quarter in _mirrored_quarters(film)]
    return found


def _mirrored_quarters(film: F64) -> list[F64]:
    rows, columns = (count // 2 for count in film.shape)
    quarters = [film[y : y + rows, x : x + columns] for y in (0, rows) for x in (0, columns)]
    return [np.pad(quarter, ((0, rows), (0, columns)), mode="symmetric") for quarter in quarters]
