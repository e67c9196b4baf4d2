"""How wide the edges between an indent's faces come out: an error function through all slopes across each ridge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.special import erf

from eclips4d.physics.calibration.pyramid import Pyramid

F64 = NDArray[np.float64]
Index = NDArray[np.intp]

SIGMAS_10_90 = 2.5631
"""Distance over which an error function rises from 10 to 90 %, in its sigma."""
_ALONG, _ACROSS_PX = (0.35, 1.1), 14.0
"""Part of a ridge that is used, in distances from apex to rim; how far to its sides."""


@dataclass(frozen=True, slots=True)
class Ridge:
    """Pixels beside one ridge.

    Attributes
    ----------
    rows, columns : int [m]
        Their places.
    along, across : float64 [m]
        From the apex, 1 at the ridge's end; from the ridge, px.
    normal : float64 [2]
        Across the ridge, array axes.
    """

    rows: Index
    columns: Index
    along: F64
    across: F64
    normal: F64


def ridges(pyramid: Pyramid, shape: tuple[int, int], aspect: float) -> tuple[Ridge, ...]:
    """The four of a pyramid that no edge of the image cuts."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    right, up = x - pyramid.column, -(y - pyramid.row) * aspect
    low, high = (part * pyramid.rim for part in _ALONG)
    found = []
    for azimuth in pyramid.azimuths + np.pi / 4.0:
        cos, sin = np.cos(azimuth), np.sin(azimuth)
        along, across = right * cos + up * sin, up * cos - right * sin
        near = (along > low) & (along < high) & (np.abs(across) < _ACROSS_PX)
        rows, columns = np.nonzero(near)
        found.append(Ridge(rows, columns, along[near] / high, across[near], np.array([-sin, -cos])))
    return tuple(found)


def edge_sigma(slope: NDArray[np.floating], edges: Sequence[Ridge]) -> float:
    """Sigma of the slope's rise across the ridges, px, median of them; a ridge may lie askew and bend a little."""
    found = [
        _sigma(ridge.normal @ np.asarray(slope[:, ridge.rows, ridge.columns], np.float64), ridge.along, ridge.across)
        for ridge in edges
    ]
    return float(np.median(found))


def _sigma(values: F64, along: F64, across: F64) -> float:
    half = _ACROSS_PX / 2.0
    sides = np.median(values[across > half]) - np.median(values[across < -half])

    def misfit(v: F64) -> F64:
        middle = v[3] + v[4] * along + v[5] * along**2
        return np.asarray(v[0] + v[1] * erf((across - middle) / (np.sqrt(2.0) * np.abs(v[2]))) - values)

    start = np.array([np.median(values), sides / 2.0, 1.0, 0.0, 0.0, 0.0])
    scale = 1.4826 * float(np.median(np.abs(misfit(start))))
    found = least_squares(misfit, start, loss="soft_l1", f_scale=max(scale, 1e-6))
    return float(abs(found.x[2]))
