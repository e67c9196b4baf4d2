"""Least squares of an artefact's signals, and what its Jacobian says about what they fix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from eclips4d.core.errors import InputError
from eclips4d.physics.calibration.cells import Cells
from eclips4d.physics.calibration.contrast import ContrastLaw, FacetShape
from eclips4d.physics.calibration.parameters import Parameters, Prior, from_vector, predicted

F64 = NDArray[np.float64]

_HUBER = 3.0
"""Residuals beyond as many sd count less: dirt, and edges that were not masked."""
_LAW, _FLAT = 2e-3, 1e-6
"""Sd, over the flat signal, of what a law of so few numbers leaves out on a facet; on a flat spot it leaves nothing."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Parameters, their covariance, and how well the artefact's signals are met.

    Attributes
    ----------
    covariance : float64 [P, P]
        Of `Parameters.vector`, scaled up where the residuals exceed their sd.
    data_information : float64 [P, P]
        Fisher information of the artefact alone, without what was known beforehand.
    residual : float64 [M, n]
        Measured minus predicted over the signal of a flat spot.
    reduced_chi2 : float
        Weighted; 1 when the stated noise is all there is.
    """

    parameters: Parameters
    covariance: F64
    data_information: F64
    prior: Prior
    cells: Cells
    residual: F64
    reduced_chi2: float

    @property
    def rms(self) -> float:
        """Rms residual over the flat signal."""
        return float(np.sqrt(np.mean(self.residual**2)))


def fit_cells(cells: Cells, shape: FacetShape, before: Prior) -> Fit:
    """Fit all parameters at once; robust against a few places that are not what they should be.

    Raises
    ------
    InputError
        Fewer measured signals than segments times three: nothing can be fitted.
    """
    if len(cells) < 3:
        raise InputError(
            "the artefact shows fewer than three different slopes", cure="image an artefact with faces all around"
        )
    start = _start(cells, shape, before)
    whiten = _whitening(cells, from_vector(start))

    def misfit(vector: F64) -> F64:
        difference = cells.signal - predicted(from_vector(vector), cells, shape)
        return np.asarray(np.einsum("mij,mj->mi", whiten, difference).ravel())

    def residuals(vector: F64) -> F64:
        return np.concatenate([_soft(misfit(vector)), (vector - before.mean) / before.sd])

    found = least_squares(residuals, start, x_scale=np.minimum(before.sd, 0.3), method="trf", max_nfev=200)
    jacobian = _jacobian(misfit, found.x, before)
    information, known = jacobian.T @ jacobian, np.diag(before.sd**-2.0)
    # Numbers that the data determine, not those that were known: the trace of the hat matrix.
    fitted = float(np.trace(np.linalg.solve(information + known, information)))
    chi2 = float((_soft(misfit(found.x)) ** 2).sum())
    reduced = chi2 / max(cells.signal.size - fitted, 1.0)
    # Places that scatter less than stated do not make the law any better: uncertainties only grow.
    information /= max(reduced, 1.0)
    covariance = np.asarray(np.linalg.inv(information + known), dtype=np.float64)
    parameters = from_vector(found.x)
    residual = (cells.signal - predicted(parameters, cells, shape)) / parameters.level
    return Fit(parameters, covariance, information, before, cells, residual, reduced)


def _start(cells: Cells, shape: FacetShape, before: Prior) -> F64:
    """From straight lines of every segment's signal over the slope, or from the prior where they make no sense."""
    n = cells.signal.shape[1]
    gentle = cells.tilt < np.radians(35.0)
    chosen = gentle if gentle.sum() > 4 else np.ones(len(cells), bool)
    design = np.column_stack([np.ones(int(chosen.sum())), cells.slope[chosen]])
    root = np.sqrt(cells.pixels[chosen] / cells.pixels[chosen].mean())[:, None]
    lines, *_ = np.linalg.lstsq(design * root, cells.signal[chosen] * root, rcond=None)
    level = np.maximum(lines[0], 0.2 * cells.signal.mean(axis=0))
    nominal = shape.linear  # [2, n]: contrast over flat
    # Positive slope along the segment's azimuth lowers its signal.
    complex_found = -(lines[1] + 1j * lines[2])
    complex_nominal = nominal[0] + 1j * nominal[1]
    turn = -np.angle(complex_found / np.where(np.abs(complex_nominal) > 0, complex_nominal, 1.0))
    scale = np.exp(before.mean[3 * n])
    gain = np.abs(complex_found) / np.maximum(np.abs(complex_nominal), 1e-9) / scale
    gain_mean, gain_sd = before.mean[n : 2 * n], before.sd[n : 2 * n]
    if (gain_sd < 0.3).all():
        scale *= float(np.exp(np.mean(np.log(np.maximum(gain / level, 1e-3)) - gain_mean)))
        gain = level * np.exp(gain_mean)
    limit = np.radians(60.0)
    start = Parameters(
        level, np.clip(gain, 1e-2 * level, 10 * level), np.clip(turn, -limit, limit), ContrastLaw(scale, -0.2)
    )
    return start.vector()


def _whitening(cells: Cells, at: Parameters) -> F64:
    """Inverse Cholesky factors of the noise of every place's n signals, float64 [M, n, n]."""
    above = np.maximum(cells.signal - at.dark, 0.05 * at.level)
    covariance = cells.common[:, None, None] ** 2 * above[:, :, None] * above[:, None, :]
    index = np.arange(cells.signal.shape[1])
    covariance[:, index, index] += cells.sd**2 + (_law_sd(cells) * at.level) ** 2
    return np.asarray(np.linalg.inv(np.linalg.cholesky(covariance)))


def _law_sd(cells: Cells) -> F64:
    x = np.sin(cells.tilt)[:, None] ** 2
    return np.asarray(_FLAT + _LAW * np.minimum(x / 0.15, 1.0))


def _soft(values: F64) -> F64:
    """Huber's loss as a residual: its square grows only linearly beyond the limit."""
    size = np.abs(values)
    beyond = np.sqrt(2.0 * _HUBER * size - _HUBER**2, where=size > _HUBER, out=size.copy())
    return np.asarray(np.sign(values) * beyond)


def _jacobian(function: object, at: F64, before: Prior) -> F64:
    """Central differences."""
    assert callable(function)
    step = np.minimum(1e-4, 0.1 * before.sd)
    columns = [(function(at + d) - function(at - d)) / (2.0 * s) for d, s in zip(np.diag(step), step, strict=True)]
    return np.column_stack(columns)
