"""One isotropic spiral in steady rotation: an ordinary differential equation, solved to many digits.

The step is theta = phi(r) + omega·t. With psi = r·phi'(r) its normal velocity is omega·r/sqrt(1 + psi²) and its
curvature psi'/(1 + psi²)^(3/2) + psi/(r·sqrt(1 + psi²)), so that V = 1 − curvature becomes

    psi' = (1 + psi²)·(sqrt(1 + psi²) − omega·r − psi/r),

regular at the core (psi → r/2, the critical curvature) and Archimedean far out (psi → omega·r + omega) for one omega
only: Burton, Cabrera and Frank, Phil. Trans. R. Soc. A 243, 299 (1951); Cabrera and Levine, Phil. Mag. 1, 450 (1956).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

FloatArray = NDArray[np.float64]

_CORE = 1e-6
_MEETING = 2.5
_FAR = 40.0
_STEP = 0.01


@dataclass(frozen=True, slots=True)
class SteadySpiral:
    """The steadily rotating spiral.

    Attributes
    ----------
    rotation
        omega, v_inf/r_c.
    spacing
        Between far turns, r_c.
    step
        Of the table, r_c.
    phase : float64 [n]
        phi at multiples of `step`, radians; `phase_at` goes on from there.
    """

    rotation: float
    spacing: float
    step: float
    phase: FloatArray


def phase_at(radius: FloatArray) -> FloatArray:
    """Angle phi at any distance (r_c); beyond the table by phi' = omega + omega/r + (omega − 1/(2 omega))/r²."""
    spiral = steady_spiral()
    last = spiral.step * (len(spiral.phase) - 1)
    inside = np.interp(np.minimum(radius, last), spiral.step * np.arange(len(spiral.phase)), spiral.phase)
    r, omega = np.maximum(radius, last), spiral.rotation
    beyond = omega * (r - last + np.log(r / last)) + (omega - 0.5 / omega) * (1.0 / last - 1.0 / r)
    return np.asarray(inside + beyond)


@cache
def steady_spiral() -> SteadySpiral:
    """Solve for it (0.1 s, once)."""
    omega = float(brentq(_mismatch, 0.30, 0.36, xtol=1e-12))
    radius = np.arange(0.0, _FAR + _STEP / 2.0, _STEP)
    psi = np.concatenate(
        [
            _outwards(omega, radius[(radius > 0) & (radius < _MEETING)]),
            _inwards(omega, radius[radius >= _MEETING][::-1])[::-1],
        ]
    )
    slope = np.concatenate([[0.5], psi / radius[1:]])
    phase = np.concatenate([[0.0], np.cumsum((slope[1:] + slope[:-1]) / 2.0) * _STEP])
    return SteadySpiral(omega, 2.0 * np.pi / omega, _STEP, phase)


def _rate(r: float, psi: Any, omega: float) -> Any:
    return (1.0 + psi * psi) * (np.sqrt(1.0 + psi * psi) - omega * r - psi / r)


def _outwards(omega: float, radius: FloatArray) -> FloatArray:
    return _solved((_CORE, float(radius[-1])), _CORE / 2.0, omega, radius)


def _inwards(omega: float, radius: FloatArray) -> FloatArray:
    far = omega * _FAR + omega + (omega - 0.5 / omega) / _FAR
    return _solved((_FAR, float(radius[-1])), far, omega, radius)


def _solved(span: tuple[float, float], start: float, omega: float, at: FloatArray) -> FloatArray:
    solution = solve_ivp(_rate, span, [start], t_eval=at, args=(omega,), method="LSODA", rtol=1e-10, atol=1e-12)
    return np.asarray(solution.y[0])


def _mismatch(omega: float) -> float:
    """Outwards the equation is unstable, inwards the core is: both ways meet in between."""
    meeting = np.array([_MEETING])
    return float(_outwards(omega, meeting)[0] - _inwards(omega, meeting)[0])
