"""The height of one frame, sought so that its re-rendered segments are those that were measured.

From a model's height by steps of Gauss and Newton: each solves for the change of the surface by conjugate gradients,
for which cosine transforms do what least squares does for the integrator. Edges are admitted by and by: the prior
begins as one of squares and ends as one that lets a surface bend at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, cg

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.inference.synthesis.corners import cells, corners_of, pixels
from eclips4d.inference.synthesis.deviance import residual
from eclips4d.inference.synthesis.electrons import electrons_of
from eclips4d.inference.synthesis.normal_equations import Curvature, times
from eclips4d.inference.synthesis.objective import At, passed_by
from eclips4d.inference.synthesis.response import response_of

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

SUPERSAMPLE: Final = 2
WEIGHT: Final = 4.0
"""Of bending, in units of the logarithm of the likelihood: the more electrons there are, the less it counts."""
KNEE: Final = 0.1
"""Change of slope between neighbouring sub-pixels that counts as an edge rather than as noise."""
FIRST_KNEE: Final = 1.0
STEPS: Final = 14
_INNER: Final = 40
_SURE: Final = 0.03
"""Conjugate gradients stop at this share of the gradient."""
_SHORTEST: Final = 1 / 32
_SETTLED: Final = 2e-4
"""Relative change of the objective at which the search ends."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far the search was.

    Attributes
    ----------
    objective : float
        With the final knee once that is reached.
    deviance : float
        Per used pixel; what noise alone leaves is at most the number of segments less one.
    bending : float
    moved_nm : float
        Rms change of the height since the step before.
    """

    objective: float
    deviance: float
    bending: float
    moved_nm: float


@dataclass(frozen=True, slots=True)
class Refined:
    """A frame's surface after the search.

    Attributes
    ----------
    height : float32 [y, x]
        Pixel means, nm.
    slope : float32 [2, y, x]
    residual, residual_before : float32 [y, x]
        sqrt(deviance/dof), of the refined height and of the one that the search began with; NaN for three segments.
    steps : tuple of Step
        The first is the start.
    weight : float
        Of bending.
    settled : bool
        False where the search ended by its number of steps.
    """

    height: F32
    slope: F32
    residual: F32
    residual_before: F32
    steps: tuple[Step, ...]
    weight: float
    settled: bool


def refine(
    data: RawArray,
    height: NDArray[np.floating],
    instrument: Instrument,
    calibration: Calibration,
    *,
    weight: float = WEIGHT,
    supersample: int = SUPERSAMPLE,
    threads: int | None = None,
    report: Callable[[int, int, Step], None] | None = None,
) -> Refined:
    """Refine one frame.

    Parameters
    ----------
    data
        [n, y, x], as recorded.
    height
        Where to begin: a model's, nm, [y, x], of the same pixels.
    calibration
        In the frame's own gas.
    weight
        Of bending; see `curvature`.
    report
        Called after every step with its number, the most there may be, and how far it is.

    Raises
    ------
    InputError
        Heights of another shape, or that are no numbers.
    """
    if height.shape != data.shape[1:] or not np.isfinite(height).all():
        raise InputError(f"heights {height.shape} do not cover a frame of {data.shape[1:]}", where="height")
    shape = (data.shape[1], data.shape[2])
    response = response_of(instrument, calibration, shape, supersample=supersample, threads=threads)
    seen = electrons_of(data, calibration)
    corner = corners_of(height, supersample)
    start = At(corner, response, seen, weight, FIRST_KNEE, passed_by(response, corner))
    end, steps, settled = search(start, report)
    return Refined(
        height=np.asarray(pixels(cells(end.corner), supersample), np.float32),
        slope=np.asarray(pixels(end.slope, supersample), np.float32),
        residual=residual(end.image, seen),
        residual_before=residual(start.image, seen),
        steps=tuple(steps),
        weight=weight,
        settled=settled,
    )


def search(
    start: At, report: Callable[[int, int, Step], None] | None = None, steps: int = STEPS
) -> tuple[At, list[Step], bool]:
    """From a surface to the one nearby that makes the objective least; every step, and whether it settled."""
    at, done = start, [_step(start, 0.0)]
    for number in range(1, steps + 1):
        before = at
        at = _descended(at)
        at = replace(at, passed=passed_by(at.response, at.corner))
        moved = float(np.std(at.corner - before.corner))
        done.append(_step(at, moved))
        if report is not None:
            report(number, steps, done[-1])
        if before.knee == KNEE and abs(before.value - at.value) < _SETTLED * abs(at.value):
            return at, done, True
        at = at.sharper(max(0.5 * at.knee, KNEE))
    return at, done, False


def _descended(at: At) -> At:
    """After one step of Gauss and Newton, shortened until the objective falls; where it does not, no step."""
    change, share = _newton(at.curvature(), at.gradient()), 1.0
    while share >= _SHORTEST:
        there = replace(at, corner=at.corner - share * change)
        if there.value < at.value:
            return there
        share *= 0.5
    return at


def _newton(of: Curvature, gradient: F64) -> F64:
    shape, size = gradient.shape, gradient.size
    inverse = _inverse_without_edges(of, shape)

    def product(v: F64) -> F64:
        return times(of, v.reshape(shape)).ravel()

    def nearly_inverted(v: F64) -> F64:
        spectrum = scipy.fft.dctn(v.reshape(shape), norm="ortho") * inverse
        return np.asarray(scipy.fft.idctn(spectrum, norm="ortho")).ravel()

    operators = [LinearOperator((size, size), matvec=f, dtype=np.float64) for f in (product, nearly_inverted)]
    change, _ = cg(operators[0], gradient.ravel(), rtol=_SURE, maxiter=_INNER, M=operators[1])
    return np.asarray(change.reshape(shape))


def _inverse_without_edges(of: Curvature, shape: tuple[int, ...]) -> F64:
    """One over the curvature's eigenvalues if it were the same everywhere, over cosine waves; 0 for the mean."""
    dx, dy = of.pixel_nm
    y, x = (2.0 - 2.0 * np.cos(np.pi * np.arange(n) / n) for n in shape)
    steps = y[:, None] / dy**2 + x / dx**2
    n, per_pixel = len(of.fisher), (of.per_slope.shape[2] // of.fisher.shape[2]) ** 2
    data = float(np.median((of.per_slope**2).sum(axis=(0, 1)))) * float(np.median(np.einsum("kkyx->yx", of.fisher)))
    stiff = float(np.median(of.stiff[1:-1, 1:-1])) * dx * dy
    value = 0.5 * per_pixel / n * data * steps + stiff * steps**2
    value[0, 0] = np.inf
    return np.asarray(1.0 / np.maximum(value, 1e-300))


def _step(at: At, moved_nm: float) -> Step:
    return Step(at.value, at.deviance.total / max(at.deviance.used, 1), at.bending.total, moved_nm)
