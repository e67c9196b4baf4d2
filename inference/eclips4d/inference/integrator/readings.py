"""Slopes as they were read at the borders between pixels, doubted pixels included, and which borders cross a wall.

A pixel in whose frame the segments contradict each other is not valid, and most of these lie on walls. What is read
there is no measurement of the slope, but it tells that there is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

from eclips4d.inference.integrator.borders import SD_RANGE, border_slopes, border_weights, filled, sanitised

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

TRIPLE: Final = np.array([0.25, 0.5, 0.25], np.float32)
"""A riser within one pixel shows in both borders of it, and how much in which depends on where it lies."""


@dataclass(frozen=True, slots=True)
class Readings:
    """All float32 [2, y, x], of the borders to the right and below.

    Attributes
    ----------
    border
        Slope.
    weight
        One over its variance, that of the median pixel being 1; 0 where it is not readable.
    noise
        Its sd.
    readable
        1 where both pixels gave a slope that is less unsure than the largest sd that counts, else 0.
    doubted
        1 where that slope is readable though a pixel is not valid, else 0.
    """

    border: F32
    weight: F32
    noise: F32
    readable: F32
    doubted: F32


def readings(slope: F32, slope_sd: F32, valid: Mask | None, unit: float) -> Readings:
    """Of a frame.

    Parameters
    ----------
    slope, slope_sd, valid
        As `pinn.Integrator` is given them.
    unit
        Noise of a slope whose sd is the median.
    """
    border, weight = read_borders(slope, slope_sd)
    readable = (weight > 0.0).astype(np.float32)
    noise = np.float32(unit) / np.sqrt(np.where(weight > 0.0, weight, np.float32(1.0)))
    return Readings(border, weight, noise.astype(np.float32), readable, readable * _beside(valid, readable))


def read_borders(slope: F32, slope_sd: F32) -> tuple[F32, F32]:
    """Slopes at the borders and one over their variance, [2, y, x] each, of all pixels that gave any.

    The median pixel's variance is 1; where a slope is less sure than the largest sd that counts its weight is 0.
    """
    finite, variance, _ = sanitised(slope, slope_sd, None)
    legible = variance < np.float32(SD_RANGE[1] ** 2)
    if not legible.all():
        finite = filled(finite, legible)
    border, weight = np.empty_like(finite), np.empty_like(finite)
    border_slopes(finite, border)
    border_weights(variance, legible, weight)
    return border, weight


def _beside(valid: Mask | None, like: F32) -> F32:
    """1 at the borders of pixels that are not valid."""
    out = np.zeros_like(like)
    if valid is not None:
        bad = ~valid
        out[0, :, :-1] = bad[:, 1:] | bad[:, :-1]
        out[1, :-1] = bad[1:] | bad[:-1]
    return out


def across(values: F32) -> F32:
    """Means with the borders before and behind, along x for those to the right, along y for those below."""
    pair = [correlate1d(values[k], TRIPLE, axis=1 - k, mode="nearest") for k in range(2)]
    return np.asarray(np.stack(pair), dtype=np.float32)


def softened(values: F32) -> F32:
    """The same along both axes."""
    pair = [correlate1d(plane, TRIPLE, axis=k, mode="nearest") for k, plane in enumerate(across(values))]
    return np.asarray(np.stack(pair), dtype=np.float32)


def excess(border: F32, reach: int) -> F32:
    """By how much a slope is steeper than both so many pixels before and behind: of a facet's inside nothing is."""
    out = np.empty_like(border)
    for k in range(2):
        axis, steep, sign = 1 - k, np.abs(border[k]), np.sign(border[k])
        last = border[k].shape[axis] - 1
        at = np.arange(last + 1)
        nearby = (sign * np.take(border[k], np.clip(at + shift, 0, last), axis=axis) for shift in (-reach, reach))
        beside = np.maximum(np.maximum(*nearby), np.float32(0.0))
        out[k] = np.maximum(steep - beside, np.float32(0.0))
    return out


def share_of(signal: F32, noise: F32, threshold: float) -> F32:
    """0 for what is far below `threshold` times the noise, 1 for what is far above."""
    square = (signal / (np.float32(threshold) * noise)) ** 2
    return np.asarray(1.0 - 1.0 / (1.0 + square), dtype=np.float32)
