"""Where a profile is taken: places along a line, a polyline or across an edge, each averaged over a width."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.metrology.movie import Grid

F64 = NDArray[np.float64]
Line: TypeAlias = tuple[tuple[float, float], tuple[float, float]]
"""Start and end, (x, y) in nm on the registered grid, y downwards."""


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """Places at which a profile is read.

    Attributes
    ----------
    distance_nm : float64 [n]
        Evenly spaced, about one pixel apart.
    points_nm : float64 [n, m, 2]
        (x, y) of the m places that make one sample.
    along : float64 [n, m, 2]
        Unit vector (x, y) of the direction in which the distance grows, at each place.
    width_nm : float
        Over which samples are averaged across.
    """

    distance_nm: F64
    points_nm: F64
    along: F64
    width_nm: float

    @property
    def spacing_nm(self) -> float:
        """From sample to sample."""
        return float(self.distance_nm[1] - self.distance_nm[0])


def line_path(line: Line, grid: Grid, width_nm: float = 0.0) -> Path:
    """A straight line, averaged over a width across it.

    Raises
    ------
    InputError
        The line has no length.
    """
    return polyline_path(line, grid, width_nm)


def polyline_path(vertices: tuple[tuple[float, float], ...], grid: Grid, width_nm: float = 0.0) -> Path:
    """Straight lines from vertex to vertex; at a vertex the direction is that of the line that ends there.

    Raises
    ------
    InputError
        The polyline has no length.
    """
    corners = np.asarray(vertices, np.float64)
    legs = np.diff(corners, axis=0)
    lengths = np.hypot(*legs.T)
    if not (lengths.sum() > 0 and np.isfinite(lengths).all()):
        raise InputError("the line has no length", cure="give two different ends, x,y each, nm")
    corners, legs, lengths = corners[np.r_[True, lengths > 0]], legs[lengths > 0], lengths[lengths > 0]
    end = np.cumsum(lengths)
    pixels = float(np.hypot(*(legs / grid.pixel_size_nm).T).sum())
    distance = np.linspace(0.0, end[-1], max(2, math.ceil(pixels - 1e-6) + 1))
    leg = np.minimum(np.searchsorted(end, distance - 1e-9 * end[-1]), len(legs) - 1)
    unit = (legs / lengths[:, None])[leg]
    centre = corners[leg] + unit * (distance - (end - lengths)[leg])[:, None]
    return _widened(distance, centre, unit, grid, width_nm)


def across_edge(edge_nm: F64, grid: Grid, reach_nm: float) -> Path:
    """Across an edge, averaged along it: each place by its distance from the edge.

    Parameters
    ----------
    edge_nm : float64 [vertex, 2]
        The edge, (x, y) in nm on the registered grid, from vertex to vertex: straight between them, or so finely
        sampled that it is nearly so.
    grid : Grid
    reach_nm : float
        How far on either side, at most the radius at which the edge is bent. The distance of the result is 0 at the
        start, `reach_nm` on the edge, and grows to the edge's left when following it on the screen.

    Raises
    ------
    InputError
        The edge has no length.
    """
    ends = np.asarray(edge_nm, np.float64)
    legs = np.diff(ends, axis=0)
    lengths = np.hypot(*legs.T)
    if not lengths.sum() > 0:
        raise InputError("the edge has no length", cure="give at least two different vertices")
    step = min(grid.pixel_size_nm)
    at = np.concatenate([[0.0], np.cumsum(lengths)])
    m = max(1, round(at[-1] / step))
    place = (np.arange(m) + 0.5) * (at[-1] / m)
    base = np.column_stack([np.interp(place, at, ends[:, k]) for k in (0, 1)])
    # Tangents change evenly from the middle of a leg to the next, so that a polygon reads as the curve it stands for.
    middle, unit = 0.5 * (at[1:] + at[:-1]), legs / np.maximum(lengths, 1e-300)[:, None]
    tangent = np.column_stack([np.interp(place, middle, unit[:, k]) for k in (0, 1)])
    tangent /= np.hypot(*tangent.T)[:, None]
    normal = np.column_stack([tangent[:, 1], -tangent[:, 0]])
    n = 2 * max(1, math.ceil(reach_nm / step)) + 1
    distance = np.linspace(0.0, 2.0 * reach_nm, n)
    points = base[None] + (distance - reach_nm)[:, None, None] * normal[None]
    return Path(distance, points, np.broadcast_to(normal, points.shape), float(at[-1]))


def _widened(distance: F64, centre: F64, unit: F64, grid: Grid, width_nm: float) -> Path:
    # One place per pixel across, each standing for an equal part of the width.
    across = np.column_stack([-unit[:, 1], unit[:, 0]])
    step = float(1.0 / np.hypot(*(across[0] / grid.pixel_size_nm)))
    m = max(1, math.ceil(width_nm / step - 1e-6))
    aside = ((np.arange(m) + 0.5) / m - 0.5) * width_nm
    points = centre[:, None] + aside[None, :, None] * across[:, None]
    return Path(distance, points, np.broadcast_to(unit[:, None], points.shape), width_nm)
