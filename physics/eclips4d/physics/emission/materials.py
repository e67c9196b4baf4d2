"""The specimens for which there are emission tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from eclips4d.core.errors import InputError


@dataclass(frozen=True, slots=True)
class Material:
    """A homogeneous solid.

    Attributes
    ----------
    name
        As in tables, files and on the command line.
    atomic_number
        Of each element.
    atoms
        Number fraction of each element; their sum is 1.
    weight
        Molar mass of each element, g/mol.
    density
        g/cm³.
    """

    name: str
    atomic_number: tuple[int, ...]
    atoms: tuple[float, ...]
    weight: tuple[float, ...]
    density: float

    @property
    def mean_weight(self) -> float:
        """Molar mass per atom, g/mol."""
        return float(np.dot(self.atoms, self.weight))

    @property
    def mass_fractions(self) -> tuple[float, ...]:
        """Share of each element in the mass."""
        return tuple(a * w / self.mean_weight for a, w in zip(self.atoms, self.weight, strict=True))

    @property
    def mean_atomic_number(self) -> float:
        """Weighted by mass, as Castaing's rule for the backscatter yield asks."""
        return float(np.dot(self.mass_fractions, self.atomic_number))

    @property
    def atoms_per_nm3(self) -> float:
        """Number density of all atoms, nm⁻³."""
        return self.density * 602.214076 / self.mean_weight


_FE, _CU, _SI, _O, _AU = 55.845, 63.546, 28.0855, 15.9994, 196.96657

MATERIALS: Final = {
    entry.name: entry
    for entry in (
        Material("Cu", (29,), (1.0,), (_CU,), 8.96),
        Material("Cu2O", (29, 8), (2 / 3, 1 / 3), (_CU, _O), 6.0),
        Material("Si", (14,), (1.0,), (_SI,), 2.329),
        Material("SiO2", (14, 8), (1 / 3, 2 / 3), (_SI, _O), 2.20),
        Material("Au", (79,), (1.0,), (_AU,), 19.30),
        Material("steel", (26,), (1.0,), (_FE,), 7.87),
    )
}
"""By name; steel counts as iron."""


def material(name: str) -> Material:
    """The material of this name.

    Raises
    ------
    InputError
        No such material; the ones there are are named.
    """
    if name not in MATERIALS:
        raise InputError(f"no material {name!r}", where="material", cure=f"one of {', '.join(MATERIALS)}")
    return MATERIALS[name]
