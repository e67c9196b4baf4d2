"""Flights through a gap, integrated once for all directions and places of emission.

Places are complex, mm, about the axis of the field (the detector's centre). An electron from the place `s·exp(iα)`
that leaves at (theta, phi) lands at `s·exp(iα) + exp(iφ)·D(s, φ − α, theta)`. By symmetry `D(s, −ψ)` is the conjugate
of `D(s, ψ)`, and its order m in ψ grows as s^m: a few places and azimuths hold all there is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.physics.valid_angle.gap import Gap, potential
from eclips4d.physics.valid_angle.interpolant import Interpolant, interpolant
from eclips4d.physics.valid_angle.trajectories import LANDED, fly

F64 = NDArray[np.float64]
C128 = NDArray[np.complex128]

STARTS, AZIMUTHS, POLAR = 4, 8, 48
"""Nodes of a table: places of emission, azimuths over the full turn, polar angles."""
_MARGIN = 1.15
_BISECTIONS = 34
_FAN = 64
_NARROWEST_RAD = 1e-4


@dataclass(frozen=True, slots=True)
class LandingTable:
    """Flights through one gap at one energy.

    Attributes
    ----------
    theta_top : float64
        Largest polar angle of the table, rad: electrons beyond it turn back, or land far outside the detector.
        0 where all turn back.
    reach : float64
        Largest distance of a place of emission from the axis, mm.
    flight : complex128 [STARTS, AZIMUTHS, POLAR]
        D at the nodes, mm.
    energy_error : float64
        Greatest relative error of an electron's energy along any of the flights.
    """

    theta_top: float
    reach: float
    flight: C128
    energy_error: float


def fly_table(field: Interpolant, gap: Gap, energy_ev: float, reach: float) -> LandingTable:
    """Integrate the flights of a table.

    Parameters
    ----------
    field
        Of the gap, from `field_of`.
    energy_ev
        Kinetic energy on leaving the specimen.
    reach
        Largest distance of a place of emission from the axis, mm.

    Raises
    ------
    InputError
        Electrons are turned back that leave more steeply than others that land: no largest angle divides them.
    """
    starts = start_nodes(reach)
    psi = 2.0 * np.pi * np.arange(AZIMUTHS // 2 + 1) / AZIMUTHS
    widest = _MARGIN * gap.outer + 2.0 * reach
    top = min(_largest_angle(field, gap, energy_ev, float(s), psi, widest) for s in starts)
    if top < _NARROWEST_RAD:
        return LandingTable(0.0, reach, np.zeros((STARTS, AZIMUTHS, POLAR), complex), 0.0)
    theta = top * np.sin(np.pi / 4.0 * (chebyshev_nodes(POLAR) + 1.0))
    flight = np.empty((STARTS, AZIMUTHS, POLAR), complex)
    worst = 0.0
    for i, start in enumerate(starts):
        directions = [grid.ravel() for grid in np.meshgrid(theta, psi)]
        landing, _, error = fly(field, energy_ev, start, *directions, gap.height, _no_path(directions[0].size))
        half = (landing.reshape(psi.size, POLAR) - start) * np.exp(-1j * psi)[:, None]
        flight[i, : psi.size] = half
        flight[i, psi.size :] = np.conj(half[1:-1])[::-1]
        worst = max(worst, float(error.max()))
    return LandingTable(top, reach, flight, worst)


def field_of(gap: Gap) -> Interpolant:
    """The potential between specimen and detector plane."""
    r, z, values = potential(gap)
    below = z <= gap.height
    return interpolant(r, z[below], np.ascontiguousarray(values[:, below]))


def _largest_angle(field: Interpolant, gap: Gap, energy_ev: float, start: float, psi: F64, widest: float) -> float:
    """Up to which polar angle electrons land within a radius, whatever their azimuth: by bisection."""

    def lands(theta: F64, azimuth: F64) -> NDArray[np.bool_]:
        landing, fate, _ = fly(field, energy_ev, start, theta, azimuth, gap.height, _no_path(theta.size))
        return np.asarray((fate == LANDED) & (np.abs(np.where(fate == LANDED, landing, np.inf)) <= widest))

    fan = np.linspace(0.0, np.pi / 2.0, _FAN, endpoint=False)
    for azimuth in psi[[0, -1]]:
        reached = lands(fan, np.full(_FAN, azimuth))
        if np.any(~reached[:-1] & reached[1:]):
            raise InputError(
                f"{gap.detector_v:g} V and {gap.pole_piece_v:g} V turn back electrons of {energy_ev:.0f} eV that leave "
                "more steeply than others that land",
                where="electrodes",
                cure="use less than half the beam's energy on either",
            )
    low, high = np.zeros(psi.size), np.full(psi.size, np.pi / 2.0)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2.0
        reached = lands(middle, psi)
        low, high = np.where(reached, middle, low), np.where(reached, high, middle)
    return float(low.min())


def _no_path(count: int) -> F64:
    return np.empty((count, 0, 3))


def start_nodes(reach: float) -> F64:
    """Distances of the places of emission from the axis, mm [STARTS]."""
    return np.asarray(reach * (chebyshev_nodes(STARTS) + 1.0) / 2.0)


def chebyshev_nodes(count: int) -> F64:
    """Chebyshev's nodes of the first kind, from 1 down to −1."""
    return np.cos(np.pi * (np.arange(count) + 0.5) / count)
