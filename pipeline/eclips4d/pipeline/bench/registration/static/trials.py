"""Pairs of frames of a static scene, displaced by known shifts: measured once, used by tables and pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eclips4d.pipeline.bench.registration.scenes import edges
from eclips4d.pipeline.bench.registration.scenes.bound import shift_sd, waves_sd
from eclips4d.pipeline.bench.registration.scenes.exposing import CALIBRATION, exposed, header, signal
from eclips4d.pipeline.bench.registration.scenes.still import granular
from eclips4d.registration.track import follow

F64 = NDArray[np.float64]
Render = Callable[[tuple[float, float]], F64]

SIZE, GRID = 256, 320
EDGES_SIZE = 160
DOSES = (100.0, 1000.0, 10_000.0)
PLACES = tuple(k / 10 for k in range(11))
"""Shifts of the rows, px; columns are shifted by what is left to one pixel."""


@dataclass(frozen=True, slots=True)
class Trials:
    """All pairs of one scene and dose.

    Attributes
    ----------
    errors, stated : float64 [seeds, places, 2]
        Found minus true shift, and the standard deviation given with it, px; NaN where not aligned.
    bound : float64 [seeds, 2]
        What counting sets, px.
    """

    errors: F64
    stated: F64
    bound: F64

    @property
    def over_bound(self) -> F64:
        """Rms error over the bound, by seed."""
        return np.asarray(np.sqrt(np.mean((self.errors / self.bound[:, None]) ** 2, axis=(1, 2))))

    @property
    def by_place(self) -> F64:
        """Errors by the subpixel place of the component itself, [seeds · 2, places]."""
        return np.concatenate([self.errors[:, :, 0], self.errors[:, ::-1, 1]])


@lru_cache(maxsize=8)
def granular_trials(dose: float, seeds: int, size: int = SIZE) -> Trials:
    """Of granular films, another one for each seed."""
    grid = size * GRID // SIZE

    def scene(seed: int) -> tuple[Render, F64]:
        film = granular(grid, seed)
        return lambda shift: signal(film.at(shift, size)), waves_sd(film, size, dose)

    return _trials(scene, dose, seeds)


@lru_cache(maxsize=8)
def edge_trials(dose: float, seeds: int, size: int = EDGES_SIZE) -> Trials:
    """Of facets with sharp borders."""

    def scene(seed: int) -> tuple[Render, F64]:
        fine = edges.facets(size, seed)

        def bright(shift: tuple[float, float]) -> F64:
            return signal(edges.pixel_means(fine, shift))

        step = 1 / edges.FINER
        slopes = tuple(
            (bright((step * a, step * b)) - bright((-step * a, -step * b))) / (2 * step) for a, b in ((1, 0), (0, 1))
        )
        return bright, shift_sd(bright((0.0, 0.0)), (slopes[0], slopes[1]), dose)

    return _trials(scene, dose, seeds)


def _trials(scene: Callable[[int], tuple[Render, F64]], dose: float, seeds: int) -> Trials:
    found = [_of_scene(*scene(seed), dose, seed) for seed in range(seeds)]
    errors, stated, bound = (np.array(part) for part in zip(*found, strict=True))
    return Trials(errors, stated, bound)


def _of_scene(render: Render, bound: F64, dose: float, seed: int) -> tuple[F64, F64, F64]:
    random = np.random.default_rng((seed, int(dose)))
    errors, stated = [], []
    for place in PLACES:
        shift = (place, 1.0 - place)
        raw = [exposed(render(s), dose, random) for s in ((0.0, 0.0), shift)]
        drift = follow(((header(k, r.shape), r) for k, r in enumerate(raw)), CALIBRATION).live[1]
        errors.append(np.subtract(drift.start, shift) if drift.aligned else np.full(2, np.nan))
        stated.append(np.array(drift.sd))
    return np.array(errors), np.array(stated), bound
