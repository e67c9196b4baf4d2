"""Weighted least squares that leaves out outliers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

_ROUNDS, _OUTLIER = 6, 4.0
_NEIGHBOURS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Result of a fit.

    Attributes
    ----------
    solution : float64 [term]
    covariance : float64 [term, term]
        From the stated uncertainties of the values.
    misfit : float
        sqrt(chi²/dof) of the values that were used.
    growth : float
        By how much standard uncertainties exceed those of `covariance`: the misfit, where it is above 1, times the
        root of the number of neighbouring values that err together.
    kept : bool [value]
        Which values were used.
    """

    solution: F64
    covariance: F64
    misfit: float
    growth: float
    kept: NDArray[np.bool_]


def robust_fit(design: F64, values: F64, u: F64) -> Fit:
    """Fit `values = design @ solution`, values beyond four times the usual misfit left out.

    Parameters
    ----------
    design : float64 [value, term]
    values, u : float64 [value]
        In the order of their places, with standard uncertainties.
    """
    kept = np.ones(len(values), np.bool_)
    solution: F64 = np.zeros(design.shape[1])
    rest: F64 = np.zeros(len(values))
    extra = float(np.median(u)) ** 2
    for _ in range(_ROUNDS):
        # At first all values count much alike, so that outliers with a small u do not pull.
        weight = 1.0 / (u[kept] ** 2 + extra)
        weighted = design[kept] * weight[:, None]
        solution = np.asarray(np.linalg.solve(weighted.T @ design[kept], weighted.T @ values[kept]), np.float64)
        rest = np.asarray((values - design @ solution) / u, np.float64)
        kept = np.abs(rest) <= _OUTLIER * max(1.4826 * float(np.median(np.abs(rest[kept]))), 1.0)
        extra = 0.0
    covariance = np.linalg.inv(design[kept].T @ (design[kept] / u[kept, None] ** 2))
    misfit = float(np.sqrt((rest[kept] ** 2).sum() / max(int(kept.sum()) - len(solution), 1)))
    growth = max(misfit, 1.0) * _together(rest[kept])
    return Fit(np.asarray(solution), np.asarray(covariance), misfit, growth, kept)


def _together(rest: F64) -> float:
    """Root of the number of neighbours that err together: 1 + twice the sum of their correlations, at least 1."""
    power = float((rest**2).sum())
    if power == 0.0 or len(rest) <= _NEIGHBOURS:
        return 1.0
    shared = sum(float((rest[lag:] * rest[:-lag]).sum()) for lag in range(1, _NEIGHBOURS + 1)) / power
    return float(np.sqrt(max(1.0 + 2.0 * shared, 1.0)))
