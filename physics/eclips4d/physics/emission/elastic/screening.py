"""The atoms' electrostatic potential: a sum of three Yukawa terms fitted to Dirac–Hartree–Fock–Slater atoms.

Salvat, Martínez, Mayol and Parellada, Phys. Rev. A 36, 467 (1987), equation 11 and table I.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError

_TABLE: Final = {
    6: (0.1537, 0.8463, 8.0404, 1.4913, 1.0),
    8: (0.0625, 0.9375, 14.823, 2.0403, 1.0),
    13: (0.6002, 0.3998, 5.1405, 1.0153, 1.0),
    14: (0.5160, 0.4840, 5.8492, 1.1732, 1.0),
    26: (0.0512, 0.6995, 31.825, 3.7716, 1.1606),
    28: (0.0474, 0.7294, 34.758, 3.8299, 1.2209),
    29: (0.0771, 0.7951, 25.326, 3.3928, 1.1426),
    47: (0.2562, 0.6505, 15.588, 2.7412, 1.1408),
    74: (0.1500, 0.6871, 28.630, 4.2426, 1.2340),
    79: (0.2289, 0.6114, 22.864, 3.6914, 1.4886),
}
"""A1, A2, α1, α2, α3 by atomic number; A3 = 1 − A1 − A2, which is 0 for the light atoms."""


def yukawa_terms(atomic_number: int) -> NDArray[np.float64]:
    """Amplitudes and decay constants of the screening function `Σ A_i exp(−α_i r)`, float64 [2, 3]; α in 1/bohr.

    Raises
    ------
    InputError
        An element whose parameters are not in the table.
    """
    if atomic_number not in _TABLE:
        known = ", ".join(str(z) for z in _TABLE)
        raise InputError(f"no screening parameters for Z = {atomic_number}", where="elastic", cure=f"one of {known}")
    a1, a2, *alpha = _TABLE[atomic_number]
    return np.array([[a1, a2, 1.0 - a1 - a2], alpha])
