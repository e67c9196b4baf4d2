"""Sequences in which a stated share of the gradient energy moves by itself, with known drift."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.frame import FrameHeader
from eclips4d.pipeline.bench.registration.scenes.evolving import bumps, risers
from eclips4d.pipeline.bench.registration.scenes.exposing import change, exposed, header
from eclips4d.pipeline.bench.registration.scenes.still import rough_with_particles

F64 = NDArray[np.float64]
Kind = Literal["risers", "bumps"]
Shift = tuple[float, float]
Part = Callable[[Shift, float], F64]

SIZE, GRID, FRAMES = 192, 256, 8
DOSE = 1000.0
GRADIENT_RMS = 0.06
"""Change of a segment per pixel, over its mean: rms over segments, pixels and both directions together."""
WALK_PX = 1.0
_STEP_PX = 0.05


@dataclass(frozen=True, slots=True)
class Movie:
    """A sequence with its true drift.

    Attributes
    ----------
    frames : list of uint16 [4, y, x]
    truth : float64 [T, 2]
        Displacement of the static content, px.
    """

    frames: list[NDArray[np.uint16]]
    truth: F64

    def with_headers(self) -> list[tuple[FrameHeader, NDArray[np.uint16]]]:
        """Every frame taken in one instant."""
        return [(header(k, raw.shape), raw) for k, raw in enumerate(self.frames)]


@dataclass(frozen=True, slots=True)
class Parts:
    """What stays and what moves, each [4, y, x] at a drift and an advance."""

    still: Part
    moving: Part

    def at(self, drift: Shift, advance: float) -> F64:
        """Segments over their mean."""
        return np.asarray(1.0 + self.still(drift, advance) + self.moving(drift, advance))


def parts(kind: Kind, share: float, seed: int, size: int = SIZE) -> Parts:
    """A scene whose moving part has this share (0 to 1) of the gradient energy of the first frame."""
    roughness = rough_with_particles(size * GRID // SIZE, seed)
    evolving = risers(size, seed) if kind == "risers" else bumps(size, seed)

    def still(drift: Shift, advance: float) -> F64:
        return change(roughness.at(drift, size))

    def moving(drift: Shift, advance: float) -> F64:
        return change(evolving.at(drift, advance, size))

    weights = (np.sqrt(1.0 - share), np.sqrt(share))
    sizes = [GRADIENT_RMS * w / np.sqrt(gradient_energy(p)) for w, p in zip(weights, (still, moving), strict=True)]
    return Parts(*(partial(_scaled, part, float(factor)) for part, factor in zip((still, moving), sizes, strict=True)))


def gradient_energy(part: Part, drift: Shift = (0.0, 0.0), advance: float = 0.0) -> float:
    """Mean square gradient over segments and pixels, by moving the content a little both ways."""
    energy = 0.0
    for step in ((_STEP_PX, 0.0), (0.0, _STEP_PX)):
        ahead, behind = (part((drift[0] + sign * step[0], drift[1] + sign * step[1]), advance) for sign in (1, -1))
        energy += float(np.mean(((ahead - behind) / (2 * _STEP_PX)) ** 2))
    return energy


def movie(kind: Kind, share: float, speed_px: float, seed: int, size: int = SIZE, frames: int = FRAMES) -> Movie:
    """Frames of a scene that drifts as a random walk while its moving part advances `speed_px` per frame."""
    scene = parts(kind, share, seed, size)
    random = np.random.default_rng((seed, 77))
    truth = np.vstack([np.zeros(2), np.cumsum(random.normal(0.0, WALK_PX, (frames - 1, 2)), axis=0)])
    made = [exposed(scene.at((float(d[0]), float(d[1])), speed_px * k), DOSE, random) for k, d in enumerate(truth)]
    return Movie(made, truth)


def _scaled(part: Part, factor: float, drift: Shift, advance: float) -> F64:
    return factor * part(drift, advance) if factor else np.zeros((4, 1, 1))
