"""The middle line of a straight step's riser, point by point, each at the time of its own row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from eclips4d.core.errors import InputError
from eclips4d.metrology.facets.lines import robust_fit
from eclips4d.metrology.movie import Grid, SurfaceFrame

F64 = NDArray[np.float64]

_BLOCK = 4
"""Points along a step, a pixel apart, that are joined to one: neighbours share the noise of interpolation."""
_COARSE, _FINE = 3, 3
_ENDS = 0.2
"""Share of the band on either side that counts as terrace."""
_LEAST_JUMP = 4.0
"""Height of the step over its standard uncertainty from which a point counts."""
_FEW = 5
_RISER = 0.15
"""Share of the largest slope that still belongs to the riser."""
_MARGIN_PX = 3


@dataclass(frozen=True, slots=True)
class Near:
    """Where a step is looked for.

    Attributes
    ----------
    start_nm, end_nm : (float, float)
        x, y, of the ends of a line near it.
    half_width_nm : float
        Of the band around the line; it must hold the riser and some terrace on both sides, in every frame.
    """

    start_nm: tuple[float, float]
    end_nm: tuple[float, float]
    half_width_nm: float

    @property
    def direction_rad(self) -> float:
        """On the screen, from start to end."""
        return float(np.arctan2(self.start_nm[1] - self.end_nm[1], self.end_nm[0] - self.start_nm[0]))

    @property
    def length_nm(self) -> float:
        """Of the line."""
        return float(np.hypot(self.end_nm[0] - self.start_nm[0], self.end_nm[1] - self.start_nm[1]))


@dataclass(frozen=True, slots=True, eq=False)
class EdgePoints:
    """Points of a step's middle line in one frame.

    Attributes
    ----------
    along, across : float64 [point]
        nm along the line near it and to its left as seen on the screen (counter-clockwise).
    u : float64 [point]
        Standard uncertainty of `across`, random part, nm.
    time_s : float64 [point]
        When the point was seen.
    common_u : float
        Standard uncertainty of `across` that all points of the frame share, nm: where the middle of their profile is.
    """

    along: F64
    across: F64
    u: F64
    time_s: F64
    common_u: float


@dataclass(frozen=True, slots=True, eq=False)
class _Band:
    """Slope across the step in blocks along a straight line, [block, across], its variance, where that line lies."""

    across: F64
    slope: F64
    variance: F64
    place: F64
    offset: F64


def edge_points(frame: SurfaceFrame, grid: Grid, near: Near) -> EdgePoints:
    """The middle line of a step in one frame, a point every four pixels.

    At first a point is the centroid of the slope across the step. Then every block along the step is laid over the
    median profile of all of them by least squares (shift, height of the slope, slope of the terraces), which only looks
    at the riser, so that particles on the terraces do not pull. The band is centred on the step again and again.

    Raises
    ------
    InputError
        No step stands out in the band.
    """
    pitch = float(np.sqrt(grid.pixel_size_nm[0] * grid.pixel_size_nm[1]))
    along = np.arange(0.0, near.length_nm + 0.5 * pitch, pitch)
    across = np.arange(-near.half_width_nm, near.half_width_nm + 0.5 * pitch, pitch)
    line = np.zeros(2)
    found = np.zeros((2, 0))
    place, common_u = np.zeros(0), 0.0
    for k in range(_COARSE + _FINE):
        band = _band(frame, grid, near, along, across, line)
        found, common_u = (_centroids(band), 0.0) if k < _COARSE else _shifts(band)
        good = np.isfinite(found).all(axis=0)
        if good.sum() < _FEW:
            raise InputError("no step stands out there", cure="place the line closer to it, or widen the band")
        found, place = found[:, good], band.place[good]
        reach = place - along.mean()
        line = robust_fit(np.column_stack([np.ones_like(reach), reach]), *found).solution
    y = _pixels(grid, near, place, found[0])[0]
    time = np.interp(y, np.arange(len(frame.row_time_s)), frame.row_time_s)
    return EdgePoints(place, found[0], found[1], time, common_u)


def _band(frame: SurfaceFrame, grid: Grid, near: Near, along: F64, across: F64, line: F64) -> _Band:
    offset = line[0] + line[1] * (along - along.mean())
    places = across[None, :] + offset[:, None]
    at = _pixels(grid, near, np.broadcast_to(along[:, None], places.shape), places)
    # To the left of the direction on the screen, on the array axes (y down).
    left = -np.sin(near.direction_rad), -np.cos(near.direction_rad)
    slope = left[0] * _sampled(frame.slope[0], at) + left[1] * _sampled(frame.slope[1], at)
    variance = _sampled(frame.slope_sd, at) ** 2 * max(grid.noise_correlation_px, 1.0) / _BLOCK
    return _Band(across, *map(_blocked, (slope, variance, along, offset)))


def _centroids(band: _Band) -> F64:
    """Middle of the riser across the line near the step and its standard uncertainty, nm, [2, block]; NaN: none."""
    across, noise = band.across, band.variance
    end = max(int(_ENDS * len(across)), 2)
    slope = band.slope - np.concatenate([band.slope[:, :end], band.slope[:, -end:]], axis=1).mean(axis=1)[:, None]
    jump = slope.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        off = (slope * across).sum(axis=1) / jump
        u = np.sqrt((noise * (across - off[:, None]) ** 2).sum(axis=1)) / np.abs(jump)
        weak = np.abs(jump) < _LEAST_JUMP * np.sqrt(noise.sum(axis=1) * (1.0 + len(across) / (2.0 * end)))
    lost = weak | ~np.isfinite(off) | (np.abs(off) > across[-1] / 2.0)
    return np.where(lost, np.nan, np.stack([band.offset + off, u]))


def _shifts(band: _Band) -> tuple[F64, float]:
    """The same by laying the median profile over every block, and the uncertainty of that profile's own middle."""
    seen: NDArray[np.bool_] = np.asarray(np.isfinite(band.slope).all(axis=1))
    profile: F64 = ndimage.gaussian_filter1d(np.median(band.slope[seen], axis=0), 0.7)
    profile = profile - float(np.median(profile))
    top = np.abs(profile[len(profile) // 4 : -len(profile) // 4]).max()
    riser = np.flatnonzero(np.abs(profile) > _RISER * top)
    riser = riser[np.abs(riser - len(profile) // 2) < len(profile) // 4]
    here = slice(max(riser.min() - _MARGIN_PX, 0), riser.max() + _MARGIN_PX + 1)
    across, shape = band.across[here], profile[here]
    middle = float((shape * across).sum() / shape.sum())
    design = np.column_stack([shape, -np.gradient(shape, across), np.ones_like(shape)])
    weight = 1.0 / np.maximum(band.variance[:, here].mean(axis=1), 1e-12)
    inverse = np.linalg.inv(design.T @ design)
    solved: F64 = inverse @ design.T @ np.where(seen[:, None], band.slope[:, here], 0.0).T
    height, moved = solved[0], solved[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        off, u = moved / height, np.sqrt(inverse[1, 1] / weight) / np.abs(height)
    lost = ~seen | np.asarray(height < 0.3) | np.asarray(np.abs(off) > np.ptp(across) / 2.0)
    # A median of many is as uncertain as a mean of two thirds of them.
    noise = np.pi / 2.0 / max(int(seen.sum()), 1) / float(np.asarray(weight)[seen].mean())
    common_u = float(np.sqrt(noise * ((across - middle) ** 2).sum()) / abs(shape.sum()))
    return np.where(lost, np.nan, np.stack([band.offset + middle + off, u])), common_u


def _blocked(values: F64) -> F64:
    count = len(values) // _BLOCK
    return np.asarray(values[: count * _BLOCK].reshape(count, _BLOCK, *values.shape[1:]).mean(axis=1))


def _sampled(plane: NDArray[np.float32], at: tuple[F64, F64]) -> F64:
    return np.asarray(ndimage.map_coordinates(plane, at, order=1, cval=np.nan), np.float64)


def _pixels(grid: Grid, near: Near, along: F64, across: F64) -> tuple[F64, F64]:
    """Rows and columns of places along and across (left on the screen) the line, nm."""
    cosine, sine = np.cos(near.direction_rad), np.sin(near.direction_rad)
    x = near.start_nm[0] + along * cosine - across * sine
    y = near.start_nm[1] - along * sine - across * cosine
    (dx, dy), (x0, y0) = grid.pixel_size_nm, grid.origin_nm
    return np.asarray((y - y0) / dy), np.asarray((x - x0) / dx)
