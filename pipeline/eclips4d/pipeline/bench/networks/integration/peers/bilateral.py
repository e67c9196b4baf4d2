"""Bilateral normal integration: each pixel trusts that side more on which the surface goes on.

X. Cao, H. Santo, B. Shi, F. Okura and Y. Matsushita, ECCV (2022), orthographic. A pixel's slope explains the step to
its left neighbour with weight w and that to its right one with 1 − w; w is a sigmoid of the difference of both squared
steps, so that a jump on one side leaves the slope to the other. Reweighted least squares from w = ½; here every round
is one weighted least-squares height over the borders, by conjugate gradients that a cosine transform preconditions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from eclips4d.pipeline.bench.networks.integration import borders, stencils
from eclips4d.pipeline.bench.networks.integration.slopes import Slopes

F64 = NDArray[np.float64]


def bilateral(
    slopes: Slopes,
    *,
    sharpness: float = 2.0,
    weighted: bool = False,
    trusted: bool = True,
    rounds: int = 150,
    tolerance: float = 1e-4,
    inner_tolerance: float = 1e-3,
) -> F64:
    """Height of zero mean, nm [y, x].

    Parameters
    ----------
    sharpness
        k of the sigmoid; 0 is least squares.
    weighted
        Each pixel's two equations weighted by one over its variance too, which the paper has not.
    trusted
        Else what has a number counts, valid or not.
    rounds, tolerance
        Ends after so many, or when the energy changes by less than this part.
    """
    good = (slopes.valid if trusted else True) & slopes.known()
    slope = np.where(good, slopes.slope, 0.0)
    facing = np.where(good, 1.0 / (1.0 + (slope**2).sum(axis=0)), 0.0)  # the normal's squared component upwards
    own = facing * (slopes.unit / np.where(good, slopes.slope_sd, np.inf)) ** 2 if weighted else facing
    there = np.zeros((2, *slopes.shape), dtype=bool)
    there[0, :, :-1] = good[:, :-1] & good[:, 1:]
    there[1, :-1] = good[:-1] & good[1:]
    ahead = np.full((2, *slopes.shape), 0.5)
    height: F64 | None = None
    energy = float((own * (slope**2).sum(axis=0)).sum())
    for _ in range(rounds):
        weight, target = _borders(slope, own, ahead, there)
        height = borders.conjugate_gradients(target, weight, slopes.pixel_nm, height, inner_tolerance, 500)
        steps = np.where(there, stencils.steps(height, slopes.pixel_nm), 0.0)
        ahead = expit(sharpness * facing * (_before(steps) ** 2 - steps**2))
        last, energy = energy, _energy(steps, slope, own, ahead, there)
        if abs(energy - last) <= tolerance * last:
            break
    assert height is not None
    return height


def _borders(slope: F64, own: F64, ahead: F64, there: NDArray[np.bool_]) -> tuple[F64, F64]:
    """Weight and target of each border: of the pixel before it, which looks ahead, and of the one behind it."""
    first = own * ahead
    second = _behind(own * (1.0 - ahead))
    weight = np.where(there, first + second, 0.0)
    target = (first * slope + second * _behind(slope)) / np.maximum(weight, 1e-300)
    return weight, np.where(weight > 0.0, target, 0.0)


def _energy(steps: F64, slope: F64, own: F64, ahead: F64, there: NDArray[np.bool_]) -> float:
    first = own * ahead * (steps - slope) ** 2
    second = _behind(own * (1.0 - ahead)) * (steps - _behind(slope)) ** 2
    return float((first + second)[there].sum())


def _before(values: F64) -> F64:
    """At each pixel, what is at its left and its upper border, [2, y, x]; 0 at the image's edge."""
    out = np.zeros_like(values)
    out[0, :, 1:] = values[0, :, :-1]
    out[1, 1:] = values[1, :-1]
    return out


def _behind(values: F64) -> F64:
    """At each border, what belongs to the pixel right of and below it, [2, y, x]; 0 at the image's edge."""
    out = np.zeros_like(values)
    out[0, :, :-1] = values[0, :, 1:]
    out[1, :-1] = values[1, 1:]
    return out
