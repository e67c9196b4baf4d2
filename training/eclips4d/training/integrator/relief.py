"""Surfaces to integrate: those of all trainings, and on some of them mesas whose walls no detector sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from eclips4d.training.surfaces import random_surface

F32 = NDArray[np.float32]

FINE: Final = 4
MESAS: Final = 0.3
"""Share of surfaces with mesas."""


@dataclass(frozen=True, slots=True)
class Relief:
    """A surface, in units of the pixel size, [y·FINE, x·FINE] each.

    Attributes
    ----------
    height : float32
    mesas : float32 or None
        What stands on it with vertical walls.
    brightness : float32
        Relative yield of the material.
    """

    height: F32
    mesas: F32 | None
    brightness: F32


def random_relief(rng: np.random.Generator, side_px: int) -> Relief:
    """A square surface."""
    surface = random_surface(rng, (side_px, side_px), FINE)
    mesas = _mesas(rng, side_px) if rng.random() < MESAS else None
    return Relief(surface.height_px.astype(np.float32), mesas, surface.relative_yield)


def _mesas(rng: np.random.Generator, side_px: int) -> F32:
    """Blobs, half planes and blocks, up or down."""
    side = side_px * FINE
    out = np.zeros((side, side), np.float32)
    for _ in range(rng.integers(1, 4)):
        size = np.exp(rng.uniform(np.log(0.5), np.log(10.0))) * rng.choice([-1.0, 1.0])
        out += np.float32(size) * _outline(rng, side)
    return out


def _outline(rng: np.random.Generator, side: int) -> F32:
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / np.float32(side) - np.float32(0.5)
    kind = rng.choice(["blob", "half", "block", "disc"])
    if kind == "blob":
        field = gaussian_filter(rng.standard_normal((side // 8, side // 8)), rng.uniform(4.0, 12.0) * side / 640.0)
        field = field.repeat(8, axis=0).repeat(8, axis=1)
        field = gaussian_filter(field, 6.0)
        inside = np.zeros((side, side), bool)
        inside[: field.shape[0], : field.shape[1]] = field > np.quantile(field, rng.uniform(0.5, 0.85))
        return np.asarray(inside, np.float32)
    angle = rng.uniform(0.0, np.pi)
    centre = rng.uniform(-0.35, 0.35, 2)
    u = (x - centre[0]) * np.cos(angle) + (y - centre[1]) * np.sin(angle)
    v = (y - centre[1]) * np.cos(angle) - (x - centre[0]) * np.sin(angle)
    a, b = rng.uniform(0.06, 0.35, 2)
    if kind == "half":
        return np.asarray(u > 0.0, np.float32)
    if kind == "disc":
        return np.asarray((u / a) ** 2 + (v / b) ** 2 < 1.0, np.float32)
    return np.asarray((np.abs(u) < a) & (np.abs(v) < b), np.float32)
