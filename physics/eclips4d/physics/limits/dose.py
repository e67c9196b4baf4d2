"""From beam current to counted electrons, and what the specimen has to bear."""

from __future__ import annotations

import numpy as np

from eclips4d.physics.emission.materials import Material

ELEMENTARY_CHARGE_C = 1.602176634e-19
NM2_PER_CM2 = 1e14


def beam_electrons(current_na: float, dwell_us: float) -> float:
    """Electrons that strike during one dwell time."""
    return current_na * 1e-9 * dwell_us * 1e-6 / ELEMENTARY_CHARGE_C


def fluence_nm2(electrons: float, pixel_nm: tuple[float, float]) -> float:
    """Beam electrons per nm² of one scan, `electrons` of them per pixel."""
    return electrons / (pixel_nm[0] * pixel_nm[1])


def charge_c_cm2(per_nm2: float) -> float:
    """C/cm² of a fluence in electrons/nm²."""
    return per_nm2 * ELEMENTARY_CHARGE_C * NM2_PER_CM2


def backscatter_yield(of: Material, energy_kev: float) -> float:
    """Backscattered per beam electron at normal incidence.

    Hunger and Küchler 1979: `η = C(Z)·E^m(Z)`, E in keV, for 4-40 keV; a compound's is the mean over its elements by
    mass (Castaing's rule). Copper within 3 % of Heinrich's values at 10-30 keV.
    """
    z = np.asarray(of.atomic_number, dtype=float)
    log = np.log(z)
    strength = 0.1904 - 0.2235 * log + 0.1292 * log**2 - 0.01491 * log**3
    each = strength * energy_kev ** (0.1382 - 0.9211 / np.sqrt(z))
    return float(np.dot(of.mass_fractions, each))
