"""How strongly the molecules of a gas scatter the electrons of the beam, and how far aside these land.

Every scattering counts as a loss: even the small angles of inelastic collisions, some milliradians, put an electron
micrometres aside after millimetres of way, far outside the pixel it was meant for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

REST_KEV = 510.999
BOLTZMANN_J_K = 1.380649e-23
_BETHE_M2 = 1.874e-24
"""4π(ħ/mc)², m²."""


@dataclass(frozen=True, slots=True)
class Gas:
    """One kind of molecule.

    Attributes
    ----------
    atoms
        Atomic number of each atom.
    log_term, constant
        M² and C of the ionisation cross-section, as commonly quoted from Rieke and Prepejchal (1972); the paper itself
        was not at hand. Held to binary-encounter theory by a test.
    excited
        All inelastic collisions over ionising ones. From the dipole sums of the molecule, M² of all transitions over M²
        of ionisation.
    """

    atoms: tuple[int, ...]
    log_term: float
    constant: float
    excited: float


GASES = {
    "h2": Gas((1, 1), 0.695, 8.115, 2.2),
    "he": Gas((2,), 0.774, 7.653, 1.4),
    "n2": Gas((7, 7), 3.74, 34.84, 1.3),
    "o2": Gas((8, 8), 4.20, 38.84, 1.2),
    "h2o": Gas((1, 1, 8), 3.24, 32.26, 1.2),
    "ar": Gas((18,), 4.22, 37.93, 1.1),
}


def elastic_m2(gas: Gas, energy_kev: float) -> float:
    """Elastic cross-section of a molecule as the sum of its atoms', m².

    `3.0e-22 Z^1.7 / (E + 0.005 Z^1.7 E^½ + 0.0007 Z² E^−½)` per atom, E in keV, a fit to Mott cross-sections between
    0.1 and 30 keV (Browning, Li, Chui, Ye, Pease, Czyżewski and Joy 1994).
    """
    z = np.array(gas.atoms, dtype=float)
    root = np.sqrt(energy_kev)
    return float((3.0e-22 * z**1.7 / (energy_kev + 0.005 * z**1.7 * root + 0.0007 * z**2 / root)).sum())


def ionisation_m2(gas: Gas, energy_kev: float) -> float:
    """`4π(ħ/mc)²/β² · [M²·(ln(β²/(1 − β²)) − β²) + C]`, Bethe's asymptote, m²."""
    beta2 = 1.0 - (1.0 + energy_kev / REST_KEV) ** -2
    return float(_BETHE_M2 / beta2 * (gas.log_term * (np.log(beta2 / (1.0 - beta2)) - beta2) + gas.constant))


def cross_section_m2(gas: Gas, energy_kev: float) -> float:
    """Elastic and inelastic together, m²; good to about 20 %."""
    return elastic_m2(gas, energy_kev) + gas.excited * ionisation_m2(gas, energy_kev)


def skirt_radius_um(gas: Gas, pressure_pa: float, path_mm: float, energy_kev: float, temperature_k: float) -> float:
    """Radius within which most elastically scattered electrons land: 100 Pa, 2 mm, 10 keV: 2 µm in H2, 15 in O2.

    `364 Z/E · (p/T)^½ · L^(3/2)`, E in eV, L and the radius in m (Danilatos 1988); Z is the root mean square of the
    molecule's atoms times the root of half their number, which for two like atoms is Z.
    """
    z = float(np.sqrt(np.sum(np.square(gas.atoms)) / 2.0))
    return float(364.0 * z / (1e3 * energy_kev) * (pressure_pa / temperature_k) ** 0.5 * (path_mm * 1e-3) ** 1.5 * 1e6)
