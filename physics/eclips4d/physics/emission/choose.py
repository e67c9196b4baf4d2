"""An emission law by its name."""

from __future__ import annotations

from eclips4d.core.errors import InputError
from eclips4d.physics.emission.lambert import lambert_law
from eclips4d.physics.emission.law import EmissionLaw
from eclips4d.physics.emission.materials import MATERIALS
from eclips4d.physics.emission.tables import monte_carlo_law

LAMBERT = "lambert"


def emission_law(name: str, energy_kev: float, dead_layer_kev: float | None = None) -> EmissionLaw:
    """Lambert's law or that of a material.

    Parameters
    ----------
    name
        `lambert`, or a material.
    energy_kev
        Of the beam; Lambert's law knows no energy.
    dead_layer_kev
        See `monte_carlo_law`; Lambert's law knows no detector either.

    Raises
    ------
    InputError
        No such law; the ones there are are named.
    """
    if name == LAMBERT:
        return lambert_law()
    if name not in MATERIALS:
        raise InputError(
            f"no emission law {name!r}", where="emission", cure=f"one of {', '.join((LAMBERT, *MATERIALS))}"
        )
    return monte_carlo_law(name, energy_kev, dead_layer_kev=dead_layer_kev)
