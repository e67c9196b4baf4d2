"""What goes into a stack, and what comes out."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Planes = Mapping[str, NDArray[np.generic]]
Shown = NDArray[np.float32] | NDArray[np.uint8]

PRODUCTS = ("height", "height_sd", "slope", "slope_sd", "residual", "trust")
MOTION_NEEDS = ("slope", "slope_sd")


def needs(product: str, kept: Container[str]) -> tuple[str, ...]:
    """Planes of the frames that a plane of a stack is made of, of those that are kept."""
    if product in ("height", "height_sd"):
        names = ("height", "height_sd") if "height_sd" in kept else ("height", "slope_sd")
    else:
        names = MOTION_NEEDS if product in MOTION_NEEDS else (product, "slope_sd")
    return tuple(name for name in names if name in kept)


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One frame of a stack.

    Attributes
    ----------
    time_s : float
        Start of its first row.
    planes : mapping
        Of a store's products those that are wanted and there, [..., y, x]; NaN where not seen.
    datum : float64 [3]
        Plane of its height; NaN where unobservable.
    """

    time_s: float
    planes: Planes
    datum: F64 = field(default_factory=lambda: np.full(3, np.nan))


@dataclass(frozen=True, slots=True)
class Motion:
    """What moved within a stack.

    Attributes
    ----------
    share : float
        Share of blocks of 3 × 3 pixels whose slopes differ between the halves by more than 3 sd, less the 0.27 % that
        chance gives; NaN when it cannot be told (one frame, or no slopes with their sd).
    blurred : bool
        The share is more than chance explains.
    blur_nm : float
        About how far edges went from the first to the last frame; NaN when nothing moved or nobody can tell.
    """

    share: float = float("nan")
    blurred: bool = False
    blur_nm: float = float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """The mean of some frames.

    Attributes
    ----------
    planes : dict
        float32, trust uint8; NaN (trust 0) where no frame saw anything.
    count : uint8 [y, x]
        Frames whose slope (or height, without slopes) counted at each pixel.
    motion : Motion
    """

    planes: dict[str, Shown]
    count: NDArray[np.uint8]
    motion: Motion
