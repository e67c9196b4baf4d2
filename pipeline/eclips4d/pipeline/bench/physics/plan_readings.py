"""What an evaluation reads off inverted frames: heights of steps, angles of facets, places of edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from eclips4d.physics.limits.edge_motion import TEN_TO_NINETY

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

SIZE, LINES, SPACING, FACET = 256, 32, 32, 16
"""Pixels: of a frame's side, along an edge, between edges, of a facet's side."""
EDGE_PX = 3.0
"""From 10 % to 90 % of an edge's rise."""
_WINDOW, _ITERATIONS = 9, 6


def edge_profile(x: F64, places: F64) -> F64:
    """Heights at `x` (columns) of edges that rise and fall by 1 in turn."""
    sigma = EDGE_PX / TEN_TO_NINETY
    signs = np.where(np.arange(len(places)) % 2 == 0, 1.0, -1.0)
    return np.asarray((signs[:, None] * _rise((x - places[:, None]) / sigma)).sum(axis=0))


def edge_centres(shift_px: float) -> F64:
    """Columns of the edges."""
    return np.asarray(np.arange(SPACING / 2.0, SIZE, SPACING) + shift_px)


def levelled_mean_square(height: F32) -> float:
    """Mean square of a height [y, x] after its best plane is taken off."""
    y, x = (np.arange(count) - (count - 1) / 2.0 for count in height.shape)
    rest = height.astype(np.float64) - height.mean()
    rest -= (rest * x).sum() / (len(y) * (x @ x)) * x + ((rest.T * y).sum() / (len(x) * (y @ y)) * y)[:, None]
    return float((rest**2).mean())


def facet_angles(slope: F32) -> F64:
    """Inclination of every square facet from its mean slope, degrees, [facets]."""
    blocks = slope.astype(np.float64).reshape(2, SIZE // FACET, FACET, SIZE // FACET, FACET).mean(axis=(2, 4))
    return np.asarray(np.degrees(np.arctan(np.hypot(*blocks)))).ravel()


def step_heights(height: F32, shift_px: float) -> F64:
    """Height of every piece of every edge, one edge width outside its middle on either side, [pieces, edges]."""
    lines = height.astype(np.float64).reshape(SIZE // LINES, LINES, SIZE).mean(axis=1)
    middle = np.rint(edge_centres(shift_px)).astype(int)
    return np.asarray(lines[:, middle + round(EDGE_PX)] - lines[:, middle - round(EDGE_PX)])


def edge_places(slope_x: F32, shift_px: float) -> F64:
    """Place of every piece of every edge, relative to the true one, px, [pieces, edges].

    Least squares of place and height for the known shape of an edge, by Gauss-Newton from the nearest pixel.
    """
    lines = slope_x.astype(np.float64).reshape(SIZE // LINES, LINES, SIZE).mean(axis=1)
    true = edge_centres(shift_px)
    return np.array([[_place(line, place) - place for place in true] for line in lines])


def line_slopes(places: F64) -> F64:
    """Slope of the straight line through the places of successive frames, [series, frames, …] to [series, …]."""
    t = np.arange(places.shape[1]) - (places.shape[1] - 1) / 2.0
    return np.asarray(np.tensordot(places, t, axes=(1, 0)) / (t @ t))


def _place(line: F64, near: float) -> float:
    start = int(np.rint(near)) - _WINDOW
    x = np.arange(start, start + 2 * _WINDOW + 1)
    seen, place, sigma = line[x], float(np.rint(near)), EDGE_PX / TEN_TO_NINETY
    for _ in range(_ITERATIONS):
        borders = np.asarray((x - place) / sigma, dtype=np.float64)
        left, right = borders - 0.5 / sigma, borders + 0.5 / sigma
        shape = _rise(right) - _rise(left)
        moved = (np.exp(-(left**2) / 2.0) - np.exp(-(right**2) / 2.0)) / (sigma * np.sqrt(2.0 * np.pi))
        height, change = np.linalg.lstsq(np.column_stack([shape, moved]), seen, rcond=None)[0]
        place += float(np.clip(change / height, -1.0, 1.0))
    return place


def _rise(t: F64) -> F64:
    return np.asarray(0.5 + 0.5 * erf(t / np.sqrt(2.0)))
