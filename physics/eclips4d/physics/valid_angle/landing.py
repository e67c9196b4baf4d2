"""Where an electron lands as a function of the direction in which it left, and the reverse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.valid_angle.flight_table import AZIMUTHS, POLAR, LandingTable, chebyshev_nodes, start_nodes

F64 = NDArray[np.float64]
C128 = NDArray[np.complex128]

_NEWTON_STEPS = 12
_ANGLES = 1024
_CLOSE_MM = 1e-8

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True, slots=True)
class Landing:
    """A table read at one place of emission.

    Attributes
    ----------
    start : complex128
        The place, mm about the field's axis.
    theta_top : float64
        As in the table.
    terms : float64 [AZIMUTHS − 1, POLAR]
        Of D: Fourier orders −3 … 3 in ψ (real by symmetry), Chebyshev coefficients in
        `x = (4/π)·arcsin(theta/theta_top) − 1`, which resolves the square root in which D ends where electrons all
        but turn back.
    """

    start: complex
    theta_top: float
    terms: F64

    def at(self, theta: F64, phi: F64) -> C128:
        """Landing places for every azimuth phi [P] and polar angle theta [A]; NaN beyond `theta_top`; [P, A]."""
        psi = phi - np.angle(self.start)
        orders = np.arange(len(self.terms)) - len(self.terms) // 2
        coefficients = np.exp(1j * np.outer(psi, orders)) @ self.terms
        flight = coefficients @ np.polynomial.chebyshev.chebvander(_place(theta, self.theta_top), POLAR - 1).T
        reached = theta <= self.theta_top * (1.0 + 1e-12)
        return np.asarray(self.start + np.exp(1j * phi)[:, None] * np.where(reached, flight, np.nan))

    def directions(self, target: C128) -> tuple[C128, F64]:
        """Tangents (tan theta · exp(iφ)) that lead to targets [m], and the solid angle's measure there.

        Returns
        -------
        tangent : complex128 [m]
        measure : float64 [m]
            `cos(theta)·dΩ/dA` per mm², 0 where no electron arrives.
        """
        out = target - self.start
        first = self.polar_angle(np.abs(out)) * np.exp(1j * np.angle(out))
        tangent, measure = _invert(self.start, self.theta_top, self.terms, target, first)
        return np.asarray(tangent), np.asarray(measure)

    @property
    def farthest_mm(self) -> float:
        """How far from the field's axis electrons land at `theta_top`, mean over azimuths."""
        return float(self.terms[len(self.terms) // 2].sum())

    def polar_angle(self, radius: F64) -> F64:
        """Polar angle of electrons that fly this far along the plane, mean over azimuths; at most `theta_top`."""
        theta = np.linspace(0.0, self.theta_top, _ANGLES)
        mean = self.terms[len(self.terms) // 2]
        flown = np.polynomial.chebyshev.chebval(_place(theta, self.theta_top), mean)
        return np.interp(radius, np.maximum.accumulate(flown), theta)


def landing_from(table: LandingTable, start: complex) -> Landing:
    """The table at one place of emission, mm about the field's axis."""
    nodes = start_nodes(table.reach)
    weights = [np.prod([(abs(start) - b) / (a - b) for b in nodes if b != a]) for a in nodes]
    flight = np.tensordot(np.asarray(weights), table.flight, axes=1)
    orders = np.fft.fft(flight, axis=0) / AZIMUTHS
    kept = np.concatenate([orders[AZIMUTHS // 2 + 1 :], orders[: AZIMUTHS // 2]])
    angle = np.arccos(chebyshev_nodes(POLAR))
    cosines = np.cos(np.outer(np.arange(POLAR), angle)) * (2.0 / POLAR)
    cosines[0] /= 2.0
    return Landing(complex(start), table.theta_top, np.ascontiguousarray((kept @ cosines.T).real))


def _place(theta: F64, top: float) -> F64:
    return np.asarray(4.0 / np.pi * np.arcsin(np.minimum(theta / top, 1.0)) - 1.0)


@_compiled  # type: ignore[untyped-decorator]
def _invert(start: complex, top: float, terms: F64, target: C128, first: C128) -> tuple[C128, F64]:
    """Newton's method in the plane theta·exp(iφ)."""
    tangent, measure = np.zeros(target.size, np.complex128), np.zeros(target.size)
    turn = np.exp(-1j * np.angle(start))
    for j in range(target.size):
        place = first[j]
        for _ in range(_NEWTON_STEPS):
            theta = min(max(abs(place), 1e-9), top * (1.0 - 1e-9))
            unit = place / abs(place) if abs(place) > 0.0 else 1.0 + 0.0j
            place = theta * unit
            flight, by_theta, by_psi = _flight(terms, top, theta, unit * turn)
            radial, around = unit * by_theta, unit * (1j * flight + by_psi) / theta
            area = radial.real * around.imag - radial.imag * around.real
            off = target[j] - start - unit * flight
            if abs(off) < _CLOSE_MM:
                break
            a = (off.real * around.imag - off.imag * around.real) / area
            b = (radial.real * off.imag - radial.imag * off.real) / area
            place += unit * complex(a, b)
        if abs(off) < 1e-6 and area > 0.0:
            tangent[j] = np.tan(theta) * unit
            measure[j] = np.cos(theta) * np.sin(theta) / theta / area
    return tangent, measure


@_compiled  # type: ignore[untyped-decorator]
def _flight(terms: F64, top: float, theta: float, unit: complex) -> tuple[complex, complex, complex]:
    """D and its derivatives by theta and by ψ."""
    orders, polar = terms.shape
    middle = orders // 2
    share = theta / top
    angle = np.arccos(4.0 / np.pi * np.arcsin(share) - 1.0)
    slope = 4.0 / np.pi / (top * np.sqrt(1.0 - share * share)) / np.sin(angle)
    factor = np.exp(1j * np.angle(unit) * (np.arange(orders) - middle))
    value = by_theta = by_psi = 0.0 + 0.0j
    cosine, sine, before_cosine, before_sine = 1.0, 0.0, np.cos(angle), -np.sin(angle)
    for k in range(polar):
        whole = turned = 0.0 + 0.0j
        for m in range(orders):
            part = terms[m, k] * factor[m]
            whole += part
            turned += (m - middle) * part
        value += whole * cosine
        by_theta += whole * k * sine * slope
        by_psi += 1j * turned * cosine
        cosine, before_cosine = 2.0 * np.cos(angle) * cosine - before_cosine, cosine
        sine, before_sine = 2.0 * np.cos(angle) * sine - before_sine, sine
    return value, by_theta, by_psi
