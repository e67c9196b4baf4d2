"""Least squares over all pixel borders: by one cosine transform, or weighted with the slopes' own variances."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.integrate import integrate
from eclips4d.pipeline.bench.networks.integration import borders
from eclips4d.pipeline.bench.networks.integration.slopes import Slopes

F64 = NDArray[np.float64]


def least_squares(slopes: Slopes, *, trusted: bool = True) -> F64:
    """What the classical model does (`eclips4d.inference.integrate`), nm [y, x].

    Parameters
    ----------
    trusted
        Untrusted pixels are filled from their nearest neighbour; else only gaps are.
    """
    return integrate(slopes.filled(trusted=trusted).astype(np.float32), slopes.pixel_nm).astype(np.float64)


def weighted_least_squares(slopes: Slopes, *, weighting: borders.Weighting = "border", trusted: bool = True) -> F64:
    """Borders weighted by one over their variance, gaps not at all; converged to 1e-6, nm [y, x].

    Parameters
    ----------
    weighting, trusted
        See `borders.measured`.
    """
    target, weight = borders.measured(slopes, weighting, trusted=trusted)
    return borders.least_squares_height(target, weight, slopes.pixel_nm)
