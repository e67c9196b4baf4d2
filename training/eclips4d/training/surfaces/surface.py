"""A random surface, and the grid it is drawn on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class RandomSurface:
    """A surface to train on, on a grid finer than the image so that risers narrower than a pixel exist.

    Attributes
    ----------
    height_px : float64 [Y·fine, X·fine]
        In pixel sizes of the image; its mean is free.
    relative_yield : float32 [Y·fine, X·fine]
        Of the material; about 1.
    family
        Key of `FAMILIES`.
    """

    height_px: F64
    relative_yield: F32
    family: str


@dataclass(frozen=True, slots=True)
class Relief:
    """What a family draws.

    Attributes
    ----------
    height : float32 [Y·fine, X·fine]
        In pixel sizes of the image.
    region : int32 [Y·fine, X·fine], optional
        Numbers of the terraces, grains or faces, for a material contrast that follows them.
    """

    height: F32
    region: I32 | None = None


@dataclass(frozen=True)
class Canvas:
    """The fine grid of an image.

    Attributes
    ----------
    shape
        Of the image (y, x), pixels.
    fine
        Points of the grid per pixel, along one axis.
    """

    shape: tuple[int, int]
    fine: int

    @property
    def points(self) -> tuple[int, int]:
        """Points of the grid (y, x)."""
        return self.shape[0] * self.fine, self.shape[1] * self.fine

    @property
    def pitch(self) -> float:
        """Of the grid, pixels."""
        return 1.0 / self.fine

    @property
    def extent(self) -> float:
        """The longer side, pixels."""
        return float(max(self.shape))

    @cached_property
    def x(self) -> F32:
        """Columns about the middle, pixels; float32 [1, X·fine]."""
        return _about_middle(self.points[1], self.pitch)[None, :]

    @cached_property
    def y(self) -> F32:
        """Rows about the middle, pixels; float32 [Y·fine, 1]."""
        return _about_middle(self.points[0], self.pitch)[:, None]

    def along(self, angle: float) -> F32:
        """Distance from the middle along a direction, pixels."""
        return self.x * np.float32(np.cos(angle)) + self.y * np.float32(np.sin(angle))


def _about_middle(count: int, pitch: float) -> F32:
    return ((np.arange(count) - 0.5 * (count - 1)) * pitch).astype(np.float32)
