"""Global least squares as a matrix equation: derivatives are matrices, the height solves a Sylvester equation.

M. Harker and P. O'Leary, CVPR (2008), and J. Math. Imaging Vis. 51, 46 (2015), arXiv 1308.4292. With derivative
matrices `Dy`, `Dx` and weights that are a row's times a column's, `|Wy½ (Dy Z − Q) Wx½|² + |Wy½ (Z Dxᵀ − P) Wx½|²` is
least where a Sylvester equation in `Wy½ Z Wx½` holds. Both its matrices are symmetric, so their eigenvectors solve it;
Tikhonov terms of any degree add to them, and a spectral solution keeps the smoothest cosines only.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from eclips4d.pipeline.bench.networks.integration.slopes import Slopes

F64 = NDArray[np.float64]
Degree = Literal[0, 1, 2]

_NULL = 1e-9
"""Eigenvalue over the largest one below which nothing is known of a mode: the mean height."""


def harker_oleary(
    slopes: Slopes,
    *,
    points: int = 3,
    degree: Degree = 0,
    strength: float = 0.0,
    kept: float = 1.0,
    weighted: bool = False,
) -> F64:
    """Height of zero mean, nm [y, x].

    Parameters
    ----------
    points
        Of the local polynomials whose derivatives are the matrices' rows; odd.
    degree, strength
        Tikhonov's term: strength² times the squared derivative of this degree, in pixels.
    kept
        Share of the cosines along either axis from which the surface is made up.
    weighted
        Weights: the product of a row's and a column's mean of 1/variance; else none.
    """
    p, q = slopes.filled()
    (rows, columns), (dx, dy) = slopes.shape, slopes.pixel_nm
    along, across = _separable_weights(slopes) if weighted else (np.ones(rows), np.ones(columns))
    root_y, root_x = np.sqrt(along), np.sqrt(across)
    dz_y, dz_x = _derivative(rows, points) / dy, _derivative(columns, points) / dx
    # In the variable Y = Wy½ Z Wx½ a derivative is Wy½ Dy Wy⁻½.
    own_y = root_y[:, None] * dz_y / root_y
    own_x = root_x[:, None] * dz_x / root_x
    basis_y, basis_x = _cosines(rows, kept) if kept < 1.0 else None, _cosines(columns, kept) if kept < 1.0 else None
    weighted_p, weighted_q = (root_y[:, None] * v * root_x for v in (p, q))
    right = own_y.T @ weighted_q + weighted_p @ own_x
    rough_y, rough_x = (
        strength / dy * _differences(rows, degree) / root_y,
        strength / dx * _differences(columns, degree) / root_x,
    )
    normal_y, normal_x = own_y.T @ own_y + rough_y.T @ rough_y, own_x.T @ own_x + rough_x.T @ rough_x
    height = _sylvester(normal_y, normal_x, right, basis_y, basis_x) / root_y[:, None] / root_x
    return np.asarray(height - height.mean())


def _sylvester(a: F64, b: F64, right: F64, basis_a: F64 | None, basis_b: F64 | None) -> F64:
    """Y with `a Y + Y b = right`, both symmetric, in the span of the bases; modes about which nothing is said are 0."""
    a = a if basis_a is None else basis_a.T @ a @ basis_a
    b = b if basis_b is None else basis_b.T @ b @ basis_b
    along, modes_a = np.linalg.eigh(a)
    across, modes_b = np.linalg.eigh(b)
    modes_a = modes_a if basis_a is None else basis_a @ modes_a
    modes_b = modes_b if basis_b is None else basis_b @ modes_b
    total = along[:, None] + across
    known = total > _NULL * total[-1, -1]
    spectrum = np.where(known, modes_a.T @ right @ modes_b / np.where(known, total, 1.0), 0.0)
    return np.asarray(modes_a @ spectrum @ modes_b.T)


@lru_cache(maxsize=16)
def _derivative(count: int, points: int) -> F64:
    """Per pixel: derivative of the polynomial through the nearest `points` samples, one-sided at the ends."""
    out = np.zeros((count, count))
    for row in range(count):
        first = min(max(row - points // 2, 0), count - points)
        offsets = np.arange(first, first + points) - row
        powers = np.vander(offsets, points, increasing=True)
        out[row, first : first + points] = np.linalg.inv(powers)[1]
    return out


@lru_cache(maxsize=16)
def _differences(count: int, degree: Degree) -> F64:
    """Difference matrix of this degree; the identity for 0."""
    out = np.eye(count)
    for _ in range(degree):
        out = np.diff(out, axis=0)
    return out


@lru_cache(maxsize=16)
def _cosines(count: int, kept: float) -> F64:
    """The smoothest orthonormal cosines, [count, kept·count]."""
    inverse = scipy.fft.idct(np.eye(count), type=2, norm="ortho", axis=0)
    return np.asarray(inverse[:, : max(2, round(kept * count))])


def _separable_weights(slopes: Slopes) -> tuple[F64, F64]:
    """A row's and a column's weight, whose product is nearest to 1/variance: means of it along the other axis."""
    good = slopes.valid & slopes.known()
    weight = np.where(good, slopes.unit**2 / np.where(good, slopes.slope_sd, 1.0) ** 2, 0.0)
    floor = 1e-3 * weight.mean()
    along, across = np.maximum(weight.mean(axis=1), floor), np.maximum(weight.mean(axis=0), floor)
    return along, across / weight.mean()
