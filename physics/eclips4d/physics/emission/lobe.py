"""The directions of backscattered electrons as a polynomial, its fit to counts, and its separation into a law.

Direction, facet and beam meet in three cosines only: of the direction to the specimen's normal `a = cos θ`, of the
direction to the facet's normal `g`, and of the tilt `t`. The lobe is `g · P(a, g, t)`: Lambert's factor, times a
polynomial with coefficients c[i, j, k] of Legendre's polynomials on 0 … 1. It runs on smoothly below the facet's
horizon, where the law is cut off, and its azimuthal orders end at the highest power of g.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray

from eclips4d.physics.emission.law import EmissionLaw
from eclips4d.physics.emission.tally import AZIMUTH_CELLS, POLAR_CELLS, TILTS_DEG, facets

F64 = NDArray[np.float64]

DEGREES: Final = (3, 2, 3)
"""In cos θ, in the cosine to the facet's normal, in the cosine of the tilt."""
_STEEPEST_DEG = TILTS_DEG[-1]
_POINTS = 3
"""Per side of a cell, where the polynomial is averaged over it."""
_SMALLEST_TERM = 5e-3
"""Terms of a law are kept while they matter more than this, relative to the greatest."""
_BELOW = 3e-3
"""Weight of the wish for small values below the horizon, where nothing is counted; times the root of the electrons."""


class Fit(NamedTuple):
    """A fitted lobe.

    Attributes
    ----------
    coefficients : float64 [DEGREES + 1]
        Per steradian, relative to all that a flat spot emits.
    chi2
        Squared residual over the variance of counts, per degree of freedom; 1 where the fit is as good as the counts.
    residual
        Deviation of a cell from the lobe, in standard deviations of its count: 99.9th percentile.
    """

    coefficients: F64
    chi2: float
    residual: float


def lobe(coefficients: F64, cos_theta: F64, cos_facet: F64, cos_tilt: F64) -> F64:
    """The lobe where no horizon cuts it, per steradian; arguments broadcast."""
    a, g, t = np.broadcast_arrays(2.0 * cos_theta - 1.0, 2.0 * cos_facet - 1.0, 2.0 * cos_tilt - 1.0)
    return np.asarray(cos_facet * legendre.legval3d(a, g, t, coefficients))


def cosine_to_facet(cos_theta: F64, cos_tilt: float | F64, side: F64) -> F64:
    """Cosine between a direction and a facet's normal; `side` is the azimuth from the steepest ascent."""
    sines = np.sqrt((1.0 - cos_theta**2) * (1.0 - cos_tilt**2))
    return np.asarray(cos_theta * cos_tilt - sines * np.cos(side))


def fit_lobe(counts: F64, weighted: F64, electrons: int) -> Fit:
    """Least squares of the lobe to counted directions.

    Parameters
    ----------
    counts : float64 [T, POLAR_CELLS, AZIMUTH_CELLS]
        Electrons of each cell; their scatter weighs the cells.
    weighted : float64 [T, POLAR_CELLS, AZIMUTH_CELLS]
        What is fitted: the counts, or sums of energies above a threshold.
    electrons
        Paths traced.
    """
    matrix, below = _design()
    flat = weighted[0].sum()
    scale = np.broadcast_to(facets().per_tilt[:, None, None] * flat, counts.shape)
    seen = (matrix != 0.0).any(axis=-1)
    weight = weighted.sum() / counts.sum()
    expected = np.maximum(counts, 3.0)
    quiet = below * (_BELOW * np.sqrt(electrons))
    for _ in range(3):
        sd = weight * np.sqrt(expected[seen])
        rows, values = matrix[seen] * (scale[seen] / sd)[:, None], weighted[seen] / sd
        coefficients = _solve(np.concatenate([rows, quiet]), np.concatenate([values, np.zeros(len(quiet))]))
        expected = np.maximum((matrix @ coefficients) * scale / weight, 3.0)
    residual = rows @ coefficients - values
    shape = tuple(degree + 1 for degree in DEGREES)
    return Fit(
        coefficients.reshape(shape),
        float((residual**2).sum() / (len(values) - len(coefficients))),
        float(np.quantile(np.abs(residual), 0.999)),
    )


def law_of(name: str, coefficients: F64, yield_flat: float) -> EmissionLaw:
    """Separate a lobe into few terms by singular values, order by azimuthal order."""
    theta = np.radians(np.arange(0.0, 90.01, 0.5))
    tilt = np.radians(np.arange(0.0, _STEEPEST_DEG + 0.01, 1.0))
    orders = _orders(coefficients, theta, tilt)
    weight = np.sqrt(np.sin(theta) + 1e-2)
    parts = [np.linalg.svd(weight[:, None] * values, full_matrices=False) for values in orders]
    greatest = max(part[1][0] for part in parts)
    order, polar, amplitude = [], [], []
    for m, (left, strength, right) in enumerate(parts):
        for j in range(int((strength > _SMALLEST_TERM * greatest).sum())):
            order.append(m)
            polar.append(left[:, j] * strength[j] / weight)
            amplitude.append(right[j] if m == 0 else np.where(tilt == 0.0, 0.0, right[j]))
    return EmissionLaw(name, np.array(order), theta, np.array(polar), tilt, np.array(amplitude), yield_flat)


def _orders(coefficients: F64, theta: F64, tilt: F64) -> F64:
    """Fourier coefficients of the lobe over azimuth, [order, theta, tilt]: exact, for its orders end."""
    turn = np.linspace(0.0, 2.0 * np.pi, 2 * DEGREES[1] + 6, endpoint=False)
    a, t = np.cos(theta)[:, None, None], np.cos(tilt)[None, :, None]
    values = lobe(coefficients, a, cosine_to_facet(a, t, turn), t)
    spectrum = np.fft.rfft(values, axis=-1).real / len(turn)
    spectrum[..., 1:] *= 2.0
    return np.moveaxis(spectrum[..., : DEGREES[1] + 2], -1, 0)


def _solve(matrix: F64, values: F64) -> F64:
    """Least squares by normal equations: Legendre's polynomials are close enough to orthogonal."""
    return np.asarray(np.linalg.solve(matrix.T @ matrix, matrix.T @ values))


@lru_cache(maxsize=1)
def _design() -> tuple[F64, F64]:
    """Integral over every cell, above the horizon, of every polynomial; and the polynomials at places below it."""
    theta = (np.arange(POLAR_CELLS * _POINTS) + 0.5) * (0.5 * np.pi / (POLAR_CELLS * _POINTS))
    side = np.linspace(0.0, np.pi, AZIMUTH_CELLS * _POINTS, endpoint=False) + 0.5 * np.pi / (AZIMUTH_CELLS * _POINTS)
    solid = 2.0 * np.sin(theta)[:, None] * (theta[1] - theta[0]) * (side[1] - side[0])
    shape = (POLAR_CELLS, _POINTS, AZIMUTH_CELLS, _POINTS, -1)
    cells, below = [], []
    for tilt in np.radians(np.array(TILTS_DEG)):
        a = np.broadcast_to(np.cos(theta)[:, None], (len(theta), len(side)))
        g = cosine_to_facet(a, float(np.cos(tilt)), side)
        t = np.full_like(a, np.cos(tilt))
        basis = legendre.legvander3d(2.0 * a - 1.0, 2.0 * g - 1.0, 2.0 * t - 1.0, DEGREES) * g[..., None]
        cells.append((basis * (solid * (g > 0.0))[..., None]).reshape(shape).sum(axis=(1, 3)))
        below.append(basis[g < 0.0][::37])
    return np.stack(cells), np.concatenate(below)
