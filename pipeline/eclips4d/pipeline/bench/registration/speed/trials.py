"""Frames of 4 × 1024² that stay or evolve, and calls on them that are timed by the clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import Drift, Surface
from eclips4d.pipeline.bench.registration.moving.scenes import DOSE, Movie, movie
from eclips4d.pipeline.bench.registration.peers.correlation import shift_between
from eclips4d.pipeline.bench.registration.scenes.exposing import CALIBRATION, exposed, header, signal
from eclips4d.pipeline.bench.registration.scenes.still import granular
from eclips4d.registration import Registrar
from eclips4d.registration.resample import resample

F64 = NDArray[np.float64]
T = TypeVar("T")

SIDE_PX, MARGIN_PX = 1024, 64
FRAMES = 6
UPSAMPLINGS = (10, 20, 50, 100, 200)


@dataclass(frozen=True, slots=True)
class Timed:
    """Milliseconds of each call by the clock and of processors, and the places found."""

    ms: F64
    cpu_ms: F64
    places: F64


def still_movie(side: int = SIDE_PX, frames: int = FRAMES) -> Movie:
    """A static granular film that drifts by a pixel or so a frame."""
    random = np.random.default_rng(5)
    film = granular(side + MARGIN_PX, 5)
    truth = np.vstack([np.zeros(2), np.cumsum(random.normal(0.0, 1.0, (frames - 1, 2)), axis=0)])
    made = [exposed(signal(film.at((float(d[0]), float(d[1])), side)), DOSE, random) for d in truth]
    return Movie(made, truth)


def evolving_movie(side: int = SIDE_PX, frames: int = FRAMES) -> Movie:
    """Half of the gradient energy in risers that flow."""
    return movie("risers", 0.5, 0.3, 5, side, frames)


def locating(of: Movie, rounds: int) -> Timed:
    """Our shift of every frame but the first, over and over; the first round gets everything warm."""
    registrar = Registrar.start(header(0, of.frames[0].shape), of.frames[0], CALIBRATION)
    registrar.locate(header(0, of.frames[0].shape), of.frames[0])
    spent: list[tuple[float, float]] = []
    places: list[F64] = []
    count = len(of.frames) - 1
    for k in range(count * (rounds + 1)):
        # There and back, so that no frame is further from the one before than in the sequence itself.
        turn, place = divmod(k, count)
        raw = of.frames[1 + (place if turn % 2 == 0 else count - 1 - place)]
        head = header(k + 1, raw.shape)
        taken, drift = timed(partial(registrar.locate, head, raw))
        if turn:
            spent.append(taken)
        else:
            places.append(np.array(drift.start))
    return _together(spent, places)


def correlating(images: list[F64], upsampling: int) -> Timed:
    """scikit-image's shift of every image against the first."""
    found = [timed(partial(shift_between, images[0], image, None, upsampling)) for image in images[1:]]
    return _together([taken for taken, _ in found], [place for _, place in found])


def resampling(side: int, rounds: int) -> Timed:
    """Moving a surface's planes; there are no places to find."""
    random = np.random.default_rng(6)
    plane = random.normal(size=(side, side)).astype(np.float32)
    surface = Surface(np.stack([plane, plane]), plane, plane, plane, plane, np.ones((side, side), np.uint8))
    move = partial(resample, surface, Drift((3.3, -2.2), (0.4, 0.7)))
    move()
    return _together([timed(move)[0] for _ in range(rounds)], [])


def timed(call: Callable[[], T]) -> tuple[tuple[float, float], T]:
    """Milliseconds by the clock and of processors, and what the call gave."""
    clock, processor = time.perf_counter(), time.process_time()
    found = call()
    return (1e3 * (time.perf_counter() - clock), 1e3 * (time.process_time() - processor)), found


def _together(spent: list[tuple[float, float]], places: list[F64]) -> Timed:
    clock, processor = np.array(spent).T
    return Timed(clock, processor, np.array(places).reshape(-1, 2))


def rms(places: F64, truth: F64) -> float:
    """Rms length of the error vectors, px."""
    return float(np.sqrt(((places - truth) ** 2).sum(axis=1).mean()))
