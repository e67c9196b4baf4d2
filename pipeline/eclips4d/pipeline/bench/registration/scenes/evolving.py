"""What moves by itself: wavy risers that flow, and round bumps that travel. Closed forms, exact at any place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Shift = tuple[float, float]

RISER_PX, SPACING_PX = 2.0, 20.0
"""Width (standard deviation) and mean distance of the risers."""
SPEED_SPREAD = 0.15
"""Speeds of risers differ by so much."""
BUMP_PX, BUMP_AREA_PX = 3.0, 400.0
_OUTSIDE_PX = 60.0
_REACH = 5.0


@dataclass(frozen=True, slots=True)
class Risers:
    """Edges of terraces; each advances to the right by its own share of the common speed.

    Attributes
    ----------
    place, amplitude, wave, phase, pace : float64 [risers]
        Where a riser stands at the start, how it waves along y, and its speed over the common one.
    """

    place: F64
    amplitude: F64
    wave: F64
    phase: F64
    pace: F64

    def at(self, drift: Shift, advance: float, size: int) -> F64:
        """Planes [3, y, x]: slopes of descending risers of slope 1, and their brighter edges."""
        y = np.arange(size)[:, None] - drift[0]
        x = np.arange(size)[None, :] - drift[1]
        planes = np.zeros((3, size, size))
        waves = zip(self.places(y, advance), self.amplitude, self.wave, self.phase, strict=True)
        for here, amplitude, wave, phase in waves:
            turn = 2 * np.pi * y / wave + phase
            lean = amplitude * 2 * np.pi / wave * np.cos(turn)
            inside = slice(*_span(here + drift[1], _REACH * RISER_PX, size))
            profile = np.exp(-0.5 * ((x[:, inside] - here) / RISER_PX) ** 2)
            planes[0, :, inside] -= profile
            planes[1, :, inside] += lean * profile
            planes[2, :, inside] += 0.5 * profile
        return planes

    def places(self, y: NDArray[Any], advance: float) -> list[F64]:
        """Column of each riser at rows of the specimen, from left to right as long as none overtakes another."""
        middle = self.place + self.pace * advance
        turns = (2 * np.pi * y / wave + phase for wave, phase in zip(self.wave, self.phase, strict=True))
        return [m + a * np.sin(turn) for m, a, turn in zip(middle, self.amplitude, turns, strict=True)]


@dataclass(frozen=True, slots=True)
class Bumps:
    """Round bumps that travel together.

    Attributes
    ----------
    place : float64 [bumps, 2]
    direction : float64 [2]
        Unit vector (rows, columns).
    """

    place: F64
    direction: F64

    def at(self, drift: Shift, advance: float, size: int) -> F64:
        """Planes [3, y, x] of bumps whose steepest slope is 1, brighter in the middle."""
        planes = np.zeros((3, size, size))
        for place in self.place + advance * self.direction + np.array(drift):
            rows, columns = (slice(*_span(p, _REACH * BUMP_PX, size)) for p in place)
            y = (np.arange(size)[rows, None] - place[0]) / BUMP_PX
            x = (np.arange(size)[None, columns] - place[1]) / BUMP_PX
            bump = np.exp(0.5 - 0.5 * (y**2 + x**2))
            planes[:, rows, columns] += np.stack([-x * bump, -y * bump, 0.5 * bump])
        return planes


def risers(size: int, seed: int) -> Risers:
    """Over the frame and beyond it on both sides, so that they come in and go out."""
    random = np.random.default_rng(seed)
    place = np.arange(-_OUTSIDE_PX, size + _OUTSIDE_PX, SPACING_PX)
    count = len(place)
    return Risers(
        place + random.uniform(-0.15, 0.15, count) * SPACING_PX,
        random.uniform(0.1, 0.3, count) * SPACING_PX,
        random.uniform(60.0, 160.0, count),
        random.uniform(0, 2 * np.pi, count),
        1.0 + random.uniform(-SPEED_SPREAD, SPEED_SPREAD, count),
    )


def bumps(size: int, seed: int) -> Bumps:
    """Over the frame and beyond it, all in one random direction."""
    random = np.random.default_rng(seed)
    side = size + 2 * _OUTSIDE_PX
    angle = random.uniform(0, 2 * np.pi)
    return Bumps(
        random.uniform(-_OUTSIDE_PX, size + _OUTSIDE_PX, (int(side**2 / BUMP_AREA_PX), 2)),
        np.array([np.sin(angle), np.cos(angle)]),
    )


def _span(middle: F64 | float, reach: float, size: int) -> tuple[int, int]:
    """Pixels within reach of all of `middle`, clipped to the frame."""
    low, high = int(np.floor(np.min(middle) - reach)), int(np.ceil(np.max(middle) + reach)) + 1
    return min(max(low, 0), size), min(max(high, 0), size)
