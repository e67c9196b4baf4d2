"""The height along a line: sampled between pixels, read out in nm and degrees."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from eclips4d.viewer.picture import Grid

Line: TypeAlias = tuple[tuple[float, float], tuple[float, float]]
"""Start and end, (x, y) in nm on the registered grid, y downwards."""


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
    height: NDArray[np.float32], line: Line, grid: Grid, height_sd: NDArray[np.float32] | None = None
) -> Profile:
    """Sample a line about once per pixel, linearly between pixels.

    Parameters
    ----------
    height, height_sd : [y, x]
        nm.
    line : Line
        Start and end.
    grid : Grid
        Where the pixels lie.
    """
    (x0, y0), (x1, y1) = line
    (dx, dy), (ox, oy) = grid.pixel_size_nm, grid.origin_nm
    length = math.hypot(x1 - x0, y1 - y0)
    count = max(2, math.ceil(math.hypot((x1 - x0) / dx, (y1 - y0) / dy)) + 1)
    share = np.linspace(0.0, 1.0, count)
    places = np.stack([(y0 + share * (y1 - y0) - oy) / dy, (x0 + share * (x1 - x0) - ox) / dx])
    return Profile(share * length, _at(height, places), None if height_sd is None else _at(height_sd, places))


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


def _at(plane: NDArray[np.float32], places: NDArray[np.float64]) -> NDArray[np.float64]:
    # The border pixels reach half a pixel further out than their centres: hold their value there, not beyond.
    rows, columns = plane.shape
    inside = (np.abs(places[0] - (rows - 1) / 2) <= rows / 2) & (np.abs(places[1] - (columns - 1) / 2) <= columns / 2)
    held = np.stack([np.clip(places[0], 0, rows - 1), np.clip(places[1], 0, columns - 1)])
    # A cut-out around the line: converting a whole plane would cost more than sampling it.
    first = np.floor(held.min(axis=1)).astype(int)
    last = np.ceil(held.max(axis=1)).astype(int) + 1
    piece = plane[first[0] : last[0], first[1] : last[1]].astype(np.float64)
    values = map_coordinates(piece, held - first[:, None], order=1, mode="nearest")
    return np.asarray(np.where(inside, values, np.nan), dtype=np.float64)
