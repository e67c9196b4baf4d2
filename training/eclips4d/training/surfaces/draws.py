"""Draws that the families share."""

from __future__ import annotations

import numpy as np

from eclips4d.training.surfaces.surface import F64, Canvas


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A number whose logarithm is uniform."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def log_uniforms(rng: np.random.Generator, low: float, high: float, count: int) -> F64:
    """Several of them."""
    return np.asarray(np.exp(rng.uniform(np.log(low), np.log(high), count)))


def chance(rng: np.random.Generator, probability: float) -> bool:
    """True with a probability."""
    return bool(rng.random() < probability)


def direction(rng: np.random.Generator) -> float:
    """A direction in the image, radians."""
    return float(rng.uniform(0.0, 2.0 * np.pi))


def sign(rng: np.random.Generator) -> float:
    """+1 or -1."""
    return -1.0 if rng.random() < 0.5 else 1.0


def scattered(rng: np.random.Generator, canvas: Canvas, count: int, margin: float) -> F64:
    """Random places in the image and a margin around it, pixels about the middle; float64 [count, 2] (x, y)."""
    half = 0.5 * np.array([canvas.shape[1], canvas.shape[0]]) + margin
    return np.asarray(rng.uniform(-half, half, (count, 2)))


def jittered(rng: np.random.Generator, canvas: Canvas, spacing: float, jitter: float, margin: float) -> F64:
    """Places on a square grid, each moved at random by up to `jitter` spacings; float64 [count, 2] (x, y)."""
    count = [int(np.ceil((side + 2.0 * margin) / spacing)) + 1 for side in canvas.shape]
    row, column = np.indices(count).reshape(2, -1)
    at = np.stack([column - 0.5 * (count[1] - 1), row - 0.5 * (count[0] - 1)], axis=1)
    return np.asarray((at + jitter * rng.uniform(-1.0, 1.0, at.shape)) * spacing)
