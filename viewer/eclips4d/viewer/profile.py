"""The height along a line: sampled between pixels at the places that metrology reads, told in nm and degrees."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.movie import Grid as MeasuredGrid
from eclips4d.metrology.profiles.path import Line, line_path
from eclips4d.viewer.picture import Grid

__all__ = ["Line", "Profile", "ReadOut", "read_out", "sample"]


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Height over the distance from the line's start, all nm; NaN outside the field and where nothing was seen."""

    distance_nm: NDArray[np.float64]
    height_nm: NDArray[np.float64]
    sd_nm: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True)
class ReadOut:
    """What the line measures, from its two ends.

    `height_nm` is end minus start, `height_u_nm` the standard deviation of its random part if both ends' are known,
    independent at the two ends; `angle_deg` the mean slope angle, positive uphill. `scale_u` is the relative standard
    uncertainty of the slope scale, which height and slope share: it multiplies both alike.
    """

    length_nm: float
    height_nm: float
    height_u_nm: float
    angle_deg: float
    angle_u_deg: float
    scale_u: float = 0.0


def sample(
    height: NDArray[np.float32],
    line: Line,
    grid: Grid,
    height_sd: NDArray[np.float32] | None = None,
    width_nm: float = 0.0,
) -> Profile:
    """Sample a line about once per pixel, linearly between pixels: what is drawn shows no more than the pixels do.

    Parameters
    ----------
    height, height_sd : [y, x]
        nm.
    line : Line
        Start and end.
    grid : Grid
        Where the pixels lie.
    width_nm : float
        Over which is averaged across the line. Heights beside each other err together, so the mean's standard
        deviation is taken to be no smaller than the usual one of those averaged.
    """
    distance, places = _places(line, grid, width_nm)
    return Profile(distance, _across(height, places), None if height_sd is None else _across(height_sd, places))


@lru_cache(maxsize=32)
def _places(line: Line, grid: Grid, width_nm: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distances [n] and, in pixels, rows and columns [2, n, m]: the same for all frames."""
    (dx, dy), (ox, oy) = grid.pixel_size_nm, grid.origin_nm
    if line[0] == line[1]:
        distance, points = np.zeros(2), np.array(line)[:, None]
    else:
        path = line_path(line, MeasuredGrid(grid.pixel_size_nm, grid.origin_nm), width_nm)
        distance, points = path.distance_nm, path.points_nm
    return distance, np.stack([(points[..., 1] - oy) / dy, (points[..., 0] - ox) / dx])


def read_out(profile: Profile, scale_u: float = 0.0) -> ReadOut:
    """Length, height difference and mean slope angle of a profile; NaN when an end has no height."""
    length = float(profile.distance_nm[-1])
    rise = float(profile.height_nm[-1] - profile.height_nm[0])
    sd = profile.sd_nm
    rise_u = math.nan if sd is None else float(math.hypot(sd[0], sd[-1]))
    if not length > 0:
        return ReadOut(0.0, rise, rise_u, math.nan, math.nan, scale_u)
    angle_u = math.degrees(rise_u / length / (1 + (rise / length) ** 2))
    return ReadOut(length, rise, rise_u, math.degrees(math.atan2(rise, length)), angle_u, scale_u)


def _across(plane: NDArray[np.float32], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means over the width, [n], where at least half of it was seen; places are [row or column, n, m]."""
    n, m = places.shape[1:]
    values = _at(plane, places.reshape(2, -1)).reshape(n, m)
    if m == 1:
        return values[:, 0]
    seen = np.isfinite(values)
    count = seen.sum(axis=1)
    total = np.where(seen, values, 0.0).sum(axis=1)
    return np.asarray(np.where(2 * count >= m, total / np.maximum(count, 1), np.nan), np.float64)


def _at(plane: NDArray[np.float32], places: NDArray[np.float64]) -> NDArray[np.float64]:
    # The border pixels reach half a pixel further out than their centres: hold their value there, not beyond.
    rows, columns = plane.shape
    inside = (np.abs(places[0] - (rows - 1) / 2) <= rows / 2) & (np.abs(places[1] - (columns - 1) / 2) <= columns / 2)
    held = np.stack([np.clip(places[0], 0, rows - 1), np.clip(places[1], 0, columns - 1)])
    # Written out: scipy.ndimage would keep the window from opening for a third of a second.
    row, below = _corner(held[0], rows)
    column, right = _corner(held[1], columns)
    top = (1.0 - right) * plane[row, column] + right * plane[row, np.minimum(column + 1, columns - 1)]
    row = np.minimum(row + 1, rows - 1)
    bottom = (1.0 - right) * plane[row, column] + right * plane[row, np.minimum(column + 1, columns - 1)]
    return np.asarray(np.where(inside, (1.0 - below) * top + below * bottom, np.nan), dtype=np.float64)


def _corner(places: NDArray[np.float64], count: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The pixel at or before each place, and how far beyond it the place lies."""
    first = np.minimum(np.floor(places).astype(np.int64), count - 1)
    return first, places - first
