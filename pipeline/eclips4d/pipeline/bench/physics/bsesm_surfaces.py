"""Surfaces whose rendering is timed, with how steep they are. Heights in pixels of any grid."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.limits import surfaces
from eclips4d.physics.scenes import build_scene
from eclips4d.pipeline.bench.physics.horizon_rendered import FLOOR

F64 = NDArray[np.float64]

STRESS = "nothing but slopes"


def copper(size: int) -> F64:
    """The demonstration's scene, 4 µm wide at 1024 pixels, after islands have grown."""
    pixel = 3.90625
    scene = build_scene("copper-redox", (size * pixel, size * pixel), 1, 12.0)
    y = pixel * np.linspace(0.5 - size / 2, size / 2 - 0.5, size)
    return scene.lines(np.full(size, y[0]), pixel, size, y, np.full(size, 20.0)).height / pixel


TIMED: dict[str, Callable[[int], F64]] = {
    "copper-redox": copper,
    "granular film": lambda size: surfaces.gaussian(size, 16.0, 0.4, 1),
    "islands and trenches": lambda size: np.minimum(
        surfaces.islands(size, 54.74, 12.0, size * size // 12000, 1),
        surfaces.trenches(size, 16.0, 24.0, 80.0, max(size // 128, 1), 1) + 12.0,
    ),
    STRESS: lambda size: surfaces.self_affine(size, 0.8, 1.0, 1),
}
"""By name, for a side in pixels."""


def described(name: str, height: F64) -> str:
    """The name and the surface's steepness."""
    slope = np.hypot(*np.gradient(height))
    rms = float(np.sqrt((slope**2).mean()))
    return f"{name} (rms slope {rms:.2g}, {100 * float((slope > FLOOR).mean()):.2g} % beyond the detector's edge)"
