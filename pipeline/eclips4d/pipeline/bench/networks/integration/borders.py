"""Slopes and weights at the borders between pixels, and their least-squares height.

All are [2, y, x]: at the right and at the lower border of each pixel; nothing lies right of the last column or below
the last row, where they are 0. Height and slope are pixel means, so a border's slope is the fourth-order mean that
`eclips4d.inference.integrate` takes, where noise does not ask for another.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from eclips4d.inference.integrate import INNER, OUTER
from eclips4d.pipeline.bench.networks.integration.slopes import Slopes
from eclips4d.pipeline.bench.networks.integration.stencils import Pixel, dot, gathered, weighted_laplacian

F64 = NDArray[np.float64]

Weighting = Literal["none", "border", "pixel"]

_TOLERANCE, _MOST = 1e-6, 500
_TINY = 1e-300


def measured(slopes: Slopes, weighting: Weighting, *, trusted: bool = True) -> tuple[F64, F64]:
    """What is measured at the borders, [2, y, x] each: slopes, and their weights in one over `unit²`.

    Parameters
    ----------
    weighting
        `none`: fourth-order means, alike wherever both neighbours are valid. `border`: the same, weighted by one over
        the mean variance of both. `pixel`: each pixel's slope measures the step on either side with its own variance,
        so a border takes the mean of its two neighbours weighted by one over theirs, or the one that is valid.
    trusted
        Else what has a number counts, valid or not.
    """
    good = (slopes.valid if trusted else True) & slopes.known()
    sure = np.where(good, slopes.unit / np.where(good, slopes.slope_sd, 1.0), 0.0) ** 2
    if weighting == "none":
        sure = good.astype(np.float64)
    slope = np.where(good, slopes.slope, 0.0)
    pairs = [
        _between(part, weight, fine=weighting != "pixel")
        for part, weight in ((slope[0], sure), (np.ascontiguousarray(slope[1].T), np.ascontiguousarray(sure.T)))
    ]
    target, weight = (np.stack([pairs[0][i], pairs[1][i].T]) for i in (0, 1))
    return target, weight


def least_squares_height(target: F64, weight: F64, pixel_nm: Pixel, start: F64 | None = None) -> F64:
    """Height with the least sum of `weight·(step − target)²`, of zero mean, float64 [y, x].

    Conjugate gradients, preconditioned by the cosine transform's exact solution for equal weights; where no weight
    is, they leave what is smoothest.
    """
    return conjugate_gradients(target, weight, pixel_nm, start, _TOLERANCE, _MOST)


def conjugate_gradients(
    target: F64, weight: F64, pixel_nm: Pixel, start: F64 | None, tolerance: float, most: int
) -> F64:
    """As `least_squares_height`, until the preconditioned residual has fallen to `tolerance` of the right side's."""
    per_eigenvalue = inverse_eigenvalues((target.shape[1], target.shape[2]), pixel_nm)
    right = gathered(weight * target, pixel_nm)
    enough = tolerance**2 * dot(right, poisson(right, per_eigenvalue))
    height = np.zeros_like(right) if start is None else start.copy()
    residual = right if start is None else right - weighted_laplacian(height, weight, pixel_nm)
    direction, before = np.zeros_like(right), 1.0
    for _ in range(most):
        solved = poisson(residual, per_eigenvalue)
        now = dot(residual, solved)
        if now <= enough:
            break
        direction = solved + (now / before) * direction
        applied = weighted_laplacian(direction, weight, pixel_nm)
        along = now / dot(direction, applied)
        height += along * direction
        residual = residual - along * applied
        before = now
    return np.asarray(height - height.mean())


def inverse_eigenvalues(shape: tuple[int, int], pixel_nm: Pixel) -> F64:
    """One over those of `gathered(steps(·))` in the cosine basis, 0 for the mean, float64 [y, x]."""
    (rows, columns), (dx, dy) = shape, pixel_nm
    along_y = 4.0 / dy**2 * np.sin(np.pi * np.arange(rows) / (2.0 * rows)) ** 2
    along_x = 4.0 / dx**2 * np.sin(np.pi * np.arange(columns) / (2.0 * columns)) ** 2
    eigenvalue = along_y[:, None] + along_x
    eigenvalue[0, 0] = np.inf
    return np.asarray(1.0 / eigenvalue)


def poisson(source: F64, per_eigenvalue: F64) -> F64:
    """Height of zero mean with `gathered(steps(height)) = source`."""
    spectrum = scipy.fft.dctn(source, type=2, norm="ortho")
    spectrum *= per_eigenvalue
    return np.asarray(scipy.fft.idctn(spectrum, type=2, norm="ortho", overwrite_x=True))


def _between(p: F64, sure: F64, *, fine: bool) -> tuple[F64, F64]:
    """Slope and weight along x, at the right border of each pixel; `sure` is one over the variance, 0 in gaps."""
    slope, weight = np.zeros_like(p), np.zeros_like(p)
    left, right = sure[:, :-1], sure[:, 1:]
    total = left + right
    if not fine:
        slope[:, :-1] = (left * p[:, :-1] + right * p[:, 1:]) / np.maximum(total, _TINY)
        weight[:, :-1] = 0.5 * total
        return slope, weight
    weight[:, :-1] = 2.0 * left * right / np.maximum(total, _TINY)
    slope[:, :-1] = np.where(weight[:, :-1] > 0.0, 0.5 * (p[:, :-1] + p[:, 1:]), 0.0)
    if p.shape[1] > 3:
        four = (sure[:, :-3] > 0.0) & (sure[:, 1:-2] > 0.0) & (sure[:, 2:-1] > 0.0) & (sure[:, 3:] > 0.0)
        fourth = INNER * (p[:, 1:-2] + p[:, 2:-1]) + OUTER * (p[:, :-3] + p[:, 3:])
        slope[:, 1:-2] = np.where(four, fourth, slope[:, 1:-2])
    return slope, weight
