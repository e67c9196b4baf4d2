"""Movies of straight steps with known ways, made of heights and slopes directly."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy.special import ndtr

from eclips4d.core.results import Drift
from eclips4d.metrology.movie import Grid, Movie, SurfaceFrame

PIXEL_NM = 4.0


@dataclass
class Steps:
    """Steps across a field; `ways` give place (nm along x) and signed height at a time, or None when not there."""

    ways: list[Callable[[float], tuple[float, float] | None]]
    riser_nm: float = 7.0
    noise: float = 0.01
    shape: tuple[int, int] = (40, 160)
    frame_s: float = 1.0
    line_time_s: float = 0.02
    turn_deg: float = 0.0
    seed: int = 0
    grid: Grid = field(default_factory=lambda: Grid((PIXEL_NM, PIXEL_NM)))
    shift_nm: Callable[[int], float] = lambda k: 0.0

    @staticmethod
    def going(place: float, speed: float, height: float):
        """A step that goes on evenly."""
        return lambda t: (place + speed * t, height)

    def frame(self, k: int) -> SurfaceFrame:
        rows, columns = self.shape
        times = k * self.frame_s + self.line_time_s * np.arange(rows)
        x, y = np.arange(columns) * PIXEL_NM, (np.arange(rows) - (rows - 1) / 2) * PIXEL_NM
        turn = np.radians(self.turn_deg)
        height, p, q = np.zeros((3, rows, columns))
        for row, t in enumerate(times):
            for way in self.ways:
                now = way(float(t))
                if now is None:
                    continue
                place, rise = now
                # `place` is along x at the middle row; the edge is turned, its normal (cos, sin) of the turn.
                off = ((x - place - self.shift_nm(k)) * np.cos(turn) + y[row] * np.sin(turn)) / self.riser_nm
                slope = rise * np.exp(-0.5 * off**2) / (np.sqrt(2 * np.pi) * self.riser_nm)
                height[row] += rise * ndtr(off)
                p[row] += slope * np.cos(turn)
                q[row] += slope * np.sin(turn)
        random = np.random.default_rng([self.seed, k])
        slope = np.stack([p, q]) + random.normal(0.0, self.noise, (2, rows, columns))
        return SurfaceFrame(
            frame=k,
            time_s=float(times[0]),
            row_time_s=times,
            height=height.astype(np.float32),
            slope=slope.astype(np.float32),
            slope_sd=np.full(self.shape, self.noise, np.float32),
            drift=Drift((0.0, 0.0), (0.0, 0.0), (0.02, 0.02)),
        )

    def movie(self, frames: int) -> Movie:
        made = [self.frame(k) for k in range(frames)]
        return Movie(self.grid, self.shape, tuple(range(frames)), made.__getitem__, {})


@pytest.fixture
def steps():
    return Steps


@pytest.fixture
def line():
    middle = 0.5 * 39 * PIXEL_NM
    return ((10.0, middle), (620.0, middle))
