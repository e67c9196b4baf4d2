"""Frames to be averaged, drawn from a seed: slopes and heights with noise of a known size."""

from __future__ import annotations

import numpy as np

from eclips4d.metrology.stack import Layer
from eclips4d.metrology.stack.level import Lattice

PIXEL_NM = 4.0


def lattice_of(shape: tuple[int, int]) -> Lattice:
    y, x = (PIXEL_NM * np.arange(n) for n in shape)
    return Lattice.of(y, x)


def riser_slopes(shape: tuple[int, int], places: np.ndarray, width_px: float = 2.0) -> np.ndarray:
    """Upright edges, [2, y, x]: dh/dx of -0.5 in their middle."""
    x = np.arange(shape[1])[None, :]
    profile = sum(np.exp(-0.5 * ((x - place) / width_px) ** 2) for place in places)
    return np.stack([-0.5 * np.broadcast_to(profile, shape), np.zeros(shape)])


def make_layer(
    random: np.random.Generator,
    slope: np.ndarray,
    slope_sd: float = 0.1,
    *,
    height: np.ndarray | None = None,
    height_sd: float = 1.0,
    datum: tuple[float, float, float] | None = None,
    time_s: float = 0.0,
) -> Layer:
    """One frame: what is given, and white noise."""
    shape = slope.shape[1:]
    base = np.zeros(shape) if height is None else height
    planes = {
        "slope": (slope + random.normal(0, slope_sd, slope.shape)).astype(np.float32),
        "slope_sd": np.full(shape, slope_sd, np.float16),
        "height": (base + random.normal(0, height_sd, shape)).astype(np.float32),
        "height_sd": np.full(shape, height_sd, np.float16),
        "residual": np.abs(random.normal(1, 0.1, shape)).astype(np.float16),
        "trust": random.integers(0, 101, shape).astype(np.uint8),
    }
    return Layer(time_s, planes, np.full(3, np.nan) if datum is None else np.array(datum))
