"""Surfaces whose profiles are known."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from eclips4d.metrology.movie import Grid, SurfaceFrame
from eclips4d.metrology.profiles.line import sample_line

SHAPE, PIXEL_NM = (40, 64), 4.0


def frame_of(height, slope, sd=0.01, row_time_s=None):
    """A frame of given planes."""
    rows = np.zeros(height.shape[0]) if row_time_s is None else row_time_s
    planes = np.asarray(height, np.float32), np.asarray(slope, np.float32)
    return SurfaceFrame(0, 0.0, rows, *planes, np.full(height.shape, sd, np.float32))


def brightness(slope):
    """Signal of a copper facet over that of a flat one, after Arnal."""
    cosine = 1.0 / np.sqrt(1.0 + slope**2)
    return cosine * ((1.0 + cosine) / 2.0) ** (-9.0 / np.sqrt(29.0))


@lru_cache(maxsize=32)
def step_slopes(height_nm, wall_nm, orientation_deg, *, place_nm=0.0, rounded=False, fine=24):
    """Slopes [2, y, x] that pixels show of a step through the image's middle, rising along the orientation.

    Every pixel by brute force: signals of its sub-pixels are added, and the slope is the ratio of the sums.
    """
    rows, columns = SHAPE
    x = (np.arange(columns * fine) + 0.5) / fine - columns / 2.0
    y = (np.arange(rows * 8) + 0.5) / 8 - rows / 2.0
    cosine, sine = np.cos(np.radians(orientation_deg)), np.sin(np.radians(orientation_deg))
    across = PIXEL_NM * (x * cosine - y[:, None] * sine) - place_nm
    if rounded:
        steep = height_nm / (np.sqrt(2.0 * np.pi) * wall_nm) * np.exp(-(across**2) / (2.0 * wall_nm**2))
    else:
        steep = np.where(np.abs(across) < wall_nm / 2.0, height_nm / wall_nm, 0.0)
    bright = brightness(steep)
    signal, light = (v.reshape(rows, 8, columns, fine).mean(axis=(1, 3)) for v in (bright * steep, bright))
    return signal / light * np.array([cosine, -sine])[:, None, None]


def across(orientation_deg, half_nm):
    """A line through the image's middle, along the orientation on the screen."""
    rows, columns = SHAPE
    x, y = 0.5 * (columns - 1) * PIXEL_NM, 0.5 * (rows - 1) * PIXEL_NM
    dx, dy = half_nm * np.cos(np.radians(orientation_deg)), -half_nm * np.sin(np.radians(orientation_deg))
    return (x - dx, y - dy), (x + dx, y + dy)


@pytest.fixture
def grid():
    return Grid((PIXEL_NM, PIXEL_NM))


@pytest.fixture
def step_profile(grid):
    """Profile across a made step, with noise if asked."""

    def made(height_nm, wall_nm, orientation_deg=8.0, *, sd=0.01, random=None, line_deg=None, **more):
        slope = step_slopes(height_nm, wall_nm, orientation_deg, **more)
        if random is not None:
            slope = slope + random.normal(0.0, sd, slope.shape)
        line = across(orientation_deg if line_deg is None else line_deg, 100.0)
        return sample_line(frame_of(np.zeros(SHAPE), slope, sd), grid, line, 80.0)

    return made


@pytest.fixture
def made_frame():
    return frame_of
