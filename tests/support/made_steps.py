"""Movies of straight steps that go along x as told, in closed form, with white noise on their slopes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtr

from eclips4d.metrology.movie import Grid, Movie, SurfaceFrame


@dataclass(frozen=True)
class GoingSteps:
    """Steps (place nm at time 0, velocity nm/s, height nm); risers are Gaussians of slope `riser_nm` wide."""

    steps: tuple[tuple[float, float, float], ...]
    frames: int = 8
    shape: tuple[int, int] = (30, 120)
    pixel_nm: float = 2.0
    riser_nm: float = 5.0
    noise: float = 0.01
    frame_s: float = 1.0
    line_time_s: float = 0.01
    seed: int = 0
    read: list[int] = field(default_factory=list)
    """Frames, in the order in which they were read."""

    def movie(self, frames: int | None = None) -> Movie:
        """The first so many frames."""
        grid = Grid((self.pixel_nm, self.pixel_nm), slope_scale_u=0.01)
        return Movie(grid, self.shape, tuple(range(frames or self.frames)), self.frame, {})

    def look(self, stack: int = 1, *, aligned_only: bool = True) -> Movie:
        """As `measuring.movies.Movies`."""
        return self.movie()

    def frame(self, k: int) -> SurfaceFrame:
        self.read.append(k)
        rows, columns = self.shape
        times = k * self.frame_s + self.line_time_s * np.arange(rows)
        x = np.arange(columns) * self.pixel_nm
        height, slope = np.zeros((2, rows, columns))
        for place, velocity, rise in self.steps:
            off = (x - (place + velocity * times)[:, None]) / self.riser_nm
            height += rise * ndtr(off)
            slope += rise * np.exp(-0.5 * off**2) / (np.sqrt(2 * np.pi) * self.riser_nm)
        noise = np.random.default_rng([self.seed, k]).normal(0.0, self.noise, (2, rows, columns))
        return SurfaceFrame(
            frame=k,
            time_s=float(times[0]),
            row_time_s=times,
            height=height.astype(np.float32),
            slope=(np.stack([slope, np.zeros_like(slope)]) + noise).astype(np.float32),
            slope_sd=np.full(self.shape, self.noise, np.float32),
        )


def warm_up() -> None:
    """Have everything compiled: the first time that takes longer than a thread may take to end."""
    from eclips4d.metrology.spirals import find_cores
    from eclips4d.viewer.measuring.answers import Question
    from eclips4d.viewer.measuring.read_area import read_area
    from eclips4d.viewer.measuring.read_line import read_line
    from eclips4d.viewer.measuring.series import SeriesSoFar
    from eclips4d.viewer.measuring.shapes import LineShape, rectangle

    movie = GoingSteps(((60.0, 2.0, 4.0), (150.0, 1.0, -6.0)), frames=6).movie()
    line = LineShape(((10.0, 29.0), (220.0, 29.0)), 16.0)
    read_line(movie, Question(line, 0))
    read_area(movie, Question(rectangle((100.0, 4.0), (140.0, 50.0)), 0))
    series = SeriesSoFar(line, movie)
    for frame in movie:
        series.read(frame)
    series.link()
    find_cores(movie.read(0), movie.grid)
