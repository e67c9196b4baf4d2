"""How far from the beam backscattered electrons leave the surface, and from how deep they come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from eclips4d.physics.emission.materials import Material
from eclips4d.physics.emission.tables import SHARES, load_tables

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spread:
    """Where electrons leave at normal incidence, as two round Gaussians about the beam's place.

    The share of electrons that leave within r is
    `core_share · (1 − exp(−r²/(2 core²))) + (1 − core_share) · (1 − exp(−r²/(2 skirt²)))`.

    Attributes
    ----------
    core_nm, skirt_nm
        Standard deviation along one axis.
    core_share
        Electrons in the core, over all.
    """

    core_nm: float
    core_share: float
    skirt_nm: float

    def within(self, distance_nm: F64) -> F64:
        """Share of electrons that leave within a distance from the beam."""
        core, skirt = (-np.expm1(-(distance_nm**2) / (2.0 * s**2)) for s in (self.core_nm, self.skirt_nm))
        return np.asarray(self.core_share * core + (1.0 - self.core_share) * skirt)


def kanaya_okayama_range(of: Material, energy_kev: float) -> float:
    """Range of the beam's electrons, nm: `27.6 A E^1.67 / (Z^0.89 ρ)` (Kanaya and Okayama 1972)."""
    z = of.mean_atomic_number
    return float(27.6 * of.mean_weight * energy_kev**1.67 / (z**0.89 * of.density))


def exit_distances(name: str, energy_kev: float) -> F64:
    """Distances from the beam, nm, within which the shares `tables.SHARES` of the electrons leave.

    Raises
    ------
    InputError
        A material or energy outside the tables.
    """
    tables = load_tables()
    return np.exp(tables.at(np.log(tables.distance_nm), name, energy_kev))


def exit_depths(name: str, energy_kev: float) -> F64:
    """Depths, nm, that the shares `tables.SHARES` of the electrons that leave have not gone beyond.

    Raises
    ------
    InputError
        A material or energy outside the tables.
    """
    tables = load_tables()
    return np.exp(tables.at(np.log(tables.depth_nm), name, energy_kev))


def exit_spread(name: str, energy_kev: float) -> Spread:
    """Two Gaussians fitted to the distances of the tables.

    Raises
    ------
    InputError
        A material or energy outside the tables.
    """
    distance = exit_distances(name, energy_kev)
    middle = float(np.interp(0.5, SHARES, distance))

    def spread(values: F64) -> Spread:
        share = 1.0 / (1.0 + np.exp(-values[1]))
        return Spread(middle * float(np.exp(values[0])), float(share), middle * float(np.exp(values[2])))

    found = least_squares(lambda values: spread(values).within(distance) - SHARES, np.array([-1.5, -1.0, 0.0]))
    return spread(found.x)
