"""Least squares of a riser: Gauss and Newton's steps, damped after Levenberg and Marquardt."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from eclips4d.metrology.profiles.optics import Optics
from eclips4d.metrology.profiles.riser import shown_slopes

F64 = NDArray[np.float64]
STEEP_DEG, STEEP_SPREAD_DEG = 70.0, 5.0
"""Angle beyond which a riser is taken for unlikely, and how much so."""
KNOWN = 3
"""Residuals of what is known beforehand, after those of the samples."""
_ROUNDS = 40
_ENOUGH = 0.02
"""Of a standard deviation: a shorter step is the last."""
_STEP = 1e-4
_LONGEST_STEP = 0.7
_STIFFEST = 1e7
_WIDTH, _STRETCH = 3, 4
_NEARLY = 0.9
_TRIED, _SOFT = 2, 0.1
"""Steps before a fit can be hopeless, and the damping up to which its prediction counts."""


class Kind(NamedTuple):
    """What is fitted.

    Attributes
    ----------
    shape : int
        A `riser.Shape`.
    steep : float
        Steepest slope over height / width.
    detector_u, riser_deg, riser_u_deg : float
        See `response.Response`.
    hopeless : float
        Sum of squared residuals at which it is given up: when after some steps even the linear prediction of the best
        is above, somebody else's fit stands.
    """

    shape: int
    steep: float
    detector_u: float
    riser_deg: float
    riser_u_deg: float
    hopeless: float = math.inf


@njit(cache=True, nogil=True, error_model="numpy")
def residuals(optics: Optics, slope: F64, sd: F64, inner: F64, kind: Kind) -> F64:
    """Shown less measured slopes over their sd, then what is known beforehand, [n + KNOWN].

    Parameters
    ----------
    optics : Optics
    slope, sd : [n]
    inner : [5]
        As `shown_slopes` takes it, with the logarithm of the width.
    kind : Kind
    """
    n = slope.size
    theta = inner.copy()
    theta[_WIDTH] = math.exp(inner[_WIDTH])
    shown = shown_slopes(optics, theta, kind.shape)
    out = np.empty(n + KNOWN)
    for j in range(n):
        out[j] = (shown[j] - slope[j]) / sd[j]
    angle = math.degrees(math.atan(kind.steep * abs(theta[1]) / theta[_WIDTH]))
    out[n] = (angle - kind.riser_deg) / kind.riser_u_deg
    out[n + 1] = max(angle - STEEP_DEG, 0.0) / STEEP_SPREAD_DEG
    out[n + 2] = (theta[_STRETCH] - 1.0) / kind.detector_u
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _jacobian(optics: Optics, slope: F64, sd: F64, inner: F64, kind: Kind, residual: F64, scale: F64) -> F64:
    out = np.zeros((residual.size, inner.size))
    # Where nothing is hidden only what is known beforehand depends on the detector.
    out[-1, _STRETCH] = 1.0 / kind.detector_u
    steepest = kind.steep * abs(inner[1]) * optics.oblique / math.exp(inner[_WIDTH])
    hidden = steepest > _NEARLY * optics.clear * inner[_STRETCH]
    for k in range(inner.size if hidden else _STRETCH):
        moved = inner.copy()
        moved[k] += _STEP * scale[k]
        out[:, k] = (residuals(optics, slope, sd, moved, kind) - residual) / _STEP
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def solve(optics: Optics, slope: F64, sd: F64, start: F64, kind: Kind) -> tuple[F64, F64, F64]:
    """The `theta` of `shown_slopes` that fits best.

    Parameters
    ----------
    optics, slope, sd, kind
        As `residuals` wants them.
    start : float64 [5]
        First guess of `theta`.

    Returns
    -------
    float64 [5], [n + KNOWN], [n + KNOWN, 5]
        `theta`, residuals there, and their derivatives by `theta`, but by the width's logarithm.
    """
    scale = np.array([1.0, max(abs(start[1]), 1e-6), start[_WIDTH], 1.0, 1.0])
    inner = start.copy()
    inner[_WIDTH] = math.log(start[_WIDTH])
    residual = residuals(optics, slope, sd, inner, kind)
    jacobian, damping = _jacobian(optics, slope, sd, inner, kind, residual, scale), 1e-3
    taken = 0
    for _ in range(_ROUNDS):
        normal, gradient = jacobian.T @ jacobian, jacobian.T @ residual
        damped = normal.copy()
        # What nothing depends on, such as the width of a riser without height, must not make it singular.
        least = 1e-12 * np.trace(normal) + 1e-12
        for k in range(inner.size):
            damped[k, k] += damping * normal[k, k] + least
        step = -np.linalg.solve(damped, gradient)
        predicted = residual @ residual + step @ gradient
        if taken >= _TRIED and damping < _SOFT and predicted > kind.hopeless:
            break
        step *= min(1.0, _LONGEST_STEP / max(abs(step[_WIDTH]), 1e-12))
        tried = inner + step * scale
        there = residuals(optics, slope, sd, tried, kind)
        small = float(step @ (normal @ step)) < _ENOUGH**2
        if there @ there > residual @ residual:
            damping *= 10.0
            # Where even a step that changes nothing does not help, the derivatives' own errors are all there is.
            if small or damping > _STIFFEST:
                break
            continue
        small = small and damping < 1.0
        taken += 1
        inner, residual, damping = tried, there, damping / 10.0
        jacobian = _jacobian(optics, slope, sd, inner, kind, residual, scale)
        if small:
            break
    inner[_WIDTH] = math.exp(inner[_WIDTH])
    return inner, residual, jacobian / scale
