"""One example: what the network sees, what the solver needs beside its output, and the true height."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.integrator.borders import border_slopes, border_weights, sanitised
from eclips4d.inference.integrator.features import Workspace, features
from eclips4d.inference.integrator.solve import Laplacian, solve
from eclips4d.training.integrator.detector import Reading

F32 = NDArray[np.float32]

PIXEL = (1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Example:
    """All float32; heights in pixel sizes.

    Attributes
    ----------
    planes : [C, y, x]
    border, near, far, weight : [2, y, x]
        Slopes at the borders, their means over 5 × 5 and 25 × 25 pixels, their weights.
    unit : float
        Of the corrections.
    height, plain : [y, x]
        True, and by plain least squares of the same slopes.
    slope : [2, y, x]
        As given, gaps filled: input of the plain network.
    """

    planes: F32
    border: F32
    near: F32
    far: F32
    weight: F32
    unit: float
    height: F32
    plain: F32
    slope: F32


def example(given: Reading, height: F32) -> Example:
    """From one reading and its truth."""
    slope, variance, measured = sanitised(given.slope, given.slope_sd, given.valid)
    border = np.empty_like(slope)
    border_slopes(slope, border)
    weight = np.empty_like(slope)
    border_weights(variance, measured, weight)
    seen = features(border, weight, variance, measured, PIXEL, Workspace(height.shape))
    plain = solve(border, None, Laplacian(height.shape, PIXEL), 0)
    return Example(
        planes=seen.planes,
        border=border,
        near=seen.near,
        far=seen.far,
        weight=weight,
        unit=seen.unit,
        height=height - height.mean(),
        plain=plain,
        slope=slope,
    )
