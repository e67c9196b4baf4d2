"""How far from the beam backscattered electrons leave the surface."""

from __future__ import annotations

from dataclasses import dataclass

from eclips4d.physics.emission.materials import Material, material


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


def kanaya_okayama_range(of: Material, energy_kev: float) -> float:
    """Range of the beam's electrons, nm: `27.6 A E^1.67 / (Z^0.89 ρ)` (Kanaya and Okayama 1972)."""
    z = of.mean_atomic_number
    return 27.6 * of.mean_weight * energy_kev**1.67 / (z**0.89 * of.density)


def exit_spread(name: str, energy_kev: float) -> Spread:
    """Spread of the exit points of a material's backscattered electrons.

    Raises
    ------
    InputError
        No such material.
    """
    reach = kanaya_okayama_range(material(name), energy_kev)
    return Spread(core_nm=0.05 * reach, core_share=0.2, skirt_nm=0.22 * reach)
