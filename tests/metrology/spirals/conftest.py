"""Spirals made by hand: heights from their definition at sub-pixels, slopes as differences of pixel means."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.special import erf

from eclips4d.metrology.movie import Grid, Movie, SurfaceFrame
from eclips4d.physics.scenes.bcf.radial import phase_at, steady_spiral


@dataclass(frozen=True)
class Made:
    """One spiral field, and how it is looked at."""

    cores: tuple[tuple[float, float, int], ...] = ((200.0, 190.0, 1),)
    spacing: float = 90.0
    bend: float = 4.7
    height: float = 8.0
    riser: float = 8.0
    passage: float = 0.02
    phase: float = 0.3
    pixels: int = 96
    pixel: float = 4.0
    noise: float = 0.02
    line_s: float = 0.0
    every_s: float = 4.0

    def surface(self, t_s):
        """Heights on pixel centres; `t_s` one per row."""
        x = self.pixel * np.arange(self.pixels)
        y = x[:, None]
        high = -np.inf
        for at_x, at_y, wound in self.cores:
            r = np.hypot(x - at_x, y - at_y) + 1e-6
            sheet = wound * np.arctan2(y - at_y, x - at_x) / (2.0 * math.pi)
            u = self.phase - self.arms(r) + self.passage * np.asarray(t_s).reshape(-1, 1) - sheet
            steep = np.hypot(self.arms(r + 0.5) - self.arms(np.abs(r - 0.5)), wound / (2.0 * math.pi * r))
            # Where two spirals meet the higher one covers the other.
            high = np.maximum(high, self.height * (sheet + self.stairs(u, steep)))
        return high

    def arms(self, r):
        """Of Archimedes without a bend, else of the solved spiral with this critical radius."""
        if self.bend == 0.0:
            return r / self.spacing
        return self.bend / (self.spacing * steady_spiral().rotation) * phase_at(r / self.bend)

    def stairs(self, u, steep):
        """A staircase whose risers are error functions across the step."""
        whole = np.floor(u)
        f, sd = u - whole, np.maximum(self.riser * steep, 1e-3) * math.sqrt(2.0)
        return whole + sum(0.5 * (1.0 + erf((f - k) / sd)) - (k < 0.5) for k in (-1, 0, 1, 2)) + 1.0

    def frame(self, number=0, seed=0):
        """As registration would hand it over; slopes are exact derivatives of the staircase plus white noise."""
        start = number * self.every_s
        rows = start + self.line_s * np.arange(self.pixels)
        fine = replace(self, pixels=4 * self.pixels, pixel=self.pixel / 4)
        high = fine.surface(np.repeat(rows, 4))
        slope = np.stack(np.gradient(high, fine.pixel)[::-1])
        slope = slope.reshape(2, self.pixels, 4, self.pixels, 4).mean(axis=(2, 4))
        slope += np.random.default_rng([seed, number]).normal(0.0, self.noise, slope.shape)
        height = high.reshape(self.pixels, 4, self.pixels, 4).mean(axis=(1, 3))
        sd = np.full((self.pixels, self.pixels), self.noise, np.float32)
        return SurfaceFrame(number, start, rows, height.astype(np.float32), slope.astype(np.float32), sd)

    def movie(self, frames, seed=0):
        made = [self.frame(k, seed) for k in range(frames)]
        return Movie(self.grid, (self.pixels, self.pixels), tuple(range(frames)), made.__getitem__, {})

    @property
    def grid(self):
        return Grid((self.pixel, self.pixel))

    @property
    def places(self):
        """Cores on the grid of the pixels' means, whose first centre is at 0: 1.5 sub-pixels before the fine one's."""
        off = 1.5 * self.pixel / 4.0
        return [(x - off, y - off, wound) for x, y, wound in self.cores]


@pytest.fixture(scope="session")
def made():
    return Made
