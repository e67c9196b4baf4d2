"""Surfaces of known height and slope, with the noise that integration makes of noisy slopes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from eclips4d.core.results import Datum, Drift
from eclips4d.inference.integrate import integrate
from eclips4d.metrology.movie import Grid, Movie, SurfaceFrame

PIXEL_NM = 4.0
GRID = Grid((PIXEL_NM, PIXEL_NM), slope_scale_u=0.01)


def places(shape):
    """x and y of the pixels from the middle of the image, nm."""
    rows, columns = shape
    y, x = np.mgrid[:rows, :columns].astype(float)
    return (x - (columns - 1) / 2) * PIXEL_NM, (y - (rows - 1) / 2) * PIXEL_NM


def disc(x, y, radius, step=8.0, riser=6.0, at=(0.0, 0.0)):
    """A round island, or a pit for a negative step."""
    return step * ndtr((radius - np.hypot(x - at[0], y - at[1])) / riser)


def frame_of(
    height,
    shape=(96, 96),
    sd=0.0,
    stated=0.02,
    seed=0,
    plane=(0.0, 0.0, 0.0),
    times=None,
    datum=None,
    frame=0,
    drift=None,
):
    """A frame of the surface `height(x, y)`, its slopes by central differences a hundredth of a pixel apart."""
    x, y = places(shape)
    offset, tilt_x, tilt_y = plane
    near = PIXEL_NM / 100
    slope = np.stack(
        [
            (height(x + near, y) - height(x - near, y)) / (2 * near) + tilt_x,
            (height(x, y + near) - height(x, y - near)) / (2 * near) + tilt_y,
        ]
    )
    noise = np.random.default_rng(seed).normal(size=slope.shape) * sd
    z = height(x, y) + offset + tilt_x * x + tilt_y * y + integrate(noise.astype(np.float32), GRID.pixel_size_nm)
    times = np.zeros(shape[0]) if times is None else times
    return SurfaceFrame(
        frame=frame,
        time_s=float(times[0]),
        row_time_s=times,
        height=z.astype(np.float32),
        slope=(slope + noise).astype(np.float32),
        slope_sd=np.full(shape, sd or stated, np.float32),
        drift=drift or Drift((0.0, 0.0)),
        datum=datum or Datum(),
    )


def movie_of(frames):
    """Of frames that are numbered from 0."""
    return Movie(GRID, frames[0].height.shape, tuple(f.frame for f in frames), frames.__getitem__, {})


@pytest.fixture
def surfaces():
    """What tests build surfaces with."""

    class Surfaces:
        grid, pixel_nm = GRID, PIXEL_NM
        frame_of, movie_of, disc, places = staticmethod(frame_of), staticmethod(movie_of), staticmethod(disc), places

    return Surfaces
