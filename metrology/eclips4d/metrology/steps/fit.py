"""All steps of a profile at once: humps of slope on a background that bends slowly, by least squares.

Model of the slope at sample s: sum over steps of height · g((s - position) / sd) / sd, g being the Gaussian of unit
area, plus a piecewise linear background. Positions, heights and widths are found together, so that steps that overlap
do not draw each other. Their covariance is that of least squares; where the model fits worse than the noise allows,
because risers are no Gaussians and terraces not flat, it grows with chi² around the step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.steps.fit_kernel import fit, laid_out, misfits, normal_equations, ranks, variances

F64 = NDArray[np.float64]

KNOTS_APART = 40.0
"""Samples between the knots of the background."""
NARROWEST, BROADEST = 0.5, 12.0
"""Of a hump's standard deviation, samples."""
NEAR = 4.0
"""Residuals within so many standard deviations of a step tell how well the model fits it."""
ITERATIONS = 30
DONE = 2e-3
"""Samples by which nothing moves any more."""


@dataclass(frozen=True, slots=True, eq=False)
class HumpFit:
    """Humps of slope on a profile, in samples and slopes; [k] each.

    Attributes
    ----------
    place, area, sd : float64 [k]
        Samples, slope times samples, samples.
    place_u, area_u : float64 [k]
        Standard uncertainties.
    humps : float64 [n, k]
        Without background.
    background : float64 [n]
    knots : int
        Of the background.
    misfit : float64 [k]
        sqrt(chi²) per degree of freedom around each step, at least 1.
    """

    place: F64
    area: F64
    sd: F64
    place_u: F64
    area_u: F64
    humps: F64
    background: F64
    knots: int
    misfit: F64

    @property
    def model(self) -> F64:
        """Sum of the humps, float64 [n]."""
        return np.asarray(self.humps.sum(axis=1), np.float64)


def fit_humps(slope: F64, sd: F64, place: F64, area: F64, width: F64) -> HumpFit:
    """Least squares from a first guess.

    Parameters
    ----------
    slope, sd : float64 [n]
        Where either is NaN nothing was seen.
    place, area, width : float64 [k]
        First guess.
    """
    y, w = _weighted(slope, sd)
    knots = max(2, round(slope.size / KNOTS_APART) + 1)
    level = np.full(knots, np.nanmedian(slope))
    guess = np.concatenate([place, area, np.log(np.clip(width, NARROWEST, BROADEST)), level])
    theta = fit(y, w, guess, place.size, NARROWEST, BROADEST, ITERATIONS, DONE)
    return _result(theta, place.size, y, w)


def amplitudes(values: F64, sd: F64, fit: HumpFit) -> tuple[F64, F64]:
    """Areas of humps at the same places in another profile, such as the slope across, and their uncertainties."""
    k = fit.place.size
    y, w = _weighted(values, sd)
    basis = np.hstack([fit.humps / fit.area, _hats(values.size, fit.knots)]) * w[:, None]
    covariance = _inverse(basis.T @ basis)
    found = covariance @ (basis.T @ (y * w))
    return found[:k], np.sqrt(np.maximum(np.diag(covariance)[:k], 0.0)) * fit.misfit


def _weighted(values: F64, sd: F64) -> tuple[F64, F64]:
    seen = np.isfinite(values + sd)
    return np.where(seen, values, 0.0), np.where(seen, 1.0 / np.where(seen, sd, 1.0), 0.0)


def _inverse(matrix: F64) -> F64:
    """Of a symmetric matrix; where something is not determined at all, of the rest."""
    try:
        inverse = np.asarray(np.linalg.inv(matrix), np.float64)
    except np.linalg.LinAlgError:
        inverse = np.zeros_like(matrix)
    sound = bool((np.diag(inverse) > 0.0).all())
    return inverse if sound else np.asarray(np.linalg.pinv(matrix, hermitian=True), np.float64)


def _undetermined(y: F64, w: F64, theta: F64, k: int) -> F64:
    """Variances of places and areas, [2 k], when something is not determined: of the rest."""
    rank, matrix = ranks(theta, k, y.size), np.zeros((theta.size, theta.size))
    normal_equations(y, w, theta, k, rank, matrix, np.zeros(theta.size))
    whole = matrix + np.tril(matrix, -1).T
    return np.asarray(np.diag(np.linalg.pinv(whole, hermitian=True))[rank[: 2 * k]], np.float64)


def _result(theta: F64, k: int, y: F64, w: F64) -> HumpFit:
    place, area, sd, level = theta[:k], theta[k : 2 * k], np.exp(theta[2 * k : 3 * k]), theta[3 * k :]
    variance = variances(y, w, theta, k)
    u = np.sqrt(np.maximum(variance if variance.size else _undetermined(y, w, theta, k), 0.0))
    humps = laid_out(theta, k, y.size)
    background = np.interp(np.arange(y.size), np.linspace(0.0, y.size - 1.0, level.size), level)
    residual = (y - humps.sum(axis=1) - background) * w
    misfit = misfits(residual, w, place, NEAR * sd + 2.0)
    return HumpFit(place, area, sd, u[:k] * misfit, u[k : 2 * k] * misfit, humps, background, level.size, misfit)


def _hats(samples: int, knots: int) -> F64:
    """Basis of the background, [n, b]."""
    at = np.arange(samples) * (knots - 1.0) / (samples - 1.0)
    return np.asarray(np.maximum(0.0, 1.0 - np.abs(at[:, None] - np.arange(knots))), np.float64)
