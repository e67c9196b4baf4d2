"""Draws of what is uncertain: normal, in layers, so that few of them have the spread that was asked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, qmc

F64 = NDArray[np.float64]


def normal_draws(count: int, dimensions: int, seed: int) -> F64:
    """Independent standard normal numbers, one in each of `count` equally probable layers per dimension.

    Returns
    -------
    float64 [count, dimensions]
        Of mean 0, standard deviation 1 and no correlation between columns, exactly (Latin hypercube; McKay, Beckman and
        Conover 1979), so that what is linear in them has the spread it should have.
    """
    shares = qmc.LatinHypercube(dimensions, rng=np.random.default_rng(seed)).random(count)
    made = norm.ppf(shares)
    made -= made.mean(axis=0)
    covariance = np.cov(made, rowvar=False).reshape(dimensions, dimensions)
    return np.asarray(np.linalg.solve(np.linalg.cholesky(covariance), made.T).T)
