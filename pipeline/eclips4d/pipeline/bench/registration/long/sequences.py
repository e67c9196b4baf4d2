"""Sequences that are followed for long or interrupted, frame by frame, with their true drift."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.frame import FrameHeader
from eclips4d.pipeline.bench.registration.scenes.exposing import SEGMENTS, exposed, header, signal
from eclips4d.pipeline.bench.registration.scenes.still import granular
from eclips4d.pipeline.bench.registration.scenes.waves import Waves, relief

F64 = NDArray[np.float64]
Raw = NDArray[np.uint16]

DOSE = 1000.0
STEP_PX, WITHIN_PX = 0.3, 20.0
LONG_FRAMES, LONG_SIZE, LONG_GRID = 2000, 112, 192
PERIOD_PX, LATTICE_FRAMES, LATTICE_DRIFT_PX = 12, 60, (0.2, 1.1)
JUMP_SIZE, JUMP_GRID, JUMP_PX, JUMP_AFTER, JUMP_FRAMES = 320, 480, (60.0, -80.0), 6, 16
BURST_AFTER, BURST_FRAMES = 10, 30
GARBAGE = ("noise", "saturated", "black", "elsewhere", "noise", "elsewhere", "saturated", "black", "noise", "elsewhere")


@dataclass(frozen=True, slots=True)
class Sequence:
    """Frames made while they are read, so that long ones need no memory.

    Attributes
    ----------
    truth : float64 [T, 2]
    size : int
        Pixels of a side.
    raw
        Makes a frame from its place in the sequence and its drift.
    garbage : frozenset of int
        Frames that show something else.
    either : frozenset of int
        Frames that may be taken for aligned or not.
    """

    truth: F64
    size: int
    raw: Callable[[int, tuple[float, float]], Raw]
    garbage: frozenset[int] = frozenset()
    either: frozenset[int] = frozenset()

    def frames(self) -> Iterator[tuple[FrameHeader, Raw]]:
        """In order, every frame taken in one instant."""
        shape = (SEGMENTS, self.size, self.size)
        for k, (down, right) in enumerate(self.truth):
            yield header(k, shape), self.raw(k, (float(down), float(right)))


def walk(frames: int, random: np.random.Generator, within: float = WITHIN_PX) -> F64:
    """A random walk from zero that is reflected at `within`."""
    places = np.zeros((frames, 2))
    for k, step in enumerate(random.normal(0.0, STEP_PX, (frames - 1, 2)), start=1):
        place = places[k - 1] + step
        places[k] = np.where(np.abs(place) > within, np.sign(place) * 2 * within - place, place)
    return places


def long_sequence(seed: int, frames: int = LONG_FRAMES) -> Sequence:
    """A static film that wanders."""
    random = np.random.default_rng((seed, 1))
    return Sequence(walk(frames, random), LONG_SIZE, _exposure(granular(LONG_GRID, seed), LONG_SIZE, random))


def lattice(seed: int, frames: int = LATTICE_FRAMES) -> Sequence:
    """A pattern that repeats, drifting over several of its periods."""
    random = np.random.default_rng((seed, 2))
    turns = 2 * np.pi * np.arange(LONG_GRID) / PERIOD_PX
    height = np.cos(turns)[:, None] + np.cos(turns)[None, :]
    scene = relief(0.4 * height, 0.05 * height, 0.0)
    drift = np.outer(np.arange(frames), LATTICE_DRIFT_PX) + walk(frames, random)
    return Sequence(drift, LONG_SIZE, _exposure(scene, LONG_SIZE, random))


def jump(seed: int) -> Sequence:
    """A film that jumps by a hundred pixels between two frames."""
    random = np.random.default_rng((seed, 3))
    drift = walk(JUMP_FRAMES, random)
    drift[JUMP_AFTER:] += JUMP_PX
    film = _exposure(granular(JUMP_GRID, seed), JUMP_SIZE, random)
    return Sequence(drift, JUMP_SIZE, film, either=frozenset({JUMP_AFTER}))


def burst(seed: int) -> Sequence:
    """A film interrupted by ten frames that show noise, nothing, saturation or another place."""
    random = np.random.default_rng((seed, 4))
    film = _exposure(granular(LONG_GRID, seed), LONG_SIZE, random)
    elsewhere = _exposure(granular(LONG_GRID, seed + 1000), LONG_SIZE, random)
    shape = (SEGMENTS, LONG_SIZE, LONG_SIZE)

    def raw(k: int, drift: tuple[float, float]) -> Raw:
        place = k - BURST_AFTER
        match GARBAGE[place] if 0 <= place < len(GARBAGE) else "":
            case "noise":
                return exposed(np.ones(shape), DOSE, random)
            case "saturated":
                return np.full(shape, np.iinfo(np.uint16).max, np.uint16)
            case "black":
                return np.zeros(shape, np.uint16)
            case "elsewhere":
                return elsewhere(k, drift)
            case _:
                return film(k, drift)

    garbage = frozenset(range(BURST_AFTER, BURST_AFTER + len(GARBAGE)))
    return Sequence(walk(BURST_FRAMES, random), LONG_SIZE, raw, garbage)


def _exposure(scene: Waves, size: int, random: np.random.Generator) -> Callable[[int, tuple[float, float]], Raw]:
    return lambda k, drift: exposed(signal(scene.at(drift, size)), DOSE, random)
