"""Continuous energy loss of an electron: Bethe's law as Joy and Luo extended it to low energies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.emission.materials import Material

F64 = NDArray[np.float64]


def mean_ionisation_ev(atomic_number: int) -> float:
    """Mean ionisation potential, eV: `9.76 Z + 58.5 Z^−0.19`, 11.5 Z for Z < 13 (Berger and Seltzer 1964)."""
    z = float(atomic_number)
    return 11.5 * z if atomic_number < 13 else 9.76 * z + 58.5 * z**-0.19


def stopping_ev_per_nm(of: Material, energy_ev: F64) -> F64:
    """Energy lost per path, eV/nm.

    `7.85 ρ/E · Σ c_i Z_i/A_i · ln(1.166 (E + k J)/J)` with E in keV, ρ in g/cm³, the sum over mass fractions c, and
    `k = 0.731 + 0.0688 log10 Z` (Joy and Luo, Scanning 11, 176 (1989)).
    """
    kev = np.asarray(energy_ev, dtype=np.float64) / 1000.0
    total = np.zeros_like(kev)
    for share, z, weight in zip(of.mass_fractions, of.atomic_number, of.weight, strict=True):
        j = mean_ionisation_ev(z) / 1000.0
        k = 0.731 + 0.0688 * np.log10(z)
        total += share * z / weight * np.log(1.166 * (kev + k * j) / j)
    return np.asarray(7.85 * of.density * total / kev)


def range_nm(stopping: F64, energy_ev: F64) -> F64:
    """Path left until the lowest of the energies, nm, at energies on which the stopping power is given."""
    slowness = 1.0 / stopping
    return np.concatenate([[0.0], np.cumsum((slowness[1:] + slowness[:-1]) / 2.0 * np.diff(energy_ev))])
