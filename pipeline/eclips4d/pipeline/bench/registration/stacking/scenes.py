"""Frames at doses where one shows nothing: a granular film that drifts, and risers that flow over roughness."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument, parse_instrument
from eclips4d.core.results import Drift, Registered
from eclips4d.inference.models import Model, load_model
from eclips4d.pipeline.bench.registration.scenes.evolving import Risers, risers
from eclips4d.pipeline.bench.registration.scenes.exposing import CALIBRATION, exposed, header, signal
from eclips4d.pipeline.bench.registration.scenes.still import granular, rough_with_particles
from eclips4d.registration import Registrar

F64 = NDArray[np.float64]

SIZE, GRID = 256, 320
PIXEL_NM = 4.0
WALK_PX = 0.3
RISER_SLOPE, RISER_YIELD, ROUGH_SLOPE = 0.5, 0.2, 0.05
EVERY = 4
"""Every fourth riser of `scenes.evolving`: edges 80 pixels apart."""
_TOML = f"""
[beam]
energy_kev = 10
[scan]
pixel_size_nm = {PIXEL_NM}
[detector]
distance_mm = 6
azimuths_deg = [45, 135, 225, 315]
"""


@lru_cache(maxsize=1)
def instrument() -> Instrument:
    """Four quadrants; the calibration that frames are exposed with says the rest."""
    return parse_instrument(_TOML)


@lru_cache(maxsize=1)
def analytic() -> Model:
    """The classical model for it."""
    return load_model("analytic", instrument())


def bright(planes: F64) -> F64:
    """Segments over their mean on a flat specimen: the yield multiplies what the slopes make of it."""
    flat = np.concatenate([planes[:2], np.zeros((1, *planes.shape[1:]))])
    return np.asarray((1.0 + planes[2]) * signal(flat))


def drifting(dose: float, seed: int, frames: int, size: int = SIZE) -> tuple[list[Registered], F64]:
    """A granular film on a random walk, inverted and registered; and its true slopes [2, y, x]."""
    film = granular(size * GRID // SIZE, seed)
    random = np.random.default_rng((seed, int(dose)))
    steps = random.normal(0.0, WALK_PX, (frames, 2))
    steps[0] = 0.0
    registered: list[Registered] = []
    registrar: Registrar | None = None
    for k, place in enumerate(np.cumsum(steps, axis=0)):
        raw = exposed(bright(film.at((float(place[0]), float(place[1])), size)), dose, random)
        told = header(k, raw.shape)
        registrar = registrar or Registrar.start(told, raw, CALIBRATION)
        registered.append(registrar.register(told, raw, analytic()(raw, CALIBRATION)))
    return registered, film.at(size=size)[:2]


def flowing(dose: float, seed: int, frames: int, speed_px: float, size: int = SIZE) -> list[Registered]:
    """Risers that advance by so much a frame over what stays; nothing drifts, so nothing is taken for drift."""
    random = np.random.default_rng((seed, int(dose), int(100 * speed_px)))
    rough = rough_with_particles(size * GRID // SIZE, seed).at(size=size)
    rough *= ROUGH_SLOPE / rough[0].std()
    edges = _fewer(risers(size, seed))
    sizes = np.array([RISER_SLOPE, RISER_SLOPE, RISER_YIELD])[:, None, None]
    found = []
    for k in range(frames):
        planes = sizes * edges.at((0.0, 0.0), speed_px * k, size)
        raw = exposed(bright(planes + rough), dose, random)
        found.append(Registered(analytic()(raw, CALIBRATION), Drift((0.0, 0.0))))
    return found


def _fewer(edges: Risers) -> Risers:
    pick = slice(None, None, EVERY)
    same_pace = np.ones_like(edges.pace[pick])
    return Risers(edges.place[pick], edges.amplitude[pick], edges.wave[pick], edges.phase[pick], same_pace)
