"""Surfaces of planes with white noise, in closed form: no microscope."""

from __future__ import annotations

import numpy as np

from eclips4d.core.results import Drift
from eclips4d.metrology.facets import Facet
from eclips4d.metrology.facets.sphere import slopes_of
from eclips4d.metrology.movie import Grid, SurfaceFrame

GRID = Grid((4.0, 4.0), slope_scale_u=0.01)


def pyramid_slopes(size: int, tilts_deg, turn_deg: float = 0.0):
    """Slopes [2, y, x] and sector numbers of a pyramid whose sides face evenly around, tilts in turn."""
    middle = (size - 1) / 2.0
    y, x = np.mgrid[:size, :size] - middle
    count = len(tilts_deg)
    azimuth = np.degrees(np.arctan2(-y, x)) - turn_deg
    sector = np.round(azimuth / (360.0 / count)).astype(int) % count
    facing = np.radians(turn_deg + sector * 360.0 / count)
    fall = np.tan(np.radians(np.asarray(tilts_deg)))[sector]
    return np.stack([-fall * np.cos(facing), fall * np.sin(facing)]), sector


def frame_of(slope, sd: float, seed: int, *, noise=None, number: int = 0, line_s: float = 0.0, start_s: float = 0.0):
    """A surface frame whose slopes carry white noise."""
    random = np.random.default_rng(seed)
    noise = sd * random.standard_normal(slope.shape) if noise is None else noise
    rows = slope.shape[1]
    return SurfaceFrame(
        frame=number,
        time_s=start_s,
        row_time_s=start_s + line_s * np.arange(rows),
        height=np.zeros(slope.shape[1:], np.float32),
        slope=(slope + noise).astype(np.float32),
        slope_sd=np.full(slope.shape[1:], sd, np.float32),
        trust=np.full(slope.shape[1:], 100, np.uint8),
        drift=Drift((0.0, 0.0)),
    )


def facet_of(normal, u_rad: float, random=None, number: int = 1, scale: float = 0.0, pixels: int = 500) -> Facet:
    """A facet of this normal with isotropic noise of its direction, as measured when the slope scale is off."""
    true = slopes_of(np.asarray(normal, float))
    # Radially 1 + slope² as much, around the beam the root of that.
    covariance = u_rad**2 * (1.0 + true @ true) * (np.eye(2) + np.outer(true, true))
    noise = np.zeros(2) if random is None else np.linalg.cholesky(covariance) @ random.standard_normal(2)
    return Facet(number, (1.0 + scale) * true + noise, covariance, pixels, 1e4, (0.0, 0.0))
