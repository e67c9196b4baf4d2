"""Published values that the tables are held against."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


class Elastic(NamedTuple):
    """Elastic scattering at a free atom: total and first transport cross-section, bohr²; at `ANGLES_DEG`, bohr²/sr."""

    total: float
    transport: float
    differential: tuple[float, ...]


ANGLES_DEG: Final = (30.0, 60.0, 90.0, 120.0, 150.0, 180.0)

ELSEPA: Final = {
    (8, 1_000): Elastic(1.93633, 0.218305, (2.98273e-1, 3.72743e-2, 1.24438e-2, 6.72987e-3, 4.89955e-3, 4.43914e-3)),
    (8, 10_000): Elastic(
        0.250969, 3.97090e-3, (5.94395e-3, 4.92636e-4, 1.25477e-4, 5.55507e-5, 3.56593e-5, 3.09551e-5)
    ),
    (26, 10_000): Elastic(
        1.39172, 3.21871e-2, (4.51827e-2, 4.86414e-3, 1.44939e-3, 7.09819e-4, 4.85751e-4, 4.31235e-4)
    ),
    (29, 1_000): Elastic(4.87794, 1.16333, (5.51168e-1, 1.20287e-1, 4.86500e-2, 5.63210e-2, 1.26422e-1, 1.69573e-1)),
    (29, 10_000): Elastic(
        1.21478, 3.80521e-2, (5.28913e-2, 5.85734e-3, 1.81924e-3, 9.14971e-4, 6.37175e-4, 5.69318e-4)
    ),
    (29, 30_000): Elastic(
        0.530421, 6.05212e-3, (8.98882e-3, 7.79313e-4, 2.05249e-4, 9.19699e-5, 5.91316e-5, 5.13155e-5)
    ),
    (79, 10_000): Elastic(2.89548, 0.162402, (1.43074e-1, 2.16014e-2, 7.16356e-3, 6.83637e-3, 1.06683e-2, 1.26683e-2)),
    (79, 30_000): Elastic(
        1.54047, 3.23172e-2, (3.74356e-2, 4.23452e-3, 1.60246e-3, 1.11420e-3, 1.01554e-3, 1.00142e-3)
    ),
}
"""By atomic number and energy in eV: output of ELSEPA 2020 (Salvat, Jablonski and Powell), Dirac–Fock densities and
Furness–McCarthy exchange."""

HEINRICH_KEV: Final = (10.0, 20.0, 30.0)
HEINRICH: Final = {
    "Cu": (0.318, 0.309, 0.306),
    "steel": (0.289, 0.287, 0.275),
    "Si": (0.174, 0.164, 0.159),
    "Au": (0.483, 0.506, 0.512),
}
"""Backscatter yields at `HEINRICH_KEV`, normal incidence (Heinrich 1966); steel: his iron."""

MEASURED: Final[dict[str, tuple[tuple[float, float], ...]]] = {
    "Cu": (
        *((3.0, 0.309), (5.0, 0.325), (5.0, 0.323), (10.0, 0.316), (20.2, 0.306), (31.0, 0.301)),
        *((5.0, 0.352), (10.0, 0.339), (20.0, 0.339), (30.0, 0.319), (5.0, 0.384), (10.0, 0.3566), (3.0, 0.311)),
        *((10.0, 0.311), (20.0, 0.311), (30.0, 0.311), (15.0, 0.335), (20.0, 0.328), (30.0, 0.319), (2.0, 0.322)),
        *((9.3, 0.313), (17.3, 0.310), (25.2, 0.307), (10.0, 0.29), (20.0, 0.29), (2.0, 0.301), (3.0, 0.321)),
    ),
    "Si": (
        *((3.93, 0.204), (5.0, 0.188), (10.0, 0.174), (20.0, 0.159), (31.0, 0.152), (3.0, 0.212), (5.0, 0.206)),
        *((10.0, 0.200), (20.0, 0.194), (30.0, 0.190), (5.0, 0.197), (10.0, 0.186), (20.0, 0.169), (30.0, 0.162)),
        *((9.3, 0.183), (17.3, 0.178), (25.2, 0.165), (5.0, 0.184), (30.0, 0.145), (2.0, 0.204), (3.0, 0.192)),
    ),
    "Au": (
        *((3.93, 0.45), (5.0, 0.469), (10.0, 0.476), (20.2, 0.485), (31.0, 0.490), (3.0, 0.415), (5.0, 0.448)),
        *((10.0, 0.471), (20.0, 0.482), (30.0, 0.482), (2.0, 0.373), (3.0, 0.414), (5.0, 0.459), (5.0, 0.489)),
        *((10.0, 0.501), (30.0, 0.521), (15.0, 0.514), (20.0, 0.516), (30.0, 0.519), (9.3, 0.478), (25.2, 0.501)),
        *((5.0, 0.43), (10.0, 0.47), (20.0, 0.48), (2.0, 0.45), (2.0, 0.428), (3.0, 0.451), (5.0, 0.461)),
    ),
}
"""Pairs of energy in keV and yield by many hands (D. C. Joy, A Database of Electron-Solid Interactions, 2001): their
scatter is what a yield is known to."""


def arnal_ratio(atomic_number: float, tilt: F64) -> F64:
    """Yield of a facet over that of a flat surface: `((1 + cos tilt)/2)^(−9/√Z)` (Arnal et al. 1969)."""
    return np.asarray(((1.0 + np.cos(tilt)) / 2.0) ** (-9.0 / np.sqrt(atomic_number)))
