"""How far away the surface must be known: what hides the sky from beyond a radius, and what that does to images.

A surrogate of the simulator that looks at a neighbourhood of radius r (the paper's Vision Field) rests on
P(occluded beyond r | free within r) being small. Here it is counted on exact horizons. One bound needs no statistics:
nothing further away than (highest point − here)·tan(theta) can hide a direction at polar angle theta.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.limits.ranged_horizon import ranged_horizons

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

_SEGMENTS = 4


@dataclass(frozen=True, slots=True)
class VisionField:
    """What is beyond each radius.

    Attributes
    ----------
    radii_px : float64 [R]
    beyond : float64 [R]
        P(occluded beyond r | free within r) of the lowest accepted direction, over all pixels and azimuths; 0 where
        no direction is free within r.
    occluded : float
        P(occluded) of that direction, at whatever distance.
    rms_error : float64 [R]
        Of the segments' signals when horizons are cut off at r, over the signal of a flat spot.
    rms_error_occluded : float64 [R]
        The same over those pixels and segments alone that other places shade.
    shaded : float
        Share of pixels and segments that other places shade.
    farthest_px : float
        Relief times tan(theta): from further away nothing can be hidden.
    """

    radii_px: F64
    beyond: F64
    occluded: float
    rms_error: F64
    rms_error_occluded: F64
    shaded: float
    farthest_px: float


def vision_field(
    height: F64, polar_deg: tuple[float, float], radii_px: Sequence[float], *, azimuths: int = 16
) -> VisionField:
    """Count occlusion by distance on one surface.

    Parameters
    ----------
    height
        [y, x], in pixel sizes; it repeats in both directions.
    polar_deg
        Innermost and outermost polar angle that the detector accepts; four quadrants centred on the diagonals.
    radii_px
        Rising.
    azimuths
        A multiple of four.

    Returns
    -------
    VisionField
        Signals by Lambert's law, each facet's own horizon included.
    """
    first, last = np.radians(polar_deg)
    lowest = float(1.0 / np.tan(last))
    count = len(radii_px)
    free, far = np.zeros(count), np.zeros(count)
    hidden = 0
    signals = np.zeros((_SEGMENTS, count + 2, *height.shape), dtype=np.float32)
    for cell in range(azimuths):
        azimuth = 2.0 * np.pi * (cell + 0.5) / azimuths
        horizon = ranged_horizons(height, azimuth, radii_px, lowest)
        seen = horizon <= np.float32(lowest)
        hidden += int((~seen[-1]).sum())
        free += seen[:-1].sum(axis=(1, 2))
        far += (seen[:-1] & ~seen[-1]).sum(axis=(1, 2))
        signals[cell * _SEGMENTS // azimuths] += _signal(height, azimuth, horizon, first, last)
    signals /= azimuths // _SEGMENTS * 0.5 * (np.sin(last) ** 2 - np.sin(first) ** 2)
    unshaded, cut, exact = signals[:, 0], signals[:, 1:-1], signals[:, -1:]
    shaded = np.abs(unshaded - exact[:, 0]) > 1e-5
    square = (cut - exact).astype(np.float64) ** 2
    within = np.moveaxis(square, 1, 0)[:, shaded]
    return VisionField(
        radii_px=np.asarray(radii_px, dtype=np.float64),
        beyond=far / np.maximum(free, 1.0),
        occluded=hidden / (azimuths * height.size),
        rms_error=np.sqrt(square.mean(axis=(0, 2, 3))),
        rms_error_occluded=np.sqrt(within.mean(axis=1)) if within.size else np.zeros(count),
        shaded=float(shaded.mean()),
        farthest_px=float(np.ptp(height) / lowest),
    )


def needed_radius(field: VisionField, below: float) -> float:
    """Smallest radius of the list from which on P(occluded beyond r | free within r) stays below; infinity if none."""
    low = field.beyond < below
    settled = np.flip(np.logical_and.accumulate(np.flip(low)))
    return float(field.radii_px[settled][0]) if settled.any() else float("inf")


def _signal(height: F64, azimuth: float, horizon: F32, first: float, last: float) -> F32:
    """Electrons in one azimuth: without other places, then with every horizon; float32 [radii + 2, y, x].

    The integral of `sin(theta)·(cos(theta) − g·sin(theta))` between the detector's inner edge and the lower of outer
    edge and horizon, g being the slope along the azimuth. Of an angle of cotangent m, sin² is `1/(1 + m²)` and
    sin·cos `m/(1 + m²)`.
    """
    p = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) / 2.0
    q = (np.roll(height, -1, 0) - np.roll(height, 1, 0)) / 2.0
    along = p * np.cos(azimuth) - q * np.sin(azimuth)  # on the screen y runs up
    own = np.maximum(along, 1.0 / np.tan(last)).astype(np.float32)
    limit = np.clip(np.concatenate([own[None], horizon]), own, np.float32(1.0 / np.tan(first)))
    square = 1.0 / (1.0 + limit * limit)
    reached = square - np.float32(np.sin(first) ** 2)
    slanted = np.arctan(1.0 / limit) - limit * square - np.float32(first - np.sin(first) * np.cos(first))
    signal = 0.5 * (reached - along.astype(np.float32) * slanted)
    return np.asarray(np.maximum(signal / np.sqrt(1.0 + p**2 + q**2), 0.0), dtype=np.float32)
