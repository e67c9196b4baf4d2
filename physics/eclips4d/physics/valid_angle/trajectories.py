"""Flight of an electron from the specimen to the detector plane, its energy conserved.

The shape of a relativistic electron's path in a static potential is that of a slow one's in the potential
`V(1 + eV/2mc²)`, V being the potential that would have given it its kinetic energy: both follow from p²(V)
(Maupertuis). Time is scaled so that the electron starts with speed 1 mm per unit.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.valid_angle.electrons import REST_ENERGY_EV
from eclips4d.physics.valid_angle.interpolant import Interpolant, field_at

F64 = NDArray[np.float64]
C128 = NDArray[np.complex128]

LANDED, TURNED_BACK, LEFT = 0, 1, 2
"""What became of an electron: it reached the detector plane, fell back on the specimen, flew out sideways."""
_TOLERANCE = 1e-10
_ON_THE_PLANE = 1e-13
_STEPS = 20_000

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")

# Dormand and Prince, J. Comput. Appl. Math. 6, 19 (1980), table 2
_A = np.array(
    [
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [1 / 5, 0.0, 0.0, 0.0, 0.0, 0.0],
        [3 / 40, 9 / 40, 0.0, 0.0, 0.0, 0.0],
        [44 / 45, -56 / 15, 32 / 9, 0.0, 0.0, 0.0],
        [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729, 0.0, 0.0],
        [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656, 0.0],
        [35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
    ]
)
_FIFTH_MINUS_FOURTH = np.array([71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40])


@_compiled  # type: ignore[untyped-decorator]
def fly(
    field: Interpolant,
    energy_ev: float,
    start: float,
    theta: F64,
    psi: F64,
    height: float,
    path: F64,
    rest_energy_ev: float = REST_ENERGY_EV,
) -> tuple[C128, NDArray[np.int64], F64]:
    """Where electrons cross the detector plane, what became of them, and how well energy was conserved.

    Runge-Kutta of orders 5 and 4 (Dormand and Prince) with an error of 1e-10 a step; the last step is shortened until
    it ends on the plane.

    Parameters
    ----------
    field
        Potential around the axis, V over mm.
    energy_ev
        Kinetic energy on leaving the specimen.
    start
        Place of emission (start, 0, 0), mm from the axis.
    theta, psi
        Polar angle from the normal and azimuth from the x direction, rad [m].
    height
        Of the detector plane, mm.
    path
        [m, P, 3], filled with places along every path, the last one repeated; P = 0 for none.
    rest_energy_ev
        Infinite for an electron without relativity.

    Returns
    -------
    landing : complex128 [m]
        x + iy on the detector plane, mm; NaN where it was not reached.
    fate : int64 [m]
        LANDED, TURNED_BACK or LEFT.
    energy_error : float64 [m]
        Greatest error of kinetic plus potential energy along the path, relative to the emission energy.
    """
    count = theta.size
    landing = np.full(count, np.nan + 0j)
    fate = np.empty(count, np.int64)
    energy_error = np.zeros(count)
    for k in range(count):
        state = np.array([start, 0.0, 0.0, 0.0, 0.0, 0.0])
        state[3] = np.sin(theta[k]) * np.cos(psi[k])
        state[4] = np.sin(theta[k]) * np.sin(psi[k])
        state[5] = np.cos(theta[k])
        fate[k], energy_error[k] = _to_the_plane(field, energy_ev, state, height, path[k], rest_energy_ev)
        if fate[k] == LANDED:
            landing[k] = complex(state[0], state[1])
    return landing, fate, energy_error


@_compiled  # type: ignore[untyped-decorator]
def _to_the_plane(
    field: Interpolant, energy_ev: float, state: F64, height: float, path: F64, rest_ev: float
) -> tuple[int, float]:
    slopes, trial = np.empty((7, 6)), np.empty(6)
    step, worst, border = height / 16.0, 0.0, field.r[-1]
    points = path.shape[0]
    for count in range(_STEPS):
        if count < points:
            path[count:] = state[:3]
        error = _step(field, energy_ev, rest_ev, state, step, slopes, trial)
        if error > _TOLERANCE:
            step *= max(0.2, 0.9 * (_TOLERANCE / error) ** 0.2)
            continue
        if state[5] > 0.0 > trial[5] and trial[2] < height:  # it may have been beyond the plane in between
            step = _shorten(field, energy_ev, rest_ev, state, step, 5, 0.0, slopes, trial)
        if trial[2] >= height:
            _shorten(field, energy_ev, rest_ev, state, step, 2, height, slopes, trial)
        state[:] = trial
        worst = max(worst, _energy_error(field, energy_ev, rest_ev, state))
        if state[2] >= height * (1.0 - 10.0 * _ON_THE_PLANE):
            state[2] = height
            path[min(count + 1, points) :] = state[:3]
            return LANDED, worst
        if state[2] <= 0.0:
            return TURNED_BACK, worst
        if np.hypot(state[0], state[1]) > border:
            return LEFT, worst
        step *= min(3.0, 0.9 * (_TOLERANCE / max(error, 1e-16)) ** 0.2)
        step = min(step, height / 4.0)
    return LEFT, worst


@_compiled  # type: ignore[untyped-decorator]
def _step(
    field: Interpolant, energy_ev: float, rest_ev: float, state: F64, step: float, slopes: F64, trial: F64
) -> float:
    """One step from state to trial; its estimated error."""
    for stage in range(7):
        trial[:] = state
        for before in range(stage):
            trial += step * _A[stage, before] * slopes[before]
        _rate(field, energy_ev, rest_ev, trial, slopes[stage])
    error = 0.0
    for part in range(6):
        off = 0.0
        for stage in range(7):
            off += _FIFTH_MINUS_FOURTH[stage] * slopes[stage, part]
        error = max(error, abs(step * off))
    return error


@_compiled  # type: ignore[untyped-decorator]
def _rate(field: Interpolant, energy_ev: float, rest_ev: float, state: F64, rate: F64) -> None:
    radius = np.hypot(state[0], state[1])
    u, u_r, u_z = field_at(field, radius, state[2])
    start = energy_ev * (1.0 + energy_ev / (2.0 * rest_ev))
    strength = 0.5 * (1.0 + (energy_ev + u) / rest_ev) / start
    outwards = strength * u_r / radius if radius > 0.0 else 0.0
    rate[:3] = state[3:]
    rate[3], rate[4], rate[5] = outwards * state[0], outwards * state[1], strength * u_z


@_compiled  # type: ignore[untyped-decorator]
def _shorten(
    field: Interpolant,
    energy_ev: float,
    rest_ev: float,
    state: F64,
    step: float,
    part: int,
    level: float,
    slopes: F64,
    trial: F64,
) -> float:
    """Make trial the state in which one of its parts has a value that it passes in this step; the shorter step.

    Secants that keep both sides (Illinois).
    """
    low, high, length = 0.0, step, step
    below, above = state[part] - level, trial[part] - level
    for _ in range(60):
        length = (low * above - high * below) / (above - below)
        _step(field, energy_ev, rest_ev, state, length, slopes, trial)
        off = trial[part] - level
        if abs(off) <= _ON_THE_PLANE * max(abs(level), 1.0):
            break
        if off * above > 0.0:
            high, above, below = length, off, below / 2.0
        else:
            low, below, above = length, off, above / 2.0
    return length


@_compiled  # type: ignore[untyped-decorator]
def _energy_error(field: Interpolant, energy_ev: float, rest_ev: float, state: F64) -> float:
    u, _, _ = field_at(field, np.hypot(state[0], state[1]), state[2])
    start = energy_ev * (1.0 + energy_ev / (2.0 * rest_ev))
    here = (energy_ev + u) * (1.0 + (energy_ev + u) / (2.0 * rest_ev)) / start
    squared = state[3] ** 2 + state[4] ** 2 + state[5] ** 2
    return float(abs(squared - here))
