"""What horizons leave of a detector: how facets below and beside each other read, mixed or not.

A facet that rises by the tangent t towards an azimuth e sends `w (1 - t X·e)` to a detector element at X (its tangents)
by Lambert's law, and a horizon of tangent s takes away the elements with s X·e > 1. A steep facet is its own horizon,
s = t; a terrace below a riser, t = 0, has that of the riser's upper edge. The brightness that the linear law reads, and
brightness times slope, are tabulated for these two, over s; signals are linear in t, so what is between lies between.

Signals add, so these are what pixels average. Only then the inversion divides, and undoes a facet's own horizon.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument

F64 = NDArray[np.float64]
STEP, STEEPEST = 0.02, 2.8
"""Of the tables: from tangent to tangent, and up to which one."""
TERRACE, TERRACE_SIGNAL, FACET, FACET_SIGNAL, UNDONE = (np.int64(k) for k in range(5))
"""Columns of a table: brightness and brightness times slope of both, and what the inversion makes of a read slope."""
_USUAL_TANGENTS, _USUAL_RADII, _USUAL_ANGLES = (0.29, 1.166), 24, 96
_AZIMUTHS = 16
_DARKEST = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """A detector as seen along one azimuth.

    Attributes
    ----------
    table : float64 [tangents, 5]
        Over tangents of horizons from -STEEPEST to STEEPEST, the last column over slopes that are read.
    clear : float
        Tangent of the steepest horizon that hides nothing.
    """

    table: F64
    clear: float


@dataclass(frozen=True, slots=True, eq=False)
class Detector:
    """Elements of a segmented detector.

    Attributes
    ----------
    x, y, weight : float64 [segment, element]
        Tangents of their directions along the image's axes (y down), and their shares of a flat spot's electrons.
    """

    x: F64
    y: F64
    weight: F64
    _made: dict[int | None, Sight] = field(default_factory=dict, repr=False)

    def towards(self, azimuth_deg: float) -> Sight:
        """Along an azimuth (from x towards y, so clockwise on the screen), to the degree; NaN: mean over all."""
        key = round(azimuth_deg) % 360 if math.isfinite(azimuth_deg) else None
        return self._made.get(key) or self._made.setdefault(key, self._sight(key))

    def _sight(self, azimuth_deg: int | None) -> Sight:
        if azimuth_deg is not None:
            parts = self._parts(math.radians(azimuth_deg))
        else:
            parts = np.mean([self._parts(2.0 * math.pi * k / _AZIMUTHS) for k in range(_AZIMUTHS)], axis=0)
        clear = 1.0 / float(np.hypot(self.x, self.y).max())
        return Sight(np.column_stack([parts, _undone(parts)]), clear)

    def _parts(self, azimuth: float) -> F64:
        """Brightness, and that times slope, of terrace and facet below each horizon, [tangents, 4]."""
        c, s = math.cos(azimuth), math.sin(azimuth)
        along = c * self.x + s * self.y
        flat, tilted = _above_horizons(along, self.weight), _above_horizons(along, -self.weight * along)
        design = np.stack([self.weight.sum(1), -(self.weight * self.x).sum(1), -(self.weight * self.y).sum(1)], axis=1)
        parts = []
        for signals in (flat, np.maximum(flat + tilted * tangents()[:, None], 0.0)):
            u, up, uq = _read(signals, design)
            parts += [u, c * up + s * uq]
        return np.stack(parts, axis=1)


def detector_of(instrument: Instrument) -> Detector:
    """The detector that an instrument file describes."""
    # Loads what compiles: whoever only looks at a store need not wait for it.
    from eclips4d.physics.detector import quadrature

    x, y, weight = (part.reshape(instrument.segments, -1) for part in quadrature(instrument))
    return Detector(x, -y, weight)


@lru_cache(maxsize=1)
def usual_detector() -> Detector:
    """An annulus of four quadrants, from 16 to 49 degrees off the axis: for movies whose detector is not told."""
    edges = np.linspace(*_USUAL_TANGENTS, _USUAL_RADII + 1)
    radius = 0.5 * (edges[1:] + edges[:-1])
    angle = (np.arange(_USUAL_ANGLES) + 0.5) * (2.0 * math.pi / _USUAL_ANGLES)
    x, y = (np.outer(turn(angle), radius).reshape(4, -1) for turn in (np.cos, np.sin))
    weight = np.broadcast_to(radius / (1.0 + radius**2) ** 2, (_USUAL_ANGLES, radius.size)).reshape(4, -1)
    return Detector(x, y, weight / weight.sum())


def tangents() -> F64:
    """Of the tables' rows."""
    count = round(STEEPEST / STEP)
    return STEP * np.arange(-count, count + 1, dtype=np.float64)


def _above_horizons(along: F64, weight: F64) -> F64:
    """Sums of weights over the elements that each horizon leaves, [tangents, segment]."""
    horizons = tangents()
    # Horizons rise towards the azimuth, or away from it; what lies that way by more than 1/|s| is hidden.
    room = 1.0 / np.maximum(np.abs(horizons), 1e-9)
    left = np.empty((horizons.size, len(along)))
    for k, (at, share) in enumerate(zip(along, weight, strict=True)):
        for way in (1.0, -1.0):
            order = np.argsort(way * at)
            place, below = way * at[order], np.cumsum(share[order]) - 0.5 * share[order]
            these = way * horizons >= 0.0
            left[these, k] = np.interp(room[these], place, below, 0.0, float(share.sum()))
    return left


def _read(signals: F64, design: F64) -> F64:
    """What the linear law, weighted for counting noise as the inversion weights it, reads, [3, tangents]."""
    expected = signals @ np.linalg.pinv(design).T @ design.T
    weight = 1.0 / np.maximum(expected, _DARKEST * signals.mean(axis=1, keepdims=True))
    normal = np.einsum("mk,ki,kj->mij", weight, design, design)
    right = (weight * signals) @ design
    return np.asarray(np.linalg.solve(normal, right[..., None])[..., 0].T, np.float64)


def _undone(parts: F64) -> F64:
    """The slope of the facet that reads each tangent."""
    slopes = tangents()
    read = parts[:, FACET_SIGNAL] / np.maximum(parts[:, FACET], _DARKEST)
    return np.interp(slopes, np.maximum.accumulate(read) + 1e-9 * slopes, slopes)
