"""Differential cross-section of elastic scattering from Dirac's partial waves (Mott scattering), in atomic units.

For every partial wave the radial Dirac equation is integrated outwards through the screened potential and matched to
free waves; the phase shifts give the direct and the spin-flip amplitude (Mott 1929; Salvat, Jablonski and Powell,
Comput. Phys. Commun. 165, 157 (2005), section 3). Exchange is in, polarisation and absorption, which matter below a few
hundred eV, are not; nor is the finite size of the nucleus, which matters above some hundred keV.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.special import spherical_jn, spherical_yn

from eclips4d.physics.emission.elastic.screening import yukawa_terms

F64 = NDArray[np.float64]

LIGHT_SPEED: Final = 137.035999
HARTREE_EV: Final = 27.211386
_PHASE_TOLERANCE = 3e-7
_STEP = 0.12
"""Radians of the local wave per Runge–Kutta step."""
_NUCLEUS = 1e-9
_POTENTIAL_TOLERANCE = 1e-7
"""Of the kinetic energy: where the potential is smaller the wave counts as free."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


class PhaseShifts(NamedTuple):
    """Of one atom and energy.

    Attributes
    ----------
    wave_number
        1/bohr.
    up, down : float64 [L]
        δ of j = l + ½ and of j = l − ½ by orbital quantum number; `down[0]` is 0.
    """

    wave_number: float
    up: F64
    down: F64


def phase_shifts(atomic_number: int, energy_ev: float, *, light_speed: float = LIGHT_SPEED) -> PhaseShifts:
    """Phase shifts up to where they have died out.

    Parameters
    ----------
    light_speed
        In atomic units; a large one gives Schrödinger's phase shifts.

    Raises
    ------
    InputError
        An element without screening parameters.
    """
    terms = yukawa_terms(atomic_number)
    kinetic = energy_ev / HARTREE_EV
    k = math.sqrt(kinetic * (kinetic + 2.0 * light_speed**2)) / light_speed
    reach = _free_beyond(atomic_number, terms, kinetic)
    block = 64
    up: list[F64] = []
    down: list[F64] = []
    while not up or np.abs(up[-1][-8:]).max() > _PHASE_TOLERANCE:
        order = np.arange(len(up) * block, (len(up) + 1) * block)
        regular, irregular = _free_waves(order[-1] + 2, k * reach)
        args = (float(atomic_number), terms, kinetic, k, light_speed, reach, regular, irregular)
        up.append(_shifts(-order - 1, *args))
        down.append(_shifts(order, *args))
    return PhaseShifts(k, np.concatenate(up), np.concatenate(down))


def amplitudes(shifts: PhaseShifts, cosine: F64) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Direct and spin-flip amplitude at the cosines of scattering angles, bohr."""
    return _sum_waves(shifts.wave_number, shifts.up, shifts.down, np.ascontiguousarray(cosine, dtype=np.float64))  # type: ignore[no-any-return]


def differential(shifts: PhaseShifts, cosine: F64) -> F64:
    """Cross-section per solid angle of an unpolarised beam, bohr²/sr."""
    direct, flip = amplitudes(shifts, cosine)
    return np.asarray(np.abs(direct) ** 2 + np.abs(flip) ** 2)


def total(shifts: PhaseShifts) -> float:
    """Cross-section from the phase shifts alone, bohr²."""
    order = np.arange(len(shifts.up))
    waves = (order + 1) * np.sin(shifts.up) ** 2 + order * np.sin(shifts.down) ** 2
    return float(4.0 * math.pi / shifts.wave_number**2 * waves.sum())


def _free_beyond(atomic_number: int, terms: F64, kinetic: float) -> float:
    """Radius beyond which the potential no longer matters, bohr."""
    radius = np.geomspace(1e-2, 100.0, 4000)
    potential = atomic_number / radius * np.abs((terms[0, :, None] * np.exp(-terms[1, :, None] * radius)).sum(axis=0))
    return float(radius[np.argmax(potential < _POTENTIAL_TOLERANCE * kinetic)])


def _free_waves(orders: int, at: float) -> tuple[F64, F64]:
    """Spherical Bessel functions of both kinds for l = 0 … orders at one place."""
    order = np.arange(orders + 1)
    with np.errstate(over="ignore"):
        return np.asarray(spherical_jn(order, at)), np.asarray(spherical_yn(order, at))


@_compiled  # type: ignore[untyped-decorator]
def _shifts(
    kappa: NDArray[np.int64],
    charge: float,
    terms: F64,
    kinetic: float,
    k: float,
    c: float,
    reach: float,
    regular: F64,
    irregular: F64,
) -> F64:
    shifts = np.zeros(kappa.size)
    ratio = c * k / (kinetic + 2.0 * c * c)
    for i in range(kappa.size):
        if kappa[i] == 0:
            continue
        large, small = _integrate(float(kappa[i]), charge, terms, kinetic, c, reach)
        order = -kappa[i] - 1 if kappa[i] < 0 else kappa[i]
        other, sign = (order + 1, -1.0) if kappa[i] < 0 else (order - 1, 1.0)
        above = small * regular[order] - sign * ratio * large * regular[other]
        below = small * irregular[order] - sign * ratio * large * irregular[other]
        if math.isfinite(below):
            shifts[i] = math.atan(above / below)
    return shifts


@_compiled  # type: ignore[untyped-decorator]
def _free(r: float, charge: float, terms: F64, e: float) -> float:
    """Local kinetic energy: the atom's field, and its exchange with the beam's electron (Furness and McCarthy 1973)."""
    screen, density = 0.0, 0.0
    for i in range(3):
        term = terms[0, i] * math.exp(-terms[1, i] * r)
        screen += term
        density += term * terms[1, i] * terms[1, i]
    static = e + charge / r * screen
    return float(0.5 * (static + math.sqrt(static * static + max(charge / r * density, 0.0))))


@_compiled  # type: ignore[untyped-decorator]
def _slopes(
    r: float, large: float, small: float, kappa: float, charge: float, terms: F64, e: float, c: float
) -> tuple[float, float]:
    """Radial Dirac equation; large and small component times r."""
    free = _free(r, charge, terms, e)
    return -kappa / r * large + (free / c + 2.0 * c) * small, kappa / r * small - free / c * large


@_compiled  # type: ignore[untyped-decorator]
def _square(r: float, kappa: float, charge: float, terms: F64, e: float, c: float) -> float:
    """Square of the local radial wave number, 1/bohr²; negative where the wave is evanescent."""
    free = _free(r, charge, terms, e)
    return float(free * (free / (c * c) + 2.0) - kappa * kappa / (r * r))


@_compiled  # type: ignore[untyped-decorator]
def _start(kappa: float, charge: float, terms: F64, e: float, c: float, reach: float) -> float:
    """Radius so deep in the evanescent region that a wrong ratio of the components dies out by e⁻³⁶ before the wave."""
    turn = _NUCLEUS
    while turn < reach and _square(turn, kappa, charge, terms, e, c) < 0.0:
        turn *= 1.02
    r, grown = min(turn, reach), 0.0
    while grown < 18.0 and r > _NUCLEUS:
        r *= 0.99
        grown += 0.01 * r * math.sqrt(max(-_square(r, kappa, charge, terms, e, c), 0.0))
    return r


@_compiled  # type: ignore[untyped-decorator]
def _integrate(kappa: float, charge: float, terms: F64, e: float, c: float, reach: float) -> tuple[float, float]:
    """Regular solution at `reach`, up to a factor: Runge–Kutta of fourth order with steps that follow the wave."""
    r = _start(kappa, charge, terms, e, c, reach)
    gamma = math.sqrt(kappa * kappa - (charge / c) ** 2)
    large, small = (1.0, -(charge / c) / (gamma - kappa)) if kappa < 0 else (charge / (c * (gamma + kappa)), 1.0)
    while r < reach:
        rate = math.sqrt(abs(_square(r, kappa, charge, terms, e, c)))
        h = min(_STEP / (rate + (1.0 + abs(kappa) ** 0.67) / r), reach - r)
        a1, b1 = _slopes(r, large, small, kappa, charge, terms, e, c)
        a2, b2 = _slopes(r + h / 2, large + a1 * h / 2, small + b1 * h / 2, kappa, charge, terms, e, c)
        a3, b3 = _slopes(r + h / 2, large + a2 * h / 2, small + b2 * h / 2, kappa, charge, terms, e, c)
        a4, b4 = _slopes(r + h, large + a3 * h, small + b3 * h, kappa, charge, terms, e, c)
        large += h / 6.0 * (a1 + 2.0 * a2 + 2.0 * a3 + a4)
        small += h / 6.0 * (b1 + 2.0 * b2 + 2.0 * b3 + b4)
        r += h
        if abs(large) + abs(small) > 1e100:
            large, small = large * 1e-100, small * 1e-100
        if reach - r < 1e-13 * reach:
            break
    return large, small


@_compiled  # type: ignore[untyped-decorator]
def _sum_waves(k: float, up: F64, down: F64, cosine: F64) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Partial-wave sums; Legendre functions by recurrence in l."""
    direct, flip = np.zeros(cosine.size, np.complex128), np.zeros(cosine.size, np.complex128)
    s_up, s_down = np.exp(2j * up) - 1.0, np.exp(2j * down) - 1.0
    for i in range(cosine.size):
        x = cosine[i]
        sine = math.sqrt(max(1.0 - x * x, 0.0))
        legendre, before, associated, associated_before = 1.0, 0.0, 0.0, 0.0
        f, g = 0.0j, 0.0j
        for n in range(up.size):
            f += ((n + 1) * s_up[n] + n * s_down[n]) * legendre
            g += (s_down[n] - s_up[n]) * associated
            legendre, before = ((2 * n + 1) * x * legendre - n * before) / (n + 1), legendre
            if n == 0:
                associated, associated_before = sine, 0.0
            else:
                following = ((2 * n + 1) * x * associated - (n + 1) * associated_before) / n
                associated, associated_before = following, associated
        direct[i], flip[i] = f / (2j * k), g / (2j * k)
    return direct, flip
