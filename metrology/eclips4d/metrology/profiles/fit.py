"""The riser that fits a profile's slopes best: height, middle and width at once, by weighted least squares.

Slopes, not heights, because their noise is independent from sample to sample. Of a riser w long averaged over L, the
height then has the standard deviation s·d·sqrt(w/L) for pixels of size d with slope noise s, the least there is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.profiles.optics import Optics
from eclips4d.metrology.profiles.response import Response
from eclips4d.metrology.profiles.riser import Shape
from eclips4d.metrology.profiles.solve import KNOWN, Kind, solve

F64 = NDArray[np.float64]
STEEPEST_PER_WIDTH = {Shape.PLANE: 1.0, Shape.ROUNDED: 6.0 / math.sqrt(2.0 * math.pi)}
"""Steepest slope over height / width."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """What is fitted.

    Attributes
    ----------
    slope, sd : float64 [n]
    optics : Optics
        Of these samples.
    response : Response
    """

    slope: F64
    sd: F64
    optics: Optics
    response: Response


@dataclass(frozen=True, slots=True, eq=False)
class Riser:
    """A fitted riser.

    Attributes
    ----------
    shape : Shape
    theta : float64 [5]
        Slope of the terraces, height (nm, positive where it rises along the path), middle (nm), width (nm), and the
        factor on the detector's tangents.
    random, prior : float64 [5, 5]
        Covariance that noise causes, and that which what is known beforehand of risers and detectors leaves.
    angle : float64 [5, 5]
        That part of `prior` which the riser's angle makes.
    chi2 : float
        Sum of squared residuals over their variances.
    cost : float
        The same, with what is known beforehand.
    samples : int
    lean : float
        Slope across over slope along of the riser: how far it is from crossing the path at right angles.
    """

    shape: Shape
    theta: F64
    random: F64
    prior: F64
    angle: F64
    chi2: float
    cost: float
    samples: int
    lean: float = 0.0

    @property
    def steepest(self) -> float:
        """Slope of the riser beyond the terraces'."""
        return STEEPEST_PER_WIDTH[self.shape] * float(self.theta[1] / self.theta[3])


def fit_riser(samples: Samples, start: F64, shape: Shape, hopeless: float = math.inf) -> Riser:
    """Fit one shape.

    Parameters
    ----------
    samples : Samples
    start : float64 [4] or [5]
        First guess of slope, height, middle and width, and of the detector's factor.
    shape : Shape
    hopeless : float
        Cost that is of no use: a fit that cannot come below is not finished.
    """
    response = samples.response
    known_of = response.detector_u, response.riser_deg, response.riser_u_deg
    kind = Kind(int(shape), STEEPEST_PER_WIDTH[shape], *known_of, hopeless)
    guess = np.concatenate([start, np.ones(5 - start.size)])
    theta, residual, jacobian = solve(samples.optics, samples.slope, samples.sd, guess, kind)
    measured, known = jacobian[:-KNOWN], jacobian[-KNOWN:]
    information = measured.T @ measured
    covariance = _inverse(information + known.T @ known)
    turn = np.array([1.0, 1.0, 1.0, theta[3], 1.0])[:, None] * covariance
    chi2 = float(residual[:-KNOWN] @ residual[:-KNOWN])
    # The last of what is known is the detector's.
    prior, angle = (turn @ (rows.T @ rows) @ turn.T for rows in (known, known[:-1]))
    cost = float(residual @ residual)
    return Riser(shape, theta, turn @ information @ turn.T, prior, angle, chi2, cost, samples.slope.size)


def _inverse(matrix: F64) -> F64:
    """Of a symmetric matrix; where something is not determined at all, of the rest."""
    try:
        inverse = np.asarray(np.linalg.inv(matrix), np.float64)
    except np.linalg.LinAlgError:
        inverse = np.zeros_like(matrix)
    sound = bool((np.diag(inverse) > 0.0).all())
    return inverse if sound else np.asarray(np.linalg.pinv(matrix, hermitian=True), np.float64)
