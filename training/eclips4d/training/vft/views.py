"""What a network learns from: pairs of pixel and way, what is seen there, and the exact horizons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.bsesm.amplitudes import fill_slopes
from eclips4d.physics.bsesm.course import Course, courses
from eclips4d.physics.bsesm.horizon import spread_over, surface, sweep
from eclips4d.physics.vft.gather import gather
from eclips4d.physics.vft.horizons import ROOM
from eclips4d.physics.vft.simulator import LOOKS
from eclips4d.physics.vft.ways import RADIUS, RINGS, Ways, ways
from eclips4d.training.vft.recipe import Scenes
from eclips4d.training.vft.steep_surfaces import steep_surface

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")
_OBLONG = (1.0, 1.0, 1.0, 1.3, 0.75)
"""Heights of pixels over their widths."""


@dataclass(frozen=True, slots=True)
class Views:
    """N pairs of pixel and way.

    Attributes
    ----------
    planes : float32 [3, rings + 2, N]
        As the network takes them.
    largest : float32 [N]
        Tangent by which they were divided.
    least : float32 [2, N]
        Tangent below which a horizon hides nothing, on the way and between it and the next: that of the lowest
        elevation that counts, or the facet's own slope.
    horizon : float32 [2, N]
        Exact tangents, at least `least`.
    """

    planes: F32
    largest: F32
    least: F32
    horizon: F32


def joined(parts: Sequence[Views]) -> Views:
    """All in one."""
    return Views(*(np.concatenate([getattr(part, name) for part in parts], -1) for name in Views.__slots__))


def views(random: np.random.Generator, scenes: Scenes) -> Views:
    """From one random surface, a random size of pixels and a random detector's lowest elevation."""
    height = steep_surface(random, scenes.field_px, scenes.slopes)
    pixel = (1.0, float(random.choice(_OBLONG)))
    floor = float(np.exp(random.uniform(*np.log(scenes.floors))))
    return views_of(height, pixel, floor, scenes.views, random)


def views_of(height: F64, pixel: tuple[float, float], floor: float, most: int, random: np.random.Generator) -> Views:
    """Where anything seen is above the floor and the facet's own slope.

    Parameters
    ----------
    pixel
        Size (x, y), in the unit of the heights.
    floor
        Tangent of the lowest elevation that counts.
    most
        Views drawn, if there are so many.
    """
    directions = courses(LOOKS, pixel)
    seen = ways(directions)
    tokens = np.empty((len(seen.row), RINGS, *height.shape), np.float32)
    _gather_all(np.ascontiguousarray(height, dtype=np.float32), seen, tokens)
    least = np.maximum(_own_slopes(height, pixel, directions), np.float32(floor))
    highest = tokens.max(1)
    largest = np.maximum(highest, np.maximum(np.roll(highest, 1, 0), np.roll(highest, -1, 0)))
    on, beside = ROOM * highest > least[::2], ROOM * np.maximum(highest, np.roll(highest, -1, 0)) > least[1::2]
    worth = np.argwhere(on | beside)
    way, y, x = worth[random.permutation(len(worth))[:most]].T
    exact = np.maximum(_exact(height, pixel, directions, floor), least)
    top = largest[way, y, x]
    ways_seen = [(way + by) % len(tokens) for by in (-1, 0, 1)]
    rings = np.stack([tokens[w, :, y, x].T for w in ways_seen])
    relative = np.maximum(np.concatenate([rings, rings.max(1, keepdims=True)], axis=1) / top, np.float32(-1.0))
    return Views(
        planes=np.concatenate([relative, seen.geometry[way].T[:, None]], axis=1),
        largest=top,
        least=np.stack([least[2 * way, y, x], least[2 * way + 1, y, x]]),
        horizon=np.stack([exact[2 * way, y, x], exact[2 * way + 1, y, x]]),
    )


@_compiled  # type: ignore[untyped-decorator]
def _gather_all(height: F32, seen: Ways, tokens: F32) -> None:
    for d in range(tokens.shape[0]):
        for y in range(height.shape[0]):
            gather(height, y, 0, height.shape[1], seen, d, RADIUS, tokens[d, :, y])


def _own_slopes(height: F64, pixel: tuple[float, float], directions: list[Course]) -> F32:
    slope = np.empty((2, *height.shape), np.float32)
    fill_slopes(np.ascontiguousarray(height), *pixel, slope, 0, len(height))
    azimuth = np.array([course.azimuth for course in directions], np.float32)
    toward = np.stack([np.cos(azimuth), -np.sin(azimuth)], axis=1)
    return np.asarray(np.einsum("mi,iyx->myx", toward, slope), dtype=np.float32)


def _exact(height: F64, pixel: tuple[float, float], directions: list[Course], floor: float) -> F32:
    relief, spread = surface(height, pixel), spread_over(None, 1)
    found = np.full((len(directions), *height.shape), floor, np.float32)
    for m, course in enumerate(directions):
        shape = relief.height[course.transposed].shape
        tangent, steps = np.full(shape, floor, np.float32), np.empty(shape, np.float32)
        if sweep(relief, course, floor, tangent, steps, spread):
            found[m] = tangent.T if course.transposed else tangent
    return found
