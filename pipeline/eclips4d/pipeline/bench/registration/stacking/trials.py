"""Stacks of registered frames: their errors, and what they say of motion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import Registered
from eclips4d.inference.floor import height_floor
from eclips4d.inference.integrate import integrate
from eclips4d.metrology.stack import Layer, Motion, Stack, stack_layers
from eclips4d.metrology.stack.level import Lattice
from eclips4d.pipeline.bench import scores
from eclips4d.pipeline.bench.registration.stacking.scenes import PIXEL_NM, drifting, flowing

F64 = NDArray[np.float64]

FRAMES = 16
INTERVAL_S = 5.0


@dataclass(frozen=True, slots=True)
class Errors:
    """Of the stack that ends with the last frame of a movie.

    Attributes
    ----------
    height_nm, floor_nm : float
        Rms error of the height, plane removed, and what counting leaves open at so many times the dose.
    slope, over_stated : float
        Rms error of a slope component, and over the stated sd.
    scale : float
        Recovered slopes regressed on true ones.
    aligned : float
        Share of the movie's frames.
    observable : float
        Share of the frames whose datum is.
    """

    height_nm: float
    floor_nm: float
    slope: float
    over_stated: float
    scale: float
    aligned: float
    observable: float


def still_errors(dose: float, seed: int, counts: Sequence[int]) -> dict[int, Errors]:
    """For stacks of so many frames each, all of one movie."""
    movie, slopes = drifting(dose, seed, FRAMES)
    return {count: _errors(movie, slopes, count, dose) for count in counts}


def motion(dose: float, seed: int, frames: int, speed_px: float) -> Motion:
    """What the stack of a whole movie with flowing risers says."""
    return stack_of(flowing(dose, seed, frames, speed_px)).motion


def stack_of(movie: Sequence[Registered]) -> Stack:
    """The mean of all frames of a movie."""
    layers = [
        Layer(INTERVAL_S * k, found.surface.planes(), np.array(found.datum.plane)) for k, found in enumerate(movie)
    ]
    rows, columns = movie[0].surface.height.shape
    lattice = Lattice.of(*(np.asarray(PIXEL_NM * np.arange(n), np.float64) for n in (rows, columns)))
    return stack_layers(layers[-1], layers[:-1], lattice)


def _errors(movie: Sequence[Registered], slopes: F64, count: int, dose: float) -> Errors:
    aligned = [found for found in movie if found.drift.aligned]
    planes = {name: np.asarray(plane, np.float32) for name, plane in stack_of(aligned[-count:]).planes.items()}
    shape, pixel = slopes.shape[1:], (PIXEL_NM, PIXEL_NM)
    inner = scores.inner(shape)
    sd = float(np.sqrt(2.0 / (4 * dose * count)))
    floor = height_floor((sd, sd), (shape[0], shape[1]), pixel, lambda height: scores.levelled(height, inner))
    error, true = (planes["slope"] - slopes)[:, inner], slopes[:, inner]
    seen = np.isfinite(error)
    stated = np.broadcast_to(planes["slope_sd"], slopes.shape)[:, inner]
    return Errors(
        height_nm=scores.height_error(planes["height"], integrate(slopes.astype(np.float32), pixel)),
        floor_nm=floor,
        slope=scores.rms(error[seen]),
        over_stated=scores.rms((error / stated)[seen]),
        scale=1.0 + float((error[seen] * true[seen]).sum() / (true[seen] ** 2).sum()),
        aligned=len(aligned) / len(movie),
        observable=float(np.mean([found.datum.observable for found in movie])),
    )
